"""The leaderboard's settings are the best that were tried on validation rows; nothing else was looked at."""

import pytest

from fbbench.experiments import load_suite
from fbbench.experiments.rows.archive import read_archive
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
