"""What predictions and training take on a microcontroller: of models, and of rivals as one would write them in C."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import kernels
from ..bits import pack
from ..datasets import random_prototypes
from ..export import c_header
from ..export.c_header import learning_bytes, learning_state
from ..export.c_text import defines, kind_of, table, words32
from ..network import FullyBinaryNetwork
from ..network.rules.error_propagation import ErrorPropagation
from ..perceptron import MajorityPerceptron
from ..random_units import recommended_pairs
from ..sign_perceptron import SignPerceptron
from .emulated import SOURCES, Device, OnDevice, check_tools, run_on

N_CLASSES, N_ROWS, FEW_ROWS = 10, 20, 4
"""Of everything here; rows of a mini-batch; of what learns row by row."""

SHAPES = ((64, 35, 35), (784, 35, 35), (784, 135, 135))
"""Networks whose training is counted: inputs and hidden layers of BMLP."""

RIVALS = (("float", (784, 5, 10)), ("float", (784, 35, 35, 10)), ("int8", (784, 20, 10)), ("int8", (784, 35, 35, 10)))
"""Networks that predict, of the bytes of BMLP 784-135-135-10, and of the widths of 784-35-35-10."""

Examples = tuple[np.ndarray, np.ndarray]
"""Packed rows and their labels."""


def examples(n_inputs: int, n_rows: int = N_ROWS) -> Examples:
    """Return generated rows and labels, always the same."""
    source = random_prototypes(n_rows, n_inputs)
    return pack(source.features), source.labels.astype(np.int32)


# ---- predictions ----


def predict_on(device: Device, name: str, header: str, row: np.ndarray) -> OnDevice:
    """Build a model's C header for a device and predict one packed row (32-bit words) there; NoDevice as `run_on`."""
    files = {"model.h": header, "row.h": table("uint32_t", "row", row), "work.h": '#include "predict_once.h"\n'}
    return run_on(device, name, files)


def models(n_inputs: int = 784) -> Iterator[tuple[str, Any]]:
    """Yield (name, model) of what predicts here, trained on a few generated rows."""
    rows, labels = examples(n_inputs, 400)

    def learnt(model: Any, n_passes: int = 1) -> Any:
        for _ in range(n_passes):
            model.train_epoch(rows, labels)
        return model

    for width in (35, 135):
        shape, name = (n_inputs, width, width), f"{n_inputs}-{width}-{width}-10"
        yield f"BMLP {name}", learnt(bmlp(shape))
        yield f"BMLP {name}, ternary", learnt(bmlp(shape, arithmetic="ternary", hidden_bits=16))
    yield f"single layer {n_inputs}-165-10", learnt(single_layer(n_inputs, 165))
    for n_units in (500, 2000):
        yield f"one-bit, {n_units} units", learnt(on_units(SignPerceptron, n_inputs, n_units), 2)
        yield f"recommended, {n_units} units", learnt(on_units(MajorityPerceptron, n_inputs, n_units), 2)


