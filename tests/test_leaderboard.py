"""Methods at one budget: ranked by accuracy, ties share a place, nothing above the budget."""

import copy

import pytest
from click.testing import CliRunner
from stores import suite_of

from fbbench.cli import main
from fbbench.experiments import Store
from fbbench.experiments.leaderboard import ranked


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Rows of two methods whose accuracies are then set by tests."""
    folder = tmp_path_factory.mktemp("rows")
    suite_of(folder, "seeds = [1, 2]", "seeds = [1, 2, 3, 4, 5]")
    command = ["run", str(folder / "tiny.toml"), "--store", str(folder / "store"), "-j", "1"]
    assert CliRunner().invoke(main, command).exit_code == 0
    return folder / "store", Store(folder / "store").rows()


def with_accuracies(rows, **accuracies):
    """Return rows with the accuracies by method: seed -> value."""
    changed = copy.deepcopy(rows)
    for row in changed.values():
        row["outcome"]["heldout_accuracy"] = accuracies[row["asked"]["method_id"]](row["identity"]["seed"])
    return changed


def test_ranks_and_ties(rows):
    _, rows = rows
    apart = ranked(
        with_accuracies(rows, ours=lambda s: 90 + s, committee=lambda s: 80 + s + s % 2), "digits", "published", 1e9
    )
    assert list(zip(apart.method_id, apart.place, strict=True)) == [("ours", 1), ("committee", 2)]
    assert apart["mean"].tolist() == pytest.approx([93, 83.6]) and apart.seeds.tolist() == [5, 5]
    near = with_accuracies(rows, ours=lambda s: 90 + s, committee=lambda s: 90 + s + (-1) ** s)
    tied = ranked(near, "digits", "published", 1e9)
    assert tied.place.tolist() == [1, 1] and not tied.floats.any()


def test_only_what_fits_the_budget(rows):
    _, rows = rows
    memory = {row["asked"]["method_id"]: row["outcome"]["memory_bits"] for row in rows.values()}
    between = (memory["ours"] + memory["committee"]) // 2
    small = min(memory, key=memory.get)
    assert ranked(rows, "digits", "published", between).method_id.tolist() == [small]
    assert ranked(rows, "digits", "strict", 1e9).empty and ranked(rows, "iris", "published", 1e9).empty


def test_the_best_setting_of_a_method_stands_for_it(rows):
    _, rows = rows
    more = with_accuracies(rows, ours=lambda s: 70 + s, committee=lambda s: 80 + s)
    for key, row in list(more.items()):
        if row["asked"]["method_id"] == "ours":
            better = copy.deepcopy(row)
            better["asked"]["method_id"] = "ours[robustness=0.5]"
            better["outcome"]["heldout_accuracy"] += 20
            more["f" + key[1:]] = better
    table = ranked(more, "digits", "published", 1e9)
    assert table.method_id.tolist() == ["ours", "committee"] and table.settings.tolist() == [2, 1]


def test_the_command(rows):
    store, _ = rows
    done = CliRunner().invoke(main, ["leaderboard", "digits", "--memory", "5MB", "--rows", str(store)])
    assert done.exit_code == 0 and "committee" in done.output and "ours" in done.output, done.output
    csv = CliRunner().invoke(main, ["leaderboard", "digits", "--memory", "5MB", "--rows", str(store), "--csv"])
    assert csv.output.startswith("place,method_id") and len(csv.output.splitlines()) == 3
    for arguments, said in (
        (["digits", "--memory", "35_35"], "must be a size such as 5MB"),
        (["digits", "--memory", "1 bit"], "no rows of digits"),
        (["digits", "--memory", "5MB", "--rows", "/nowhere"], "no store and no file"),
    ):
        done = CliRunner().invoke(
            main, ["leaderboard", *arguments, *([] if "--rows" in arguments else ["--rows", str(store)])]
        )
        assert done.exit_code != 0 and said in done.output
