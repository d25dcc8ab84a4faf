"""Saved models of any kind, and what is written of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replacing
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..saved import header_in, read_saved
from ..sign_perceptron import SignPerceptron
from .c_header import c_header
from .c_text import CHeader, source
from .plain import plain_arrays

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


def write_c(model: Any, folder: Any, *, training: bool = False, batch: int = 20) -> CHeader:
    """Write ``model.h``, and ``example.c`` that predicts with it, into a folder, which is made; return the header. With
    training also ``learn_example.c``. Arguments as of :func:`c_header`.

    Raises
    ------
    CannotExport, ValueError
        As :func:`c_header` does, before anything is written.
    """
    header, folder = c_header(model, training=training, batch=batch), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    examples = ["example.c", *(["learn_example.c"] if training else [])]
    for name, text in (("model.h", header.text), *((name, source(name)) for name in examples)):
        with replacing(folder / name) as file:
            file.write(text.encode())
    return header


def write_npz(model: Any, path: Any) -> dict[str, np.ndarray]:
    """Write :func:`plain_arrays` to an NPZ file without pickles, whole or not at all; return them. Errors as there."""
    arrays = plain_arrays(model)
    with replacing(Path(path)) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    return arrays
