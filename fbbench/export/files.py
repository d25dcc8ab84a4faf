"""Saved models of any kind, and what is written of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..files import replacing
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..reading import MODEL_BYTES, read_npz
from ..saved import header_in
from ..sign_perceptron import SignPerceptron
from .c_header import CHeader, c_header, source

KINDS = {kind.FORMAT: kind for kind in (MajorityPerceptron, SignPerceptron)}


def load_any(path: Any) -> Any:
    """Return the model in a file that ``save`` of a network or a perceptron wrote, whichever it is.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no saved model, truncated or altered.
    """
    try:
        header = header_in(read_npz(path, MODEL_BYTES))
        kind = KINDS.get(header["format"], FullyBinaryNetwork)
    except (FileNotFoundError, PermissionError):
        raise
    except (KeyError, TypeError, ValueError, OSError, json.JSONDecodeError):
        kind = FullyBinaryNetwork  # which says what is wrong with the file
    return kind.load(path)


def write_c(model: Any, folder: Any) -> CHeader:
    """Write ``model.h``, and ``example.c`` that predicts with it, into a folder, which is made; return the header.

    Raises
    ------
    CannotExport
        As :func:`c_header` does, before anything is written.
    """
    header, folder = c_header(model), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("model.h", header.text), ("example.c", source("example.c"))):
        with replacing(folder / name) as file:
            file.write(text.encode())
    return header
