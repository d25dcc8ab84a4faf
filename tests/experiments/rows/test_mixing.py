"""One rule of mixing, wherever rows are averaged or compared: tables, leaderboard, results, verdicts, compare."""

import copy

import pytest
from click.testing import CliRunner
from stores import cells_of, set_accuracy, suite_of

from fbbench.cli import main
from fbbench.experiments import Store
from fbbench.experiments.analysis.claims import Claim
from fbbench.experiments.analysis.leaderboard import ranked
from fbbench.experiments.analysis.summary import cell_rows, summarise
from fbbench.experiments.analysis.verdicts import Evidence, judge
from fbbench.experiments.rows.mixing import check_same_data, setting_of


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return (suite, its rows by key)."""
    folder = tmp_path_factory.mktemp("mixing")
    suite = suite_of(folder)
    command = ["run", str(folder / "tiny.toml"), "--store", str(folder / "store"), "-j", "1"]
    assert CliRunner().invoke(main, command).exit_code == 0
    return suite, Store(folder / "store").rows()


def with_new_data(rows, seed):
    """Return rows of which those of a seed are of another version of the data."""
    changed = copy.deepcopy(rows)
    for row in changed.values():
        if row["identity"]["seed"] == seed:
            row["identity"]["checksum"] = "f" * 64
    return changed


def stored(rows, folder):
    store = Store(folder)
    store.prepare()
    for row in rows.values():
        store.write(row)
    return folder


def test_what_makes_a_setting(measured):
    """The seed alone may differ; everything else of the identity, and how it was evaluated, may not."""
    row = next(iter(measured[1].values()))
    for section, name, value in (
        ("identity", "checksum", "other"), ("identity", "params", {"robustness": 0.5}), ("identity", "epochs", 3),
        ("identity", "protocol", "strict"), ("identity", "batch_size", 10), ("identity", "method_version", 9),
        ("identity", "dataset", "iris"), ("outcome", "encoder", "another"), ("outcome", "n_heldout", 7),
        ("outcome", "selection", "best epoch"),
    ):  # fmt: skip
        other = copy.deepcopy(row)
        other[section][name] = value
        assert setting_of(other) != setting_of(row), name
    other = copy.deepcopy(row)
    other["identity"]["seed"] = 77
    set_accuracy(other, 1.0)
    assert setting_of(other) == setting_of(row)


def test_two_versions_of_the_data_are_never_averaged(measured, tmp_path):
    suite, rows = measured
    mixed = with_new_data(rows, 2)
    with pytest.raises(ValueError, match="two versions of the data"):
        summarise(cell_rows(cells_of(suite), mixed))
    with pytest.raises(ValueError, match="two versions of the data"):
        ranked(mixed, "digits", "published", 1e9)
    claim = {
        "id": "c", "text": "t", "source": "s", "kind": "ahead", "suite": suite.where, "datasets": ["digits"],
        "budgets": ["35_35"], "a": "ours", "b": ["committee"],
    }  # fmt: skip
    with pytest.raises(ValueError, match="two versions of the data"):
        judge(Claim(**claim), Evidence(lambda name: mixed))
    folder = stored(mixed, tmp_path / "store")
    done = CliRunner().invoke(main, ["compare", "ours", "committee", "--suite", suite.where, "--store", str(folder)])
    assert done.exit_code == 1 and "two versions of the data" in done.output
    shown = CliRunner().invoke(main, ["results", "--store", str(folder)]).output
    assert shown.count("data of checksum") == 2  # apart, each under its checksum


def test_sides_of_a_comparison_saw_the_same_data(measured):
    suite, rows = measured
    frame = cell_rows(cells_of(suite), rows)
    ours, other = (frame[frame.method_id == name] for name in ("ours", "committee"))
    check_same_data(ours, other)
    with pytest.raises(ValueError, match="two versions"):
        check_same_data(ours, other.assign(checksum="f" * 64))
    check_same_data(ours, other.assign(checksum="f" * 64, protocol="strict"))  # reads other files


def test_settings_under_one_name_are_lines_of_their_own(measured):
    """As `bep` of two suites at 35_35 with other parameters was: the better one stands for the method."""
    rows = {key: row for key, row in measured[1].items() if row["asked"]["method_id"] == "ours"}
    better = copy.deepcopy(rows)
    for row in better.values():
        row["identity"]["params"] = {**row["identity"]["params"], "robustness": 0.5}
        set_accuracy(row, 99.0)
    both = {**rows, **{f"f{key[1:]}": row for key, row in better.items()}}
    (line,) = ranked(both, "digits", "published", 1e9).itertuples()
    assert line.mean == 99.0 and line.seeds == 2 and line.settings == 2
