"""A model as one C99 header: its weights as tables, and the functions that predict with them, from ``c/``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..sign_perceptron import SignPerceptron

SOURCES = Path(__file__).with_name("c")


class CannotExport(ValueError):
    """Says why a model cannot leave the library so."""


@dataclass(frozen=True)
class CHeader:
    """A C99 header.

    Attributes
    ----------
    text : str
        Of one file: tables, ``fbb_scores`` and ``fbb_predict``, which take a packed row of 32-bit words.
    table_bytes : int
        Of constants: weights, classifiers, wires.
    stack_bytes : int
        Of the largest arrays that a prediction has on the stack.
    """

    text: str
    table_bytes: int
    stack_bytes: int


def c_header(model: Any) -> CHeader:
    """Return a model as C.

    Parameters
    ----------
    model : FullyBinaryNetwork, MajorityPerceptron, SignPerceptron, or a fitted FullyBinaryClassifier
        A classifier's encoder stays behind: the C functions take the bits that it makes of a row.

    Raises
    ------
    CannotExport
        If the model is none of these, or its read-out has no rendering in C; the message says which.
    """
    model = getattr(model, "network_", model)
    if isinstance(model, FullyBinaryNetwork):
        return of_network(model)
    if isinstance(model, SignPerceptron):
        return of_signs(model)
    if isinstance(model, MajorityPerceptron):
        return of_sums(model)
    raise CannotExport(
        f"a FullyBinaryNetwork, MajorityPerceptron, SignPerceptron or a fitted FullyBinaryClassifier can be exported; "
        f"got {type(model).__name__}"
    )


def source(name: str) -> str:
    """Return one of the C files that headers are made of."""
    return (SOURCES / name).read_text(encoding="utf-8")


def words32(bits: np.ndarray, n_bits: int) -> np.ndarray:
    """Return rows of 64-bit words as rows of as many 32-bit words as ``n_bits`` fill."""
    return np.ascontiguousarray(bits, dtype="<u8").view("<u4")[:, : -(-n_bits // 32)]


def table(kind: str, name: str, values: np.ndarray, *, constant: bool = True) -> str:
    """Return an array of C, constant or one that a program may write to."""
    flat = values.ravel()
    told = (
        [f"0x{v:08x}" for v in flat]
        if values.dtype.kind == "u" and values.dtype.itemsize == 4
        else list(map(str, flat))
    )
    lines = ["    " + ", ".join(told[at : at + 8]) + "," for at in range(0, len(told), 8)]
    return "\n".join([f"static {'const ' if constant else ''}{kind} {name}[{len(flat)}] = {{", *lines, "};"])


def defines(**values: int) -> str:
    """Return definitions of C's preprocessor."""
    return "\n".join(f"#define {name} {int(value)}" for name, value in values.items())


def guarded(model: Any, about: str, parts: list[str], tables: dict[str, np.ndarray], stack_bytes: int) -> CHeader:
    """Return a header of parts, with a comment that says what it is."""
    table_bytes = sum(values.nbytes for values in tables.values())
    comment = (
        f"/* {type(model).__name__}: {about}.\n   {table_bytes} bytes of tables, {stack_bytes} bytes of arrays on the "
        f"stack. State {model.state_hash()[:16]}.\n   Call fbb_predict(row) or fbb_scores(row, scores). */"
    )
    text = "\n\n".join(
        [
            comment,
            "#ifndef FBB_MODEL_H\n#define FBB_MODEL_H\n#include <stdint.h>",
            *(p.strip() for p in parts),
            "#endif",
        ]
    )
    return CHeader(text + "\n", table_bytes, stack_bytes)


