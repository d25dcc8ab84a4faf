"""What a shell completes: names of suites and files of such, data sets, methods."""

from click.shell_completion import CompletionItem


def suites(_context, _parameter, begun):
    """Return known suites that begin so, else let the shell offer files."""
    from ..experiments import known_suites

    found = [CompletionItem(name) for name in known_suites() if name.startswith(begun)]
    return found or [CompletionItem(begun, type="file")]


def datasets(_context, _parameter, begun):
    """Return data sets that begin so; after a comma those that begin as what follows it."""
    from ..datasets import known_names

    return listed(known_names(), begun)


def methods(_context, _parameter, begun):
    """Return methods that begin so."""
    from fbbench.baselines.protocol import METHODS

    return listed(METHODS, begun)


def listed(names, begun):
    """Return names that begin as the last of a comma-separated list does, with what stands before it."""
    before, comma, last = begun.rpartition(",")
    return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last)]
