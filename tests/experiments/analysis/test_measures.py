"""Balanced accuracy and macro F1 of stored rows, in commands and files."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.metrics import balanced_accuracy_score, f1_score
from stores import TINY, suite_of

from fbbench.cli import main
from fbbench.experiments import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measures")
    suite_of(folder, content=TINY)
    done = CliRunner().invoke(main, ["run", str(folder / "tiny.toml"), "--store", str(folder / "store"), "-j", "1"])
    assert done.exit_code == 0, done.output
    return folder / "store"


def call(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def labels_of(confusion):
    """Return (labels, predictions) that have a confusion matrix."""
    counts = np.asarray(confusion)
    truth, predicted = np.indices(counts.shape)
    return np.repeat(truth, counts.ravel()), np.repeat(predicted, counts.ravel())


def test_every_row_keeps_the_confusion_matrix_of_its_held_out_rows(store):
    for row in Store(store).rows().values():
        truth, predicted = labels_of(row["outcome"]["confusion"])
        assert len(truth) == row["outcome"]["n_heldout"] == 360
        assert 100 * np.mean(truth == predicted) == pytest.approx(row["outcome"]["heldout_accuracy"])


def test_files_have_measures_beside_accuracy(store, tmp_path):
    call("results", "--store", store, "--csv", tmp_path / "rows.csv")
    table = pd.read_csv(tmp_path / "rows.csv")
    for line in table.itertuples():
        truth, predicted = labels_of(json.loads(line.confusion))
        assert line.balanced_accuracy == pytest.approx(100 * balanced_accuracy_score(truth, predicted))
        assert line.macro_f1 == pytest.approx(100 * f1_score(truth, predicted, average="macro"))


def test_commands_rank_and_show_by_a_measure(store):
    rows = [row for row in Store(store).rows().values() if row["asked"]["method_id"] == "ours"]
    f1 = np.mean([100 * f1_score(*labels_of(row["outcome"]["confusion"]), average="macro") for row in rows])
    shown = call("results", "--store", store, "--measure", "f1")
    assert "held-out macro F1 in %" in shown and f"{f1:.2f}" in shown
    ranked = call("leaderboard", "digits", "--memory", "1MB", "--rows", store, "--measure", "f1", "--csv")
    assert pd.read_csv(io.StringIO(ranked)).set_index("method_id")["mean"]["ours"] == pytest.approx(f1)
    titled = call("leaderboard", "digits", "--memory", "1MB", "--rows", store, "--measure", "balanced")
    assert "held-out balanced accuracy in %" in " ".join(titled.split())


def test_rows_of_before_confusion_matrices_are_told_apart(store, tmp_path):
    old = tmp_path / "old"
    for path in (store / "cells").rglob("*.json"):
        row = json.loads(path.read_text())
        row["outcome"].pop("confusion")
        row.pop("digest", None)
        target = old / path.relative_to(store)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(row))
    done = CliRunner().invoke(main, ["results", "--store", str(old), "--measure", "f1"])
    assert done.exit_code == 1 and "no rows that keep a confusion matrix" in done.output
    assert CliRunner().invoke(main, ["results", "--store", str(old)]).exit_code == 0
