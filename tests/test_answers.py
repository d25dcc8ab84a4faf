"""What an engine answers is looked at before it is stored, whichever engine it is: a worker may be anyone's."""

import copy
import json

import pytest
from stores import entries_of, suite_of

from fbbench.experiments import Store
from fbbench.experiments.attempt import attempt
from fbbench.experiments.events import Answered, Died, Finished
from fbbench.experiments.row import checked_answer
from fbbench.experiments.run import run_entries
from fbbench.experiments.summary import cell_rows
from fbbench.experiments.table import result_table


class Forger:
    """An engine whose answers are spoilt by a function."""

    how = {"engine": "forged", "jobs": 1}  # noqa: RUF012
    parallel = 1

    def __init__(self, spoil):
        self.spoil, self.waiting = spoil, []

    @property
    def has_room(self):
        return not self.waiting

    def start(self, entry):
        self.waiting.append(entry)

    def wait(self, _timeout):
        entry = self.waiting.pop()
        return [Answered(entry, self.spoil(copy.deepcopy(GOOD[entry.key]), entry))]

    def close(self):
        pass


GOOD = {}


@pytest.fixture
def entries(tmp_path):
    found = entries_of(suite_of(tmp_path))
    for entry in found:
        if entry.key not in GOOD:
            GOOD[entry.key] = attempt(entry, Forger.how)
    return found


def without(row, section, name=None):
    if name is None:
        return {key: value for key, value in row.items() if key != section}
    del row[section][name]
    return row


def with_value(row, section, name, value):
    row[section][name] = value
    return row


BAD = {
    "nothing": lambda row, entry: None,
    "text": lambda row, entry: "row",
    "no identity": lambda row, entry: without(row, "identity"),
    "another seed": lambda row, entry: with_value(row, "identity", "seed", 99),
    "another data set": lambda row, entry: with_value(row, "identity", "checksum", "0" * 64),
    "no accuracy": lambda row, entry: without(row, "outcome", "heldout_accuracy"),
    "110 percent": lambda row, entry: with_value(row, "outcome", "heldout_accuracy", 110.0),
    "accuracy in text": lambda row, entry: with_value(row, "outcome", "heldout_accuracy", "99"),
    "nan": lambda row, entry: with_value(row, "outcome", "train_accuracy", float("nan")),
    "a short curve": lambda row, entry: with_value(row, "outcome", "curve_heldout", [50.0]),
    "no run": lambda row, entry: without(row, "run"),
    "an object": lambda row, entry: with_value(row, "run", "wall_seconds", object()),
    "outcome and error": lambda row, entry: {**row, "error": "x", "traceback": ""},
    "neither": lambda row, entry: without(row, "outcome"),
    "no environment": lambda row, entry: without(row, "environment"),
    "other parameters": lambda row, entry: with_value(
        row, "outcome", "parameters", dict.fromkeys(row["outcome"]["parameters"], "forged") if entry.cell.params else {}
    ),
    "params equal, but not the same": lambda row, entry: with_value(
        row, "identity", "epochs", float(row["identity"]["epochs"])
    ),
    "no rows held out": lambda row, entry: with_value(row, "outcome", "n_heldout", 0),
    "a majority in text": lambda row, entry: with_value(row, "outcome", "majority_accuracy", "x"),
    "packages in a list": lambda row, entry: with_value(row, "environment", "packages", []),
    "too long": lambda row, entry: with_value(row, "environment", "x", "y" * 20_000_000),
    "nested for ever": lambda row, entry: with_value(row, "outcome", "parameters", nested()),
}


def nested():
    value = {}
    value["x"] = value
    return value


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_is_no_row_is_a_death(entries, tmp_path, name):
    store = Store(tmp_path / "store")
    store.prepare()
    events = list(run_entries(entries, store, Forger(BAD[name])))
    finished = [event for event in events if isinstance(event, Finished)]
    assert len(finished) == 4 and not any(isinstance(event, Died) for event in events)
    refused = [event for event in finished if event.entry.cell.params or name != "other parameters"]
    assert len(store.failures()) == len(refused) >= 2 and len(store.done()) == 4 - len(refused)
    for event in refused:
        assert "an answer that is no row of its cell" in event.error


def test_what_is_forged_beside_the_row_is_not_stored(entries, tmp_path):
    """Names are the runner's own; sections that nobody knows are left out."""
    store = Store(tmp_path / "store")
    store.prepare()

    def forge(row, entry):
        return {**row, "asked": {"method_id": "mine", "label": "x"}, "extra": {"a": 1}, "store_version": 99}

    list(run_entries(entries, store, Forger(forge)))
    rows = store.rows()
    assert len(rows) == 4
    for entry in entries:
        assert rows[entry.key]["asked"] == entry.cell.names() and "extra" not in rows[entry.key]


def test_names_that_are_no_text_are_written_as_text(entries, tmp_path):
    """They made files that no reader could read: the result was lost."""
    store = Store(tmp_path / "store")
    store.prepare()

    def spoil(row, entry):
        row["outcome"][5] = 1
        row["environment"][None] = 2
        row["run"]["heldout_accuracy"] = 1e9  # hides nothing that was checked
        return row

    list(run_entries(entries, store, Forger(spoil)))
    rows = store.rows()
    assert len(rows) == 4
    frame = cell_rows([entry.cell for entry in entries], rows)
    assert frame.heldout_accuracy.max() <= 100
    table = result_table(list(rows.items()))
    assert table.heldout_accuracy.max() <= 100 and set(table.key) == set(rows)


@pytest.mark.parametrize("wall", ["x", None, {"a": 1}, 10**400])
def test_a_failure_with_odd_times_is_none(entries, tmp_path, wall):
    store = Store(tmp_path / "store")
    store.prepare()

    def fail(row, entry):
        return {**without(row, "outcome"), "error": "E", "traceback": "T", "run": {"wall_seconds": wall}}

    list(run_entries(entries, store, Forger(fail)))
    for row in store.failures().values():
        assert "an answer that is no row of its cell" in row["error"]


def test_failures_come_through(entries, tmp_path):
    store = Store(tmp_path / "store")
    store.prepare()

    def fail(row, entry):
        return {**without(row, "outcome"), "error": "ValueError: no", "traceback": "..."}

    list(run_entries(entries, store, Forger(fail)))
    assert {row["error"] for row in store.failures().values()} == {"ValueError: no"}


def test_good_answers_are_stored_as_they_are(entries):
    for entry in entries:
        assert checked_answer(entry, GOOD[entry.key]) == json.loads(json.dumps(GOOD[entry.key]))
