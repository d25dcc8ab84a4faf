"""Methods at one budget: ranked by accuracy, ties share a place, nothing above the budget."""

import copy
import math

import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from stores import TINY, set_accuracy, suite_of

from fbbench.cli import main
from fbbench.experiments import Store
from fbbench.experiments.analysis.leaderboard import bits_beside_data, data_bits, just_above, named_by, ranked
from fbbench.experiments.analysis.ranks import common, ranks_of
from fbbench.experiments.planning.cells import cell_key
from fbbench.experiments.rows.archive import write_archive


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
        set_accuracy(row, accuracies[row["asked"]["method_id"]](row["identity"]["seed"]))
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
    assert tied.place.tolist() == [1, 1] and tied.kind.tolist() == ["binary"] * 2


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
            better["identity"]["params"] = {**row["identity"]["params"], "robustness": 0.5}
            set_accuracy(better, better["outcome"]["heldout_accuracy"] + 20)
            more["f" + key[1:]] = better
    table = ranked(more, "digits", "published", 1e9)
    assert table.method_id.tolist() == ["ours[robustness=0.5]", "committee"] and table.settings.tolist() == [2, 1]


def test_the_command(rows):
    store, _ = rows
    done = CliRunner().invoke(main, ["leaderboard", "digits", "--memory", "5MB", "--rows", str(store)])
    assert done.exit_code == 0 and "committee" in done.output and "ours" in done.output, done.output
    csv = CliRunner().invoke(main, ["leaderboard", "digits", "--memory", "5MB", "--rows", str(store), "--csv"])
    assert csv.output.startswith("place,method_id") and len(csv.output.splitlines()) == 3
    for arguments, said in (
        (["digits", "--memory", "35 x 35"], "a budget must be"),
        (["digits", "--memory", "5MB", "--datasets", "digits"], "not both"),
        (["--memory", "5MB", "--datasets", "digitss"], "has no rows of 'digitss' (did you mean 'digits'?)"),
        (["digits", "--memory", "1 bit"], "no rows of digits"),
        (["digits", "--memory", "5MB", "--rows", "/nowhere"], "no store and no file"),
    ):
        done = CliRunner().invoke(
            main, ["leaderboard", *arguments, *([] if "--rows" in arguments else ["--rows", str(store)])]
        )
        assert done.exit_code != 0 and said in done.output


def test_seeds_that_are_not_shared_and_single_ones(rows):
    """Other seeds are compared unpaired; one seed is told from nothing, and gets no place."""
    _, rows = rows
    apart = with_accuracies(rows, ours=lambda s: 90 + s % 2, committee=lambda s: 80 + s % 2)
    for row in apart.values():
        row["identity"]["seed"] += 100 * (row["asked"]["method_id"] == "ours")
    table = ranked(apart, "digits", "published", 1e9)
    assert list(zip(table.method_id, table.place, strict=True)) == [("ours", 1), ("committee", 2)]
    single = {
        key: row for key, row in apart.items()
        if row["asked"]["method_id"] == "committee" or row["identity"]["seed"] == 101
    }  # fmt: skip
    table = ranked(single, "digits", "published", 1e9)
    assert table.method_id.tolist() == ["committee", "ours"] and table.place.isna().tolist() == [False, True]


def test_two_methods_under_one_name_are_two(rows):
    _, rows = rows
    same = copy.deepcopy(rows)
    for row in same.values():
        row["asked"]["method_id"] = "mine"
    table = ranked(same, "digits", "published", 1e9)
    assert sorted(table.method) == ["bmlp", "single_layer"] and table.settings.tolist() == [1, 1]


def test_a_budget_is_what_it_leaves_beside_the_data(rows):
    """What takes more than a budget leaves beside the data does not fit, however little that is of the whole."""
    _, rows = rows
    small = copy.deepcopy(rows)
    for row in small.values():
        outcome = row["outcome"]
        outcome["memory_parts"]["data"] += 10**9
        outcome["memory_bits"] += 10**9
    least = min(row["outcome"]["memory_bits"] for row in small.values())
    assert len(ranked(small, "digits", "published", least)) == 1
    assert ranked(small, "digits", "published", 0.99999 * least).empty  # nothing is left beside the data


def test_ranks_over_data_sets():
    """Against a table worked out by hand (Demsar 2006: mean ranks; equal ones share theirs)."""
    accuracies = {
        "a": [90.0, 80.0, 70.0, 60.0, 88.0], "b": [85.0, 75.0, 70.0, 50.0, 77.0], "c": [80.0, 70.0, 60.0, 40.0, 66.0],
        "d": [99.0] * 3,
    }  # fmt: skip
    tables = {
        f"set {number}": pd.DataFrame(
            [
                {"method_id": name, "method": name, "kind": "binary", "mean": values[number], "beside_data_bits": 1}
                for name, values in accuracies.items() if number < len(values)
            ]
        )
        for number in range(5)
    }  # fmt: skip
    found = ranks_of(tables)
    assert found.table.method_id.tolist() == ["a", "b", "c", "d"]
    assert found.table.mean_rank.tolist()[:3] == [1.1, 1.9, 3.0] and math.isnan(found.table.mean_rank[3])
    assert found.critical_difference == pytest.approx(2.343 * math.sqrt(3 * 4 / (6 * 5)), abs=2e-3)
    assert found.table.tied.tolist() == [True, True, False, False]
    assert found.p == pytest.approx(stats.friedmanchisquare(*[accuracies[name] for name in "abc"]).pvalue)
    assert math.isnan(ranks_of({"set 0": tables["set 0"]}).p)


