"""Trained models in files: named plain arrays in an NPZ, written whole or not at all, read without running any code."""

import json

import numpy as np

from .files import replacing
from .reading import MODEL_BYTES, read_npz, reason_of

HEADER_BYTES = 1_000_000


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
        return restored(read_npz(path, MODEL_BYTES))
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # arrays of another kind of file make whoever looks at them raise nearly anything
        raise ValueError(f"{path} is not a whole {what} ({reason_of(error)}); save it again") from None


def header_in(arrays):
    """Return the JSON header among the arrays of a trained model; ValueError if it is longer than any."""
    header = arrays["header"]
    if header.nbytes > HEADER_BYTES:
        raise ValueError(f"a header of {header.nbytes:,} bytes")
    return json.loads(header.tobytes())
