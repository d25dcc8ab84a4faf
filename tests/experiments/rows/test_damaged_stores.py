"""Files of a store that are not what they should be are named; nothing is reckoned with them, and `rm` removes them."""

import json
import re

import pytest
from click.testing import CliRunner
from commands import call
from stores import outcomes

from fbbench.cli import main
from fbbench.experiments import Store


@pytest.fixture
def store(finished, tmp_path):
    assert call("merge", finished[1], "--store", tmp_path / "store").exit_code == 0
    return tmp_path / "store"


def changed(row, section, name, value):
    return {**row, section: {**row[section], name: value}}


DAMAGES = {
    "half": lambda text, row: text[: len(text) // 2],
    "a list": lambda text, row: "[]",
    "deep": lambda text, row: "[" * 100_000,
    "nan": lambda text, row: text.replace('"heldout_accuracy": ', '"heldout_accuracy": NaN, "x": '),
    "infinite version": lambda text, row: text.replace('"store_version": 2', '"store_version": 1e999'),
    "text for an outcome": lambda text, row: json.dumps({**row, "outcome": "x"}),
    "empty outcome": lambda text, row: json.dumps({**row, "outcome": {}}),
    "empty run": lambda text, row: json.dumps({**row, "run": {}}),
    "no names": lambda text, row: json.dumps({**row, "asked": {}}),
    "text for a number": lambda text, row: json.dumps(changed(row, "outcome", "heldout_accuracy", "90")),
    "too good": lambda text, row: json.dumps(changed(row, "outcome", "heldout_accuracy", 101)),
    "text in a list": lambda text, row: json.dumps(changed(row, "run", "epoch_wall_seconds", ["a"])),
    "huge": lambda text, row: json.dumps(changed(row, "outcome", "memory_bits", 10**400)),
    "short curve": lambda text, row: json.dumps(changed(row, "outcome", "curve_heldout", [50.0])),
    "negative time": lambda text, row: json.dumps(changed(row, "run", "wall_seconds", -1.0)),
    "negative memory": lambda text, row: json.dumps(changed(row, "outcome", "memory_parts", {"data": -1})),
    "true for a number": lambda text, row: json.dumps(changed(row, "identity", "seed", True)),
    "other cell": lambda text, row: json.dumps(changed(row, "identity", "seed", 99)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_row_is_named_and_can_be_removed(finished, store, tmp_path, damage):
    suite, before = finished[0], outcomes(store)
    path = sorted((store / "cells").iterdir())[0]
    text = path.read_text()
    path.write_text(DAMAGES[damage](text, json.loads(text)))
    assert path.read_text() != text
    for command in (["status"], ["results"], ["results", suite], ["results", "--csv", tmp_path / "x.csv"]):
        done = call(*command, "--store", store)
        assert done.exit_code == 1 and path.name in done.output and "Traceback" not in done.output, command
    assert "3 cells done" in call("status", "--store", store).output
    stopped = call("run", suite, "--store", store, "-j", 1)
    assert stopped.exit_code == 1 and f"`fbbench rm {path.stem[:12]} --store {store}` removes it" in stopped.output
    copied = call("merge", store, "--store", tmp_path / "target")
    assert copied.exit_code == 1 and "3 added" in copied.output and "1 damaged" in copied.output
    assert "1 removed" in call("rm", path.stem[:12], "--yes", "--store", store).output
    assert call("run", suite, "--store", store, "-j", 1).exit_code == 0
    assert outcomes(store) == before


def test_a_folder_in_the_place_of_a_row(finished, store):
    path = sorted((store / "cells").iterdir())[0]
    path.unlink()
    path.mkdir()
    for command in (["status"], ["results"], ["run", finished[0]]):
        done = call(*command, "--store", store)
        assert done.exit_code == 1 and "is a folder, not a result file" in done.output
    assert "4 removed" in call("rm", "--all", "--yes", "--store", store).output


def test_files_of_others_are_left_alone(finished, store):
    foreign = [store / "cells" / "notes.json", store / "failed" / "x.json", store / "checkpoints" / "foo.npz"]
    for path in foreign:
        path.write_text("mine")
    for command in (["status"], ["results"], ["plan", finished[0]], ["run", finished[0]], ["rm", "--all", "--yes"]):
        assert call(*command, "--store", store).exit_code == 0, command
    assert all(path.read_text() == "mine" for path in foreign) and not outcomes(store)


def test_rows_of_earlier_versions_are_not_averaged_with_others(store):
    row = next(iter(Store(store).rows().values()))
    old = changed(changed(row, "identity", "kernel_version", 0), "outcome", "heldout_accuracy", 1.0)
    old = changed(old, "outcome", "curve_heldout", [*row["outcome"]["curve_heldout"][:-1], 1.0])
    old["outcome"].pop("confusion")  # of another accuracy
    Store(store).write(old)
    shown = call("results", "--store", store)
    assert shown.exit_code == 0 and "1 rows of earlier versions" in shown.stderr and "4 rows of" in shown.output
    assert "5 rows of" in call("results", "--store", store, "--outdated").output


NO_ROWS = "is not a whole file of rows"


@pytest.mark.parametrize("command, of_file", [
    (["status"], NO_ROWS), (["results"], NO_ROWS), (["compare", "a", "b"], NO_ROWS), (["rm", "--all"], "is a file"),
])  # fmt: skip
def test_no_store_a_file_and_no_name(tmp_path, command, of_file):
    (tmp_path / "file").write_text("")
    for name, said in ((tmp_path / "none", "`fbbench run SUITE` makes one"), (tmp_path / "file", of_file),
                       ("", "it is empty; name a folder")):  # fmt: skip
        done = call(*command, "--store", name)
        assert done.exit_code != 0 and said in done.output, done.output
    assert not (tmp_path / "none").exists()


def test_an_error_text_that_no_terminal_can_show(store, monkeypatch):
    row = next(iter(Store(store).rows().values()))
    failure = {name: part for name, part in row.items() if name != "outcome"} | {"error": "\udc80é", "traceback": ""}
    Store(store).write_failure(changed(failure, "identity", "seed", 99))
    runner = CliRunner(charset="ascii")
    done = runner.invoke(main, ["status", "--store", str(store)])
    assert done.exit_code == 0 and "1 failed" in done.output


def test_a_digit_that_was_altered_is_damage(store):
    path = next((store / "cells").iterdir())
    text = path.read_text()
    altered = re.sub(r'("wall_seconds": )(\d)', lambda found: f"{found[1]}{9 - int(found[2])}", text, count=1)
    assert altered != text
    path.write_text(altered)
    with pytest.raises(ValueError, match="it was altered since it was written"):
        Store(store).rows()


def test_rows_of_before_digests_are_read(store):
    path = next((store / "cells").iterdir())
    row = json.loads(path.read_text())
    del row["digest"]
    path.write_text(json.dumps(row))
    assert path.stem in Store(store).rows()


@pytest.mark.parametrize("version", ["2", 2.9, True, -5])
def test_a_mark_of_an_odd_version(store, version):
    (store / "store.json").write_text(json.dumps({"store_version": version}))
    with pytest.raises(ValueError, match="not the mark of a result store"):
        Store(store)
