"""Saved models of any kind, and what is written of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import replacing
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..saved import header_in, read_saved
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
    return read_saved(path, restored_any, "network file written by save of a network or a perceptron")


def restored_any(arrays: Mapping[str, Any]) -> Any:
    """Return the model that arrays of a file describe; ValueError or KeyError if they describe none."""
    return KINDS.get(header_in(arrays)["format"], FullyBinaryNetwork).restored(arrays)


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
