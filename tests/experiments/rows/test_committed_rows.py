"""Committed rows are what this commit gives: costs of all of them, accuracies and hashes of a sample, run again."""

import random
from pathlib import Path

import pytest

from fbbench.datasets import DataUnavailable, load
from fbbench.experiments.planning.agenda import PlannedCell
from fbbench.experiments.planning.cells import Cell, is_outdated
from fbbench.experiments.rows.archive import ENDING, read_archive
from fbbench.experiments.running.train import train_cell
from paper.comparison import RESULTS
from paper.refresh import costs_of

FILES = sorted(RESULTS.glob(f"*{ENDING}"))
SAMPLE = 12
"""Rows of a file that are run again."""

LARGEST = 3e13
"""Gates of a training that a sample may hold: under a minute."""


def name_of(path):
    return Path(path).name.removesuffix(ENDING)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_costs_are_those_of_the_code(path):
    """39 rows had gates of before a correction, and thousands the ledger of earlier kernels."""
    known = {}
    for row in read_archive(path).values():
        shape = str({name: value for name, value in row["identity"].items() if name != "seed"})
        if shape not in known:
            known[shape] = costs_of(row["identity"])
        assert {name: row["outcome"][name] for name in known[shape]} == known[shape], row["asked"]
        assert not is_outdated(row["identity"])


def cell_of(row):
    identity = row["identity"]
    return Cell(
        **{name: identity[name] for name in ("dataset", "protocol", "method", "method_version", "epochs", "seed")},
        batch_size=identity["batch_size"], params=tuple(sorted(identity["params"].items())), **row["asked"],
    )  # fmt: skip


def sample_of(path):
    """Return some rows of a file, at least one of every method and read-out, always the same ones."""
    rows = [(key, row) for key, row in sorted(read_archive(path).items()) if whole_gates(row) <= LARGEST]
    random.Random(name_of(path)).shuffle(rows)
    first = {}
    for key, row in rows:
        identity = row["identity"]
        kind = identity["method"], identity["params"].get("readout"), identity["params"].get("arithmetic")
        first.setdefault(kind, (key, row))
    return list(dict([*first.values(), *rows[:SAMPLE]]).items())


def whole_gates(row):
    outcome, identity = row["outcome"], row["identity"]
    return outcome["gates_per_batch"] * identity["epochs"] * -(-outcome["n_train"] // identity["batch_size"])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_sample_is_run_again_bit_for_bit(path):
    """Curves (and with them accuracies) and state hashes. Float methods: within a point, as libraries differ."""
    missing = set()
    for key, row in sample_of(path):
        cell, identity, outcome = cell_of(row), row["identity"], row["outcome"]
        try:
            if load(cell.dataset, cell.protocol).checksum != identity["checksum"]:
                raise DataUnavailable(f"{cell.dataset}: features of another processor")
            again, _ = train_cell(PlannedCell(cell, identity, key))
        except (DataUnavailable, ImportError) as error:
            missing.add(str(error))
            continue
        if "state_hash" in outcome:
            assert again["state_hash"] == outcome["state_hash"], cell.title
            for name in ("curve_train", "curve_heldout", "heldout_accuracy", "train_accuracy"):
                assert again[name] == outcome[name], (cell.title, name)
        else:
            assert abs(again["heldout_accuracy"] - outcome["heldout_accuracy"]) < 1, cell.title
    if missing:
        pytest.skip(f"not all could be run again: {'; '.join(sorted(missing))}")
