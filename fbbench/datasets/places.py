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


def find(*names):
    """Return the first of ``names`` (relative paths) that is there, in the user's folder or in the cache, or None."""
    for folder in (data_folder(), cache_folder()):
        for name in names:
            if folder is not None and (folder / name).exists():
                return folder / name
    return None
