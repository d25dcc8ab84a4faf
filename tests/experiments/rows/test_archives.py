"""Rows in one file: what went in comes out, the same rows give the same bytes, and damage is noticed."""

import gzip

import pytest
from commands import call
from stores import outcomes

from fbbench.experiments import Store
from fbbench.experiments.rows.archive import read_archive, rows_at, write_archive
from fbbench.experiments.rows.schema import EPOCH_TIMES


def test_pack_and_merge(finished, tmp_path):
    suite, store = finished
    file = tmp_path / "rows.jsonl.gz"
    assert "4 rows:" in call("pack", suite, file, "--store", store).output
    packed, rows = read_archive(file), Store(store).rows()
    assert packed == rows_at(tmp_path) and rows == rows_at(store) and set(packed) == set(rows)
    for key, row in packed.items():
        times = {name: value for name, value in row["run"].items() if name in EPOCH_TIMES}
        assert row == {**rows[key], "run": {**rows[key]["run"], **times}}
        for name, value in times.items():
            assert value == pytest.approx(rows[key]["run"][name], rel=0.005)
    merged = call("merge", file, "--store", tmp_path / "other")
    assert merged.exit_code == 0 and "4 added" in merged.output
    assert outcomes(tmp_path / "other") == outcomes(store)
    again = tmp_path / "again.jsonl.gz"
    assert call("pack", suite, again, "--store", tmp_path / "other").exit_code == 0
    assert again.read_bytes() == file.read_bytes()
    assert file.stat().st_size < sum(path.stat().st_size for path in (store / "cells").iterdir()) / 3


def test_only_some(finished, tmp_path):
    suite, store = finished
    file = tmp_path / "rows.jsonl.gz"
    call("pack", suite, file, "--store", store, "--seeds", 1, "--methods", "ours")
    (row,) = read_archive(file).values()
    assert row["identity"]["seed"] == 1 and row["asked"]["method_id"] == "ours"


@pytest.mark.parametrize("as_folder", [False, True])
def test_packed_rows_are_looked_at_like_a_store(finished, tmp_path, as_folder):
    suite, store = finished
    call("pack", suite, tmp_path / "tiny.jsonl.gz", "--store", store)
    place = tmp_path if as_folder else tmp_path / "tiny.jsonl.gz"
    assert "4 cells done, 0 failed" in call("status", "--store", place).output
    planned = call("plan", suite, "--store", place).output
    assert "4 different cells: 4 done" in planned and "Nothing is left to run" in planned
    assert "4 rows of" in call("results", "--store", place).output


def changed(packed, old, new):
    """Return a packed file with something replaced."""
    content = gzip.decompress(packed)
    assert old in content
    return gzip.compress(content.replace(old, new))


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-20],
        lambda packed: b"no gzip",
        lambda packed: gzip.compress(b"{}\n"),
        lambda packed: gzip.compress(b'{"format": "fbbench-rows-2"}\n'),
        lambda packed: gzip.compress(b""),
        lambda packed: changed(packed, b'"heldout_accuracy":', b'"heldout_accuracy":NaN,"x":'),
        lambda packed: changed(packed, b'"environment":0', b'"environment":7'),
        lambda packed: gzip.compress(b"[" * 100_000),
    ],
)  # fmt: skip
def test_damage(finished, tmp_path, damage):
    store = finished[1]
    file = tmp_path / "rows.jsonl.gz"
    write_archive(file, Store(store).rows())
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=r"rows\.jsonl\.gz is not a whole file of rows"):
        read_archive(file)
    done = call("merge", file, "--store", tmp_path / "other")
    assert done.exit_code == 1 and "nothing was merged" in done.output and not (tmp_path / "other").exists()


def test_what_cannot_be_packed(finished, tmp_path):
    suite, store = finished
    assert "must end in .jsonl.gz" in call("pack", suite, tmp_path / "x.csv", "--store", store).output
    assert "there is no folder" in call("pack", suite, tmp_path / "no" / "x.jsonl.gz", "--store", store).output
    assert "has no rows of suite quick" in call("pack", "quick", tmp_path / "x.jsonl.gz", "--store", store).output
    with pytest.raises(FileNotFoundError, match="no store and no file"):
        rows_at(tmp_path / "none")


@pytest.mark.parametrize("more", [{"zz": 1}, {"error": "x", "traceback": "x"}])
def test_parts_that_are_not_known_are_not_read(finished, tmp_path, more):
    """They were merged into a store that refused to read them then."""
    rows = {key: {**row, **more} for key, row in Store(finished[1]).rows().items()}
    write_archive(tmp_path / "rows.jsonl.gz", rows)
    with pytest.raises(ValueError, match="parts beside it that are not known"):
        read_archive(tmp_path / "rows.jsonl.gz")
