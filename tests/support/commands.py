"""Commands in tests, called as a user would, and a store that they can look at."""

from click.testing import CliRunner
from stores import suite_of

from fbbench.cli import main


def call(*arguments, **options):
    """Return click's result of a command."""
    return CliRunner().invoke(main, [str(a) for a in arguments], **options)


def words(text):
    """Return text with single spaces and no line ends."""
    return " ".join(text.split())


def finished_store(folder, seeds=7):
    """Return (suite file, store) of the tiny suite with some seeds, all done."""
    suite_of(folder, "seeds = [1, 2]", f"seeds = {list(range(1, seeds + 1))}")
    suite, store = folder / "tiny.toml", folder / "store"
    assert call("run", suite, "--store", store, "-j", 1).exit_code == 0
    return suite, store


def copy_of(finished, folder):
    """Return (suite file, copy of the store) of a finished one."""
    suite, store = finished
    target = folder / "copy"
    assert call("merge", store, "--store", target).exit_code == 0
    return suite, target
