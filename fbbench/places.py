"""Where what ships with fbbench lies: in a clone beside the package, installed inside of it."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
REPOSITORY = PACKAGE.parent
"""The clone, where there is one; else the folder that packages are installed in."""


def shipped(name):
    """Return the place of something that ships, the clone's before the package's; None where it is in neither.

    Parameters
    ----------
    name : str
        As in the repository: ``paper/claims.toml``, ``suites``.
    """
    return next((path for folder in (REPOSITORY, PACKAGE) if (path := folder / name).exists()), None)
