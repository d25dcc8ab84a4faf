"""A cell may take so long and no longer: it is ended, stored as a failure with its reason, and the others go on."""

import pytest
from click.testing import CliRunner
from stores import BAD_FIRST, TINY, outcomes, suite_of

from fbbench.cli import main
from fbbench.experiments import Store


def run(folder, *options):
    command = ["run", str(folder / "tiny.toml"), "--store", str(folder / "store"), "-j", "1", *options]
    return CliRunner().invoke(main, command)


@pytest.mark.parametrize("where", ["suite", "command line"])
def test_a_cell_that_would_run_for_ever_is_ended(tmp_path, misbehave, where):
    """It holds Python's lock in foreign code, so nothing short of its process's end helps."""
    misbehave("holds the lock")
    content = BAD_FIRST.replace("epochs = 2", "epochs = 2\ncell_seconds = 6", 1) if where == "suite" else BAD_FIRST
    suite_of(tmp_path, content=content)
    done = run(tmp_path, *([] if where == "suite" else ["--cell-seconds", "6"]))
    assert done.exit_code == 1 and "2 failed" in done.output, done.output
    failures = Store(tmp_path / "store").failures()
    assert len(failures) == 2 and len(outcomes(tmp_path / "store")) == 4
    for row in failures.values():
        assert "was ended after 6 s, the limit for a cell" in row["error"]


def test_what_was_done_is_kept_for_a_try_with_more(tmp_path):
    slow = TINY.replace("epochs = 2", "epochs = 1000000").replace("seeds = [1, 2]", "seeds = [1]")
    suite_of(tmp_path, content=slow)
    done = run(tmp_path, "--cell-seconds", "6", "--checkpoint-every", "0.5", "--methods", "ours")
    assert done.exit_code == 1 and "the limit for a cell" in done.output
    assert len(Store(tmp_path / "store").checkpointed()) == 1


def test_limits_are_checked(tmp_path):
    suite_of(tmp_path)
    assert run(tmp_path, "--cell-seconds", "0").exit_code == 2
    (tmp_path / "tiny.toml").write_text(TINY.replace("epochs = 2", "epochs = 2\ncell_seconds = -1"))
    done = run(tmp_path)
    assert done.exit_code == 1 and "cell_seconds" in done.output
