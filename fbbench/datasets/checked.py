"""Contents of large files, read once and remembered for as long as the files stay untouched."""

import contextlib
import hashlib
import json
from pathlib import Path

import numpy as np

from ..files import replacing
from ..reading import read_json
from .places import cache_folder


def remembered_checksum(name, files, compute):
    """Return the checksum that ``compute()`` finds in files; what it found before, where they are untouched.

    Untouched: paths, sizes, inodes and times (of content and of status) are what they were. What is remembered is
    itself signed, so that a damaged note is no note.

    Parameters
    ----------
    name : str
        What the note's file begins with.
    files : iterable of path
    compute : callable
        Returns a SHA-256 (hex) of the contents; reads them all.
    """
    found = hashlib.sha256()
    for path in files:
        stat = Path(path).stat()
        found.update(
            f"{path}\0{stat.st_size}\0{stat.st_ino}\0{stat.st_mtime_ns}\0{stat.st_ctime_ns}\n".encode(
                errors="surrogateescape"
            )
        )
    state = found.hexdigest()
    note = cache_folder() / "checked" / f"{name}-{state[:32]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = read_json(note)
        if known["signature"] == signature(state, known["checksum"]):
            return known["checksum"]
    checksum = compute()
    with contextlib.suppress(OSError):  # where the cache cannot be written, contents are read again next time
        note.parent.mkdir(parents=True, exist_ok=True)
        with replacing(note, mode="w") as file:
            json.dump({"checksum": checksum, "signature": signature(state, checksum)}, file)
    return checksum


def signature(state, checksum):
    """Return what binds a checksum to the state of the files that it was found in."""
    return hashlib.sha256(f"{state} {checksum}".encode()).hexdigest()


def is_numbered(values, n):
    """Return whether values are the numbers 0 .. n - 1, and each of them is among them."""
    different = np.unique(values)
    if not len(different):
        return n == 1  # a column where every value is missing
    return len(different) == n and np.array_equal(different, np.arange(len(different)))
