"""Where data lie: a folder that is only read (FBBENCH_DATA), and the cache that this program writes."""

import os
from pathlib import Path

import platformdirs


class DataUnavailable(LookupError):
    """A data set is neither on this machine nor to be had; the message says the ways to get it."""


def data_folder():
    """Return the user's folder of data (FBBENCH_DATA, only read), or None where it is not set.

    Raises
    ------
    ValueError
        If FBBENCH_DATA is set, but not to a folder.
    """
    name = os.environ.get("FBBENCH_DATA")
    if not name:
        return None
    if not Path(name).is_dir():
        raise ValueError(f"FBBENCH_DATA must name a folder; {name} is none")
    return Path(name)


def cache_folder():
    """Return the folder that downloads and features are kept in: FBBENCH_CACHE, or the platform's cache folder."""
    return Path(os.environ.get("FBBENCH_CACHE") or platformdirs.user_cache_dir("fbbench"))


def searched():
    """Return the folders that data are looked for in: the user's, where there is one, then the cache."""
    return [folder for folder in (data_folder(), cache_folder()) if folder is not None]


def find(*names, holds=Path.exists):
    """Return the first of ``names`` (relative paths) that is there, in the user's folder or in the cache, or None.

    What was unpacked into a folder of its own name is found there too (``NAME/NAME``), and so is a folder that the
    user's variable names itself.

    Parameters
    ----------
    holds : callable
        Gets a path; whether it is what is looked for. Default: it is there.
    """
    for folder in searched():
        for name in map(Path, names):
            for path in (folder / name, folder / name / name.name, *([folder] if folder.name == name.name else [])):
                if path.exists() and holds(path):
                    return path
    return None
