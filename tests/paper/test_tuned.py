"""The leaderboard's settings are the best that were tried on validation rows; nothing else was looked at."""

import pytest

from fbbench.experiments import load_suite
from fbbench.experiments.rows.archive import read_archive
from paper import tuned_tables
from paper.tuned import BUDGETS, ROWS, SHAPED, STANDS_FOR, TUNED_BY, best_of, settings_of, shapes_of, tuned


@pytest.fixture(scope="module")
def tried():
    return read_archive(ROWS)


@pytest.mark.parametrize("name", TUNED_BY)
def test_settings_are_the_best_that_were_tried(tried, name):
    entry = next(entry for entry in load_suite("leaderboard").methods if entry.id == name)
    found = tuned(tried, name)
    assert found and entry.settings
    wanted = settings_of(found, BUDGETS)
    assert entry.settings == {dataset: wanted[dataset] for dataset in entry.settings}
    tuned_on = shapes_of(found)
    assert {dataset: entry.shapes[dataset] for dataset in tuned_on if name in SHAPED} == (
        tuned_on if name in SHAPED else {}
    )
    for dataset in set(entry.shapes) - set(tuned_on):
        like = tuned_on[STANDS_FOR[dataset]]
        assert {b: shape.count("_") for b, shape in entry.shapes[dataset].items()} == {
            b: shape.count("_") for b, shape in like.items()
        }, "a data set that nothing was tuned on takes the number of layers of the one that stands for it"


def test_no_held_out_row_was_read(tried):
    assert {row["identity"]["protocol"] for row in tried.values()} == {"validation"}
    seeds = {row["identity"]["seed"] for row in tried.values()}
    assert seeds == {7} and not seeds & set(load_suite("leaderboard").seeds)


def test_every_setting_of_the_suite_was_tried(tried):
    """A setting that is planned and has no row would be a try that nobody counts."""
    from fbbench.experiments import plan

    cells = plan(load_suite("tuning")).cells
    assert len(tried) == len({(cell.dataset, cell.method_id, cell.budget) for cell in cells})


def row(accuracy, name, **parameters):
    return {
        "identity": {"dataset": "d"}, "asked": {"method_id": name, "budget": "35_35", "shape": "7"},
        "outcome": {"heldout_accuracy": accuracy, "parameters": {**parameters, "fixed": 1}},
    }  # fmt: skip


def test_the_best_is_the_first_of_equal_ones():
    tries = [row(80.0, "m[rate=0.1]", rate=0.1), row(90.0, "m[rate=0.3]", rate=0.3), row(90.0, "m[rate=0.2]", rate=0.2)]
    best = best_of(tries)
    assert best.params == {"rate": 0.2} and best.n_tries == 3 and best.shape == "7"


def test_what_was_tuned_at_one_budget_holds_at_all():
    found = {("fashion_mnist", "35_35"): best_of([row(80.0, "m[k=3]", k=3)])}
    everywhere = {budget: {"k": 3} for budget in BUDGETS}
    assert settings_of(found, BUDGETS) == {"fashion_mnist": everywhere, "random_prototypes": everywhere}


@pytest.fixture(scope="module")
def tried_on_tables():
    return read_archive(tuned_tables.ROWS)


def test_rates_of_sgd_on_tables_are_the_best_that_were_tried_there(tried_on_tables):
    entries = {entry.id: entry for entry in load_suite("uci").methods}
    for name, ids in tuned_tables.BY_TABLE.items():
        found = tuned_tables.best_by_table(tried_on_tables, ids)
        assert set(entries[name].settings) == set(found)
        for dataset, text in found.items():
            of = entries[name].settings[dataset]
            assert set(of) == set(tuned_tables.BUDGETS)
            assert {f"learning_rate = {params['learning_rate']}" for params in of.values()} == {text}
    for name, ids in tuned_tables.FOR_ALL.items():
        for part in tuned_tables.best_for_all(tried_on_tables, ids).split(", "):
            parameter, _, value = part.partition(" = ")
            assert entries[name].params[parameter] == float(value)


def test_no_held_out_row_of_a_table_was_read(tried_on_tables):
    assert {row["identity"]["protocol"] for row in tried_on_tables.values()} == {"validation"}
    assert not {row["identity"]["seed"] for row in tried_on_tables.values()} & set(load_suite("uci").seeds)
    settings = {(row["identity"]["dataset"], row["asked"]["method_id"]) for row in tried_on_tables.values()}
    from fbbench.experiments import plan

    planned = {(cell.dataset, cell.method_id) for cell in plan(load_suite("uci_tuning")).cells}
    assert settings == planned  # every try is counted
