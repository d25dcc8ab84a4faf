"""What this implementation really holds while it trains, in bits and by part: every buffer at its real width.

Stands beside the paper's model (:mod:`fbbench.costs.memory`), which charges 8 bits for hidden weights and
pre-activations, one local classifier, and nothing for visible weights, zero planes, labels or the order of samples.
"""

from __future__ import annotations

from collections.abc import Sequence

from .cost import NetworkShape
from .memory import n_activations, n_weights

LABEL_BITS, ORDER_BITS = 32, 64
PRE_ACTIVATION_BITS = 16
CHUNK_ROWS = 256
"""Rows that go through a layer at a time, however large the mini-batch."""
CHOICE_BITS = 32 + 32
"""A selected unit: its number, and its entry in the list sorted by unit."""
ROW_BITS = 32 + 8 + 32
"""Of a mini-batch: label, whether it triggered, its place in the list of those that did."""


def binary_ledger(shape: NetworkShape, *, committee: bool = False) -> dict[str, int]:
    """Return the bits by part of fully binary training on one thread.

    "Prepared weights" are the largest layer's visible weights in the form the product reads; the AVX2 path's, charged
    here, is the largest: four bits as one byte. The other paths need less.

    Parameters
    ----------
    shape : NetworkShape
    committee : bool
        Classifiers read one bit per group.
    """
    n_samples, n_classes, batch_size = shape.n_samples, shape.n_classes, shape.batch_size
    layer_sizes, group_sizes, hidden_bits = shape.layer_sizes, shape.group_sizes, shape.hidden_bits
    ternary, trained_classifiers = shape.ternary, shape.trained_classifiers
    fan_ins, widths = layer_sizes[:-1], layer_sizes[1:]
    planes = 2 if ternary else 1
    n_hidden = sum(d * k for d, k in zip(fan_ins, widths, strict=True))
    groups = [k // g for k, g in zip(widths, group_sizes, strict=True)]
    reads = groups if committee else widths
    return {
        "data": n_samples * layer_sizes[0],
        "labels and order": n_samples * (LABEL_BITS + ORDER_BITS),
        "hidden weights": hidden_bits * n_hidden,
        "visible weights": planes * n_hidden,
        "local classifiers": (planes + (hidden_bits if trained_classifiers else 0)) * n_classes * sum(reads),
        "desired signs": planes * n_classes * sum(widths) if committee else 0,
        "pre-activations": PRE_ACTIVATION_BITS * min(batch_size, CHUNK_ROWS) * (max(widths) + n_classes),
        "activations": batch_size * fan_ins[0]
        + planes * (2 * batch_size * max(widths) + (min(batch_size, CHUNK_ROWS) * max(reads) if committee else 0)),
        "selection": batch_size * (CHOICE_BITS * max(groups) + ROW_BITS) + 96 * max(widths),
        "prepared weights": 2 * planes * max(d * k for d, k in zip(fan_ins, widths, strict=True)),
    }


def perceptron_ledger(n_samples: int, n_inputs: int, n_classes: int, *, n_units: int, fan_in: int) -> dict[str, int]:
    """Return the bits by part of the recommended network in training: features in whole words, units of 64 rows at a
    time and one row's spread to bytes, wires of 32 bits each, and the copy of the sums that predicting makes before
    there are any."""
    columns = whole_words(n_inputs) + whole_words(n_units)
    return {
        "data": n_samples * n_inputs,
        "labels and order": n_samples * (LABEL_BITS + ORDER_BITS),
        "weights": 8 * columns * n_classes,
        "sums of weights": 2 * 16 * columns * n_classes,
        "wires": 32 * fan_in * n_units,
        "activations": 64 * (2 * whole_words(n_inputs) + columns) + 8 * columns + 64 * n_classes,
    }


def whole_words(n_bits: int) -> int:
    """Return a number of bits, rounded up to whole words of 64."""
    return -(-n_bits // 64) * 64


def float_ledger(
    n_used: int,
    layer_sizes: Sequence[int],
    n_classes: int,
    batch_size: int,
    *,
    binary_input: bool = False,
    optimizer: str = "sgd",
    number_bits: int = 32,
) -> dict[str, int]:
    """Return the bits by part of full-precision training on ``n_used`` samples.

    Float features lie as 32-bit floats, binary ones packed; a mini-batch of these is unpacked to bytes, then floats.

    Automatic differentiation holds the gradients of all weights, and of every layer its pre-activations,
    activations and their gradients.
    """
    weights = number_bits * n_weights(layer_sizes, n_classes)
    numbers = 8 + 32 + (number_bits if number_bits < 32 else 0)  # bytes, floats, and shorter numbers from these
    return {
        "data": (1 if binary_input else 32) * n_used * layer_sizes[0],
        "labels and order": n_used * (64 + 64),
        "weights": weights,
        "gradients": weights,
        "moments": 2 * weights if optimizer == "adam" else 0,
        "mini-batch": (numbers if binary_input else numbers - 8) * batch_size * layer_sizes[0],
        "activations": 3 * number_bits * n_activations(layer_sizes, n_classes, batch_size),
    }