def bmlp(sizes: tuple[int, ...], **options: Any) -> FullyBinaryNetwork:
    """Return a network of layers, a fifth of their units to a group."""
    groups = tuple(width // 5 for width in sizes[1:])
    return FullyBinaryNetwork(sizes, N_CLASSES, **{"group_size": groups, "seed": 0, **options})


def single_layer(n_inputs: int, n_units: int) -> FullyBinaryNetwork:
    """Return committees of 15 units."""
    return bmlp((n_inputs, n_units), group_size=15, committee=True)


def on_units(kind: Any, n_inputs: int, n_units: int) -> Any:
    """Return a perceptron on random units that makes two passes."""
    return kind(n_inputs, N_CLASSES, n_units=n_units, n_pairs=recommended_pairs(n_units), epochs=2, seed=0)


def weights_of(sizes: tuple[int, ...]) -> int:
    """Return how many weights a rival of some sizes has."""
    return sum(a * b for a, b in itertools.pairwise(sizes))


def drawn_weights(kind: str, sizes: tuple[int, ...]) -> np.ndarray:
    """Return some weights of a rival, float32 or int8."""
    drawn, n_weights = np.random.default_rng(0), weights_of(sizes)
    if kind == "float":
        return drawn.normal(0, 0.05, n_weights).astype(np.float32)
    return drawn.integers(-127, 128, n_weights).astype(np.int8)


def weights_in_c(kind: str, name: str, sizes: tuple[int, ...], constant: bool) -> str:
    """Return :func:`drawn_weights` as C."""
    weights = drawn_weights(kind, sizes)
    return table("float" if kind == "float" else kind_of(weights), name, weights, constant=constant)


def written_by_hand(kind: str, sizes: tuple[int, ...]) -> str:
    """Return a rival's header as a developer would write it: a network of float32 or int8, with some weights."""
    values = defines(FBB_SIZES=len(sizes), FBB_UNITS=sum(sizes))
    code = (SOURCES / f"{kind}_network.h").read_text(encoding="utf-8")
    parts = [values, table("int32_t", "fbb_sizes", np.array(sizes)), weights_in_c(kind, "fbb_weights", sizes, True)]
    return "\n\n".join(["#include <stdint.h>", *parts, code])


def unrolled_by_hand(network: FullyBinaryNetwork) -> str:
    """Return the header of BMLP 784-135-135-10 with loops for that shape alone, what exported C is held against."""
    return "\n".join([c_header(network).text, '#include "by_hand.h"', "#define fbb_predict predict_by_hand"])


def name_of(kind: str, sizes: tuple[int, ...]) -> str:
    """Return what a rival is called."""
    return f"{'float32' if kind == 'float' else kind} {'-'.join(map(str, sizes))}"


def measure_predictions(device: Device, n_inputs: int = 784) -> Iterator[OnDevice]:
    """Yield what a prediction takes of every model here, and of rivals; NoDevice as :func:`predict_on`. A label that is
    not the library's raises AssertionError."""
    check_tools()
    rows = examples(n_inputs)[0][:1]
    row = words32(rows, n_inputs)[0]
    for name, model in models(n_inputs):
        headers = {name: c_header(model).text}
        if name == "BMLP 784-135-135-10":
            headers[f"{name}, unrolled by hand"] = unrolled_by_hand(model)
        for called, header in headers.items():
            found = predict_on(device, called, header, row)
            assert found.said == model.predict(rows)[0], f"{called} on {device.name}: another label than the library's"
            yield found
    for kind, sizes in RIVALS:
        yield predict_on(device, name_of(kind, sizes), written_by_hand(kind, sizes), row)


# ---- training ----


def rows_in_c(n_inputs: int, learnt: Examples) -> str:
    """Return ``rows.h``: packed rows and labels of a mini-batch."""
    words = words32(learnt[0], n_inputs)
    return "\n".join(
        [
            defines(N_ROWS=len(words), ROW_WORDS=words.shape[1]), table("uint32_t", "rows", words),
            table("int32_t", "labels", learnt[1]),
        ]
    )  # fmt: skip


def digest_of(state: bytes) -> int:
    """Return FNV-1a (32 bits)."""
    digest = 2166136261
    for byte in state:
        digest = ((digest ^ byte) * 16777619) & 0xFFFFFFFF
    return digest


def learn_on(device: Device, name: str, model: Any, learnt: Examples) -> OnDevice:
    """Export a model that learns, and train it on a mini-batch on a device; NoDevice as :func:`run_on`."""
    header = c_header(model, training=True, batch=len(learnt[1]))
    files = {
        "model.h": header.text, "rows.h": rows_in_c(model.n_inputs, learnt), "work.h": '#include "learn_once.h"\n',
    }  # fmt: skip
    return run_on(device, name, files, rows=len(learnt[1]))


def learn_here(model: Any, learnt: Examples) -> int:
    """Train a model on a mini-batch as the device does, and return the digest of what the device's state has to be."""
    rows, labels = learnt
    order = np.arange(len(rows))
    if isinstance(model, FullyBinaryNetwork):
        model.train_batch(rows, labels, model._previous_accuracy)
    elif isinstance(model, SignPerceptron):
        _, model.margin = kernels.active().train_signs(model, rows, labels, order, model.margin, len(rows), 0, 0)
    else:
        kernels.active().train_perceptron(model, rows, labels, order, model.next_margin(), 0, 0)
    return digest_of(learning_state(model).as_bytes())


def rival_learns_on(device: Device, kind: str, sizes: tuple[int, ...], learnt: Examples) -> OnDevice:
    """Train a rival of float32 or int8 by SGD, row by row, as a developer would write it in C."""
    network = [
        defines(
            N_SIZES=len(sizes), N_UNITS=sum(sizes), MOST=max(sizes[1:]),
            N_WEIGHTS=weights_of(sizes),
        ),
        table("int32_t", "sizes", np.array(sizes)), weights_in_c(kind, "w", sizes, False),
    ]  # fmt: skip
    files = {
        "network.h": "\n".join(network), "rows.h": rows_in_c(sizes[0], learnt),
        "work.h": f'#include "learn_{kind}.h"\n',
    }  # fmt: skip
    return run_on(device, f"{name_of(kind, sizes)}, SGD", files, rows=len(learnt[1]))


def rival_bytes(kind: str, sizes: tuple[int, ...]) -> int:
    """Return the bytes of RAM that a rival takes to learn: weights, activations, errors."""
    n_weights, most = weights_of(sizes), max(sizes[1:])
    held = sum(sizes) + 2 * most
    return 4 * (n_weights + held) if kind == "float" else n_weights + held + 4 * most


@dataclass(frozen=True)
class Sized:
    """Models of one kind by how many units they have; ``step``: units come in multiples of it."""

    make: Callable[[int], Any]
    held: Callable[[Any], int]
    step: int = 1

    def within(self, n_bytes: int) -> Any:
        """Return the largest that holds at most so many bytes; None if there is none."""

        def fits(n: int) -> bool:
            return self.held(self.make(n * self.step)) <= n_bytes

        high = 1
        while fits(high):
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return self.make(low * self.step) if low else None


def model_bytes(model: Any) -> int:
    """Return the bytes of RAM that a model takes to learn from mini-batches of N_ROWS."""
    return learning_bytes(model, N_ROWS)


def learners(sizes: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
    """Yield (name, model) of what learns here: BMLP in both arithmetics and by error propagation, of some sizes, and
    the others as large as the RAM of binary BMLP allows."""
    name, n_inputs = "-".join(map(str, (*sizes, N_CLASSES))), sizes[0]
    binary = bmlp(sizes)
    yield f"BMLP {name}", binary
    yield f"BMLP {name}, ternary", bmlp(sizes, arithmetic="ternary", hidden_bits=16)
    yield f"BEP {name}", bmlp(sizes, rule=ErrorPropagation())
    held = model_bytes(binary)
    single = Sized(functools.partial(single_layer, n_inputs), model_bytes, 150).within(held)
    if single is not None:
        yield f"single layer {n_inputs}-{single.layer_sizes[1]}-10", single
    for called, kind in (("one-bit", SignPerceptron), ("recommended", MajorityPerceptron)):
        perceptron = Sized(functools.partial(on_units, kind, n_inputs), model_bytes).within(held)
        if perceptron is not None:
            yield f"{called} {n_inputs} + {perceptron.n_units} units", perceptron


def as_wide(sizes: tuple[int, ...], width: int) -> tuple[int, ...]:
    """Return the sizes of a rival with as many inputs and layers, all of one width."""
    return (sizes[0], *[width] * (len(sizes) - 1), N_CLASSES)


def rivals_that_learn(sizes: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (kind, sizes) of rivals: of the same widths, and as wide as the RAM of binary BMLP allows."""
    held = model_bytes(bmlp(sizes))
    for kind in ("float", "int8"):
        yield kind, (*sizes, N_CLASSES)
        same = Sized(functools.partial(as_wide, sizes), functools.partial(rival_bytes, kind)).within(held)
        if same is not None and same != (*sizes, N_CLASSES):
            yield kind, same


def measure_learning(device: Device) -> Iterator[OnDevice]:
    """Yield what a mini-batch takes of everything that learns here. A state that is not the library's raises
    AssertionError. Rivals take as much for one row as for another: they learn from one."""
    check_tools()
    for sizes in SHAPES:
        learnt = examples(sizes[0])
        for name, model in learners(sizes):
            n_rows = N_ROWS if isinstance(model, FullyBinaryNetwork) else FEW_ROWS
            some = learnt[0][:n_rows], learnt[1][:n_rows]
            found = learn_on(device, f"{name}, learning", model, some)
            assert found.said == learn_here(model, some), f"{name} on {device.name}: another state than here"
            yield found
        for kind, of in rivals_that_learn(sizes):
            yield rival_learns_on(device, kind, of, (learnt[0][:1], learnt[1][:1]))
