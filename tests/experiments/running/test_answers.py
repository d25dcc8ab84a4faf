"""What an engine answers is looked at before it is stored, whichever engine it is: a worker may be anyone's."""

import copy
import json

import pytest
from stores import planned_of, suite_of

from fbbench.experiments import Store
from fbbench.experiments.analysis.flat import result_table
from fbbench.experiments.analysis.summary import cell_rows
from fbbench.experiments.rows.schema import checked_answer
from fbbench.experiments.running.attempt import attempt
from fbbench.experiments.running.events import Answered, Died, Finished
from fbbench.experiments.running.run import run_cells


class Forger:
    """An engine whose answers are spoilt by a function."""

    how = {"engine": "forged", "jobs": 1}  # noqa: RUF012
    parallel = 1

    def __init__(self, spoil):
        self.spoil, self.waiting = spoil, []

    @property
    def has_room(self):
        return not self.waiting

    def start(self, planned):
        self.waiting.append(planned)

    def wait(self, _timeout):
        planned = self.waiting.pop()
        return [Answered(planned, self.spoil(copy.deepcopy(GOOD[planned.key]), planned))]

    def close(self):
        pass


GOOD = {}


@pytest.fixture
def planned_cells(tmp_path):
    found = planned_of(suite_of(tmp_path))
    for planned in found:
        if planned.key not in GOOD:
            GOOD[planned.key] = attempt(planned, Forger.how)
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
    "nothing": lambda row, planned: None,
    "text": lambda row, planned: "row",
    "no identity": lambda row, planned: without(row, "identity"),
    "another seed": lambda row, planned: with_value(row, "identity", "seed", 99),
    "another data set": lambda row, planned: with_value(row, "identity", "checksum", "0" * 64),
    "no accuracy": lambda row, planned: without(row, "outcome", "heldout_accuracy"),
    "110 percent": lambda row, planned: with_value(row, "outcome", "heldout_accuracy", 110.0),
    "accuracy in text": lambda row, planned: with_value(row, "outcome", "heldout_accuracy", "99"),
    "nan": lambda row, planned: with_value(row, "outcome", "train_accuracy", float("nan")),
    "a short curve": lambda row, planned: with_value(row, "outcome", "curve_heldout", [50.0]),
    "no run": lambda row, planned: without(row, "run"),
    "an object": lambda row, planned: with_value(row, "run", "wall_seconds", object()),
    "outcome and error": lambda row, planned: {**row, "error": "x", "traceback": ""},
    "neither": lambda row, planned: without(row, "outcome"),
    "no environment": lambda row, planned: without(row, "environment"),
    "other parameters": lambda row, planned: with_value(
        row,
        "outcome",
        "parameters",
        {name: "forged" for name in row["outcome"]["parameters"] if planned.cell.params},
    ),
    "params equal, but not the same": lambda row, planned: with_value(
        row, "identity", "epochs", float(row["identity"]["epochs"])
    ),
    "a curve that ends elsewhere": lambda row, planned: with_value(row, "outcome", "heldout_accuracy", 12.3456),
    "parts that are not the whole": lambda row, planned: with_value(row, "outcome", "memory_bits", 8),
    "gates that are not the whole": lambda row, planned: with_value(row, "outcome", "gates_per_batch", 8),
    "a time in text": lambda row, planned: with_value(row, "run", "predict_thousand_seconds", "0.1"),
    "memory in a list": lambda row, planned: with_value(row, "run", "training_memory_bytes", [1]),
    "no rows held out": lambda row, planned: with_value(row, "outcome", "n_heldout", 0),
    "a majority in text": lambda row, planned: with_value(row, "outcome", "majority_accuracy", "x"),
    "a confusion of text": lambda row, planned: with_value(row, "outcome", "confusion", "x"),
    "a confusion that is no square": lambda row, planned: with_value(row, "outcome", "confusion", [[1, 2], [3]]),
    "a confusion of other rows": lambda row, planned: with_value(row, "outcome", "confusion", [[10**6]]),
    "a confusion of another accuracy": lambda row, planned: with_value(row, "outcome", "confusion", [[0, 1], [1, 0]]),
    "packages in a list": lambda row, planned: with_value(row, "environment", "packages", []),
    "too long": lambda row, planned: with_value(row, "environment", "x", "y" * 20_000_000),
    "nested for ever": lambda row, planned: with_value(row, "outcome", "parameters", nested()),
}


def nested():
    value = {}
    value["x"] = value
    return value


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_is_no_row_is_a_death(planned_cells, tmp_path, name):
    store = Store(tmp_path / "store")
    store.prepare()
    events = list(run_cells(planned_cells, store, Forger(BAD[name])))
    finished = [event for event in events if isinstance(event, Finished)]
    assert len(finished) == 4 and not any(isinstance(event, Died) for event in events)
    refused = [event for event in finished if event.planned.cell.params or name != "other parameters"]
    assert len(store.failures()) == len(refused) >= 2 and len(store.done()) == 4 - len(refused)
    for event in refused:
        assert "an answer that is no row of its cell" in event.error


def test_what_is_forged_beside_the_row_is_not_stored(planned_cells, tmp_path):
    """Names are the runner's own; sections that nobody knows are left out."""
    store = Store(tmp_path / "store")
    store.prepare()

    def forge(row, planned):
        return {**row, "asked": {"method_id": "mine", "label": "x"}, "extra": {"a": 1}, "store_version": 99}

    list(run_cells(planned_cells, store, Forger(forge)))
    rows = store.rows()
    assert len(rows) == 4
    for planned in planned_cells:
        assert rows[planned.key]["asked"] == planned.cell.names() and "extra" not in rows[planned.key]


def test_names_that_are_no_text_are_written_as_text(planned_cells, tmp_path):
    """They made files that no reader could read: the result was lost."""
    store = Store(tmp_path / "store")
    store.prepare()

    def spoil(row, planned):
        row["outcome"][5] = 1
        row["environment"][None] = 2
        row["run"]["heldout_accuracy"] = 1e9  # hides nothing that was checked
        return row

    list(run_cells(planned_cells, store, Forger(spoil)))
    rows = store.rows()
    assert len(rows) == 4
    frame = cell_rows([planned.cell for planned in planned_cells], rows)
    assert frame.heldout_accuracy.max() <= 100
    table = result_table(list(rows.items()))
    assert table.heldout_accuracy.max() <= 100 and set(table.key) == set(rows)


@pytest.mark.parametrize("wall", ["x", None, {"a": 1}, 10**400])
def test_a_failure_with_odd_times_is_none(planned_cells, tmp_path, wall):
    store = Store(tmp_path / "store")
    store.prepare()

    def fail(row, planned):
        return {**without(row, "outcome"), "error": "E", "traceback": "T", "run": {"wall_seconds": wall}}

    list(run_cells(planned_cells, store, Forger(fail)))
    for row in store.failures().values():
        assert "an answer that is no row of its cell" in row["error"]


def test_failures_come_through(planned_cells, tmp_path):
    store = Store(tmp_path / "store")
    store.prepare()

    def fail(row, planned):
        return {**without(row, "outcome"), "error": "ValueError: no", "traceback": "..."}

    list(run_cells(planned_cells, store, Forger(fail)))
    assert {row["error"] for row in store.failures().values()} == {"ValueError: no"}


def test_good_answers_are_stored_as_they_are(planned_cells):
    for planned in planned_cells:
        assert checked_answer(planned, GOOD[planned.key]) == json.loads(json.dumps(GOOD[planned.key]))