def test_the_command_over_all_data_sets(rows):
    store, _ = rows
    done = CliRunner().invoke(main, ["leaderboard", "--memory", "35_35", "--rows", str(store)])
    assert done.exit_code == 0 and "That is too few" in done.output, done.output
    csv = CliRunner().invoke(main, ["leaderboard", "--memory", "35_35", "--rows", str(store), "--csv"])
    assert csv.output.splitlines()[0].startswith("method_id,method,kind,digits") and "ours" in csv.output


def test_a_suite_names_its_rows(rows, tmp_path):
    """A cell is stored under the id that ran it first; another suite that asks for it shows it under its own."""
    store, found = rows
    text = TINY.replace("seeds = [1, 2]", "seeds = [1, 2, 3, 4, 5]")
    other = suite_of(tmp_path, 'id = "ours"', 'id = "mine"', text)
    named = named_by(other, found)
    assert {row["asked"]["method_id"] for row in named.values()} == {"mine", "committee"} and len(named) == 10
    done = CliRunner().invoke(
        main, ["leaderboard", "digits", "--memory", "5MB", "--rows", str(store), "--suite", str(tmp_path / "tiny.toml")]
    )
    assert done.exit_code == 0 and "mine" in done.output and "ours" not in done.output, done.output


def test_rows_of_several_places_and_of_earlier_versions(rows, tmp_path):
    _, found = rows
    mine, theirs = tmp_path / "mine.jsonl.gz", tmp_path / "theirs.jsonl.gz"
    of = {
        name: {k: row for k, row in found.items() if row["asked"]["method_id"] == name}
        for name in ("ours", "committee")
    }
    old = {key: copy.deepcopy(row) for key, row in list(of["ours"].items())[:2]}
    for row in old.values():
        row["identity"]["method_version"] = 0
    write_archive(mine, of["ours"])
    write_archive(theirs, {**of["committee"], **{cell_key(row["identity"]): row for row in old.values()}})
    command = ["leaderboard", "digits", "--memory", "5MB", "--rows", str(mine), "--rows", str(theirs)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0 and "ours" in done.output and "committee" in done.output, done.output
    assert "Left out: 2 rows of bmlp of an earlier version" in done.output


def test_a_data_set_that_hardly_any_method_has_takes_no_rank_away():
    def table(*names):
        return pd.DataFrame(
            [{"method_id": name, "method": name, "mean": 50.0, "kind": "", "beside_data_bits": 1} for name in names]
        )

    tables = {"full": table(*"abcd"), "most": table(*"abc"), "half": table(*"ab"), "mine": table("e")}
    assert list(common(tables)) == ["full", "most"]
    assert ranks_of(tables).table.mean_rank.isna().all()  # no method has all three


def test_what_is_just_above_a_budget_is_named(rows):
    _, found = rows
    rest = {row["asked"]["method_id"]: bits_beside_data(row) for row in found.values()}
    data = next(iter(found.values()))["outcome"]["memory_parts"]["data"]
    small, large = sorted(rest, key=rest.get)
    budget = data + rest[large] / 1.2
    assert just_above(found, "digits", "published", budget) == {large: pytest.approx(0.2)}
    assert large not in ranked(found, "digits", "published", budget).method_id.tolist()
    assert just_above(found, "digits", "published", data + rest[large]) == {} and small != large


def test_one_lucky_seed_stands_for_no_method(rows):
    _, rows = rows
    more = with_accuracies(rows, ours=lambda s: 80 + s, committee=lambda s: 70 + s)
    key, row = next((key, row) for key, row in more.items() if row["asked"]["method_id"] == "ours")
    lucky = copy.deepcopy(row)
    lucky["asked"]["method_id"], lucky["identity"]["params"] = "ours[robustness=0.9]", {"robustness": 0.9}
    set_accuracy(lucky, 99.0)
    table = ranked({**more, "f" + key[1:]: lucky}, "digits", "published", 1e9)
    assert table.method_id.tolist() == ["ours", "committee"] and table.place.tolist() == [1, 2]


def test_what_most_rows_hold_are_the_data(rows):
    """Rows that hold all samples as floats hold 32 times the bits; the budget is what it leaves beside the others'."""
    _, rows = rows
    first, *_ = rows.values()
    large = copy.deepcopy(first)
    large["outcome"]["memory_parts"]["data"] *= 32
    assert data_bits([large, *rows.values()]) == first["outcome"]["memory_parts"]["data"] and data_bits([]) == 0
