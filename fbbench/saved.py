"""Trained models in files: named plain arrays in an NPZ, written whole or not at all, read without running any code."""

import numpy as np

from .files import replacing


def write_saved(path, arrays):
    """Write named arrays to ``path`` (NPZ without pickles), whole or not at all."""
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)


def read_saved(path, restored, what):
    """Return ``restored(arrays)`` of a file that :func:`write_saved` wrote. Never runs code from the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, altered, or something else; the message says that it is no whole ``what``.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return restored(archive)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # foreign bytes make the parsers of ZIP, NPY and JSON raise nearly anything
        raise ValueError(f"{path} is not a whole {what} ({error}); save it again") from None