def of_network(network: FullyBinaryNetwork) -> CHeader:
    """Return a network as C; CannotExport with a read-out that learns."""
    if network.readout == "perceptron":
        raise CannotExport(
            "the read-out 'perceptron' has no rendering in C; train with readout='last', 'vote' or 'preactivation'"
        )
    tables, rows = {}, []
    for number, layer in enumerate(network._layers):
        names = []
        for name, bits, n_bits in (
            ("sign", layer.sign, layer.fan_in), ("mask", layer.mask, layer.fan_in),
            ("p_sign", layer.p_sign, layer.n_read), ("p_mask", layer.p_mask, layer.n_read),
        ):  # fmt: skip
            names.append("0" if bits is None else f"fbb_{name}_{number}")
            if bits is not None:
                tables[names[-1]] = words32(bits, n_bits)
        rows.append(f"    {{{layer.fan_in}, {layer.n_units}, {layer.n_read}, {', '.join(names)}}},")
    most_words = max(-(-max(layer.fan_in, layer.n_units) // 32) for layer in network._layers)
    most_units = max(layer.n_units for layer in network._layers)
    zeros, sums = network.ternary, network.readout == "preactivation"
    values = defines(
        FBB_INPUTS=network.n_inputs, FBB_CLASSES=network.n_classes, FBB_ROW_WORDS=-(-network.n_inputs // 32),
        FBB_LAYERS=network.n_layers, FBB_MOST_WORDS=most_words, FBB_MOST_UNITS=most_units, FBB_ZEROS=zeros,
        FBB_READS_SUMS=sums, FBB_READS_ALL=network.readout == "vote",
    )  # fmt: skip
    parts = [
        values, source("counting.h"), source("masked.h" if zeros else "unmasked.h"), source("layer.h"),
        *(table("uint32_t", name, array) for name, array in tables.items()),
        "\n".join(["static const fbb_layer fbb_layers[FBB_LAYERS] = {", *rows, "};"]),
        source("activate.h"), source("sums.h" if sums else "bits.h"), source("network.h"), source("predict.h"),
    ]  # fmt: skip
    sizes = "-".join(map(str, (*network.layer_sizes, network.n_classes)))
    stack = 4 * (4 * most_words + (3 if zeros else 0) * most_words + network.n_classes) + (
        2 * most_units if sums else 0
    )
    return guarded(network, f"{sizes}, {network.arithmetic}, read-out {network.readout}", parts, tables, stack)


def unit_parts(model: Any) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return parts and tables of random units."""
    narrow = 2 * model.n_inputs <= 1 << 16
    wires = model.wires.astype(np.uint16 if narrow else np.uint32)
    if not wires.size:  # C has no arrays of nothing
        wires = np.zeros((1, 1), dtype=wires.dtype)
    kind = f"uint{8 * wires.dtype.itemsize}_t"
    parts = [
        f"typedef {kind} fbb_wires;", table(kind, "fbb_wires_of_units", wires), source("units.h"),
    ]  # fmt: skip
    return parts, {"wires": wires}


def unit_defines(model: Any, **more: int) -> str:
    """Return what the functions of random units have to know."""
    return defines(
        FBB_INPUTS=model.n_inputs, FBB_CLASSES=model.n_classes, FBB_ROW_WORDS=-(-model.n_inputs // 32),
        FBB_UNITS=model.n_units, FBB_PAIRS=model.n_pairs, FBB_FAN_IN=model.fan_in, **more,
    )  # fmt: skip


def of_sums(perceptron: MajorityPerceptron) -> CHeader:
    """Return the recommended network as C: the sums of its weights, or the weights where there are no sums yet."""
    held = perceptron.sums if perceptron.sums.any() else perceptron.weights
    weights = perceptron._read(held).astype(np.int16)
    parts, tables = unit_parts(perceptron)
    tables["weights"] = weights
    parts = [
        unit_defines(perceptron),
        *parts,
        table("int16_t", "fbb_weights", weights),
        source("perceptron.h"),
        source("predict.h"),
    ]
    return guarded(perceptron, told(perceptron), parts, tables, unit_stack(perceptron))


def of_signs(perceptron: SignPerceptron) -> CHeader:
    """Return the one-bit network as C: its planes of weights, most often one."""
    planes, first = perceptron.prediction_planes(), -(-perceptron.n_inputs // 64)
    weights = np.concatenate(
        [
            np.concatenate(
                [words32(plane[:, :first], perceptron.n_inputs), words32(plane[:, first:], perceptron.n_units)], axis=1
            )
            for plane in planes
        ]
    )
    parts, tables = unit_parts(perceptron)
    tables["weights"] = weights
    values = unit_defines(perceptron, FBB_PLANES=len(planes), FBB_INPUT_WEIGHT=perceptron.input_weight)
    parts = [
        values,
        source("counting.h"),
        *parts,
        table("uint32_t", "fbb_weights", weights),
        source("signs.h"),
        source("predict.h"),
    ]
    return guarded(perceptron, told(perceptron), parts, tables, unit_stack(perceptron))


def told(model: Any) -> str:
    """Return the shape of a network on random units."""
    return f"{model.n_inputs} inputs, {model.n_units} units, {model.n_pairs} of them pairs, {model.n_classes} classes"


def unit_stack(model: Any) -> int:
    """Return the bytes of arrays on the stack of a network on random units."""
    return 4 * (-(-model.n_units // 32) + 1 + model.n_classes)
