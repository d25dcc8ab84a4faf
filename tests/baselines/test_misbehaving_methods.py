"""A method that misbehaves fails alone: its error is stored, and no other cell's outcome changes."""

import pytest
from click.testing import CliRunner
from stores import BAD_FIRST, outcomes, suite_of

from fbbench.cli import main
from fbbench.experiments import Store


def run(folder):
    return CliRunner().invoke(main, ["run", str(folder / "tiny.toml"), "--store", str(folder / "store"), "-j", "1"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The outcomes of the suite without the method."""
    folder = tmp_path_factory.mktemp("undisturbed")
    suite_of(folder)
    assert run(folder).exit_code == 0
    return outcomes(folder / "store")


@pytest.mark.parametrize(
    "how, said",
    [
        ("writes to its input", "read-only"),
        ("spoils what is held out", "cannot set WRITEABLE flag"),
        ("commands the terminal", r"\x1b[2J / second line"),
        ("exits", "SystemExit: 3"),
        ("raises what is no exception", "NoException: at all"),
        ("cannot be shown", "Unspeakable (its message cannot be shown)"),
        ("says too much", "characters left out"),
        ("says what cannot be written", r"\udc80"),
        ("is too good", "training_accuracy_ must be a number in 0..1; got 1.5"),
        ("predicts a column", "shape (360,); got int64 of shape (360, 1)"),
        ("predicts one label", "of shape (1,)"),
        ("predicts text", "one label (an integer) per row"),
        ("predicts numbers", "got float64"),
        ("has no size", "outcome.ledger_parts must be numbers from 0 by name"),
    ],
)
def test_it_fails_alone(misbehave, undisturbed, tmp_path, how, said):
    misbehave(how)
    suite_of(tmp_path, content=BAD_FIRST)
    done = run(tmp_path)
    assert done.exit_code == 1 and "2 failed" in done.output, done.output
    store = Store(tmp_path / "store")
    failures = store.failures()
    assert len(failures) == 2 and all(said in row["error"] and len(row["error"]) < 1200 for row in failures.values())
    assert outcomes(store.folder) == undisturbed
    for command in (["status", "--tracebacks"], ["results"]):
        assert CliRunner().invoke(main, [*command, "--store", str(store.folder)]).exit_code == 0


def test_the_answers_of_a_fork_reach_no_other_cell(misbehave, undisturbed, tmp_path):
    misbehave("forks")
    suite_of(tmp_path, content=BAD_FIRST)
    done = run(tmp_path)
    assert done.exit_code == 0, done.output
    stored = outcomes(tmp_path / "store")
    assert len(stored) == 6 and {key: stored[key] for key in undisturbed} == undisturbed


def test_a_well_behaved_one(misbehave, undisturbed, tmp_path):
    misbehave("")
    suite_of(tmp_path, content=BAD_FIRST)
    assert run(tmp_path).exit_code == 0
    assert len(outcomes(tmp_path / "store")) == 6
