"""The paper's gate model (arXiv:2412.00119, section 4.2): Boolean gates of one mini-batch of training, by kind."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .cost import Parts
from .memory import n_wires

GATES = {
    "XNOR": 1,
    "AND": 1,
    "popcount": 10,
    "increment": 10,
    "integer add": 10,
    "float multiply": 10**4,
    "float add": 10**4,
}
"""Gates of one operation; of a popcount, per element counted; of an integer addition (not in the paper), per bit of
what is added, as of a popcount, which adds one bit."""

BACKWARD = 9
"""XNORs per output unit and sample that select what to update: a constant of the authors' model."""


def binary_gates(
    layer_sizes: Sequence[int],
    n_classes: int,
    batch_size: int,
    *,
    local_classifiers: bool = True,
    trained_classifiers: bool = False,
) -> dict[str, int]:
    """Return the gates of one mini-batch of fully binary training.

    Parameters
    ----------
    layer_sizes : sequence of int
        Fan-in, then widths; for a committee the units and then the groups of every stage, charged like any matrix.
    local_classifiers : bool
        Whether every hidden layer has a classifier of its own (the multi-layer method).
    trained_classifiers : bool
        Whether these are trained; not in the paper's model. In its spirit: updated like any trained matrix.

    Returns
    -------
    dict of str to int
        Gates by kind of operation.
    """
    sizes = [*layer_sizes, n_classes]
    counts = {"XNOR": 0, "popcount": 0, "increment": 0}
    for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        weights = n_in * n_out
        counts["XNOR"] += batch_size * weights
        counts["popcount"] += batch_size * weights
        if number < len(sizes) - 2:  # hidden: has a local classifier, is trained
            if local_classifiers:
                counts["XNOR"] += batch_size * n_out * n_classes
                counts["popcount"] += batch_size * n_out * n_classes
            counts["XNOR"] += BACKWARD * batch_size * n_out + 2 * weights
            counts["popcount"] += weights
            counts["increment"] += 4 * weights
            if trained_classifiers:
                counts["XNOR"] += 2 * n_out * n_classes
                counts["popcount"] += n_out * n_classes
                counts["increment"] += 4 * n_out * n_classes
    return {kind: GATES[kind] * count for kind, count in counts.items()}


def zero_gates(
    layer_sizes: Sequence[int],
    n_classes: int,
    batch_size: int,
    *,
    local_classifiers: bool = True,
    zeros_in_input: bool = False,
) -> dict[str, int]:
    """Return the gates that ternary arithmetic takes beside :func:`binary_gates`; not in the paper's model.

    In its spirit: a sum of signs is twice the popcount of what agrees minus that of what is not 0. Every element of a
    product takes two ANDs with planes of non-zeros and a second popcount; where the input has no zeros, as data have
    none, one AND, and the popcount of a unit's weights once. Classifiers have zeros as weights do.

    Parameters
    ----------
    layer_sizes, n_classes, batch_size, local_classifiers : as in :func:`binary_gates`
    zeros_in_input : bool
        Whether the input comes from units, as that of the second committee of two does.

    Returns
    -------
    dict of str to int
        Gates by kind of operation.
    """
    sizes = [*layer_sizes, n_classes]
    no_zeros = 0 if zeros_in_input else sizes[0] * sizes[1]
    zeros = sum(n_in * n_out for n_in, n_out in itertools.pairwise(sizes)) - no_zeros
    if local_classifiers:
        zeros += sum(n_classes * n_out for n_out in layer_sizes[1:])
    counts = {"AND": batch_size * (no_zeros + 2 * zeros), "popcount": no_zeros + batch_size * zeros}
    return {kind: GATES[kind] * count for kind, count in counts.items()}


def perceptron_gates(
    n_inputs: int, n_classes: int, batch_size: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, int]:
    """Return the gates of as many rows as a mini-batch has, of the recommended network (not in the paper).

    A unit is an XNOR, or the popcount of its wires; a score adds the 8 bits of every weight, which XNORs give their
    sign; a row moves the weights of two classes by 1 (charged for every row, though many move none). Adding the weights
    to their sums, 25 times a pass, is left out: half a percent at 10 000 rows.
    """
    n_features = n_inputs + n_units
    counts = {
        "XNOR": n_wires(n_units, n_pairs, fan_in) + 8 * n_features * n_classes + 2 * n_features,
        "popcount": fan_in * (n_units - n_pairs),
        "integer add": 8 * n_features * n_classes,
        "increment": 2 * n_features,
    }
    return {kind: GATES[kind] * batch_size * count for kind, count in counts.items()}


def float_gates(
    layer_sizes: Sequence[int], n_classes: int, batch_size: int, *, optimizer: str = "sgd"
) -> dict[str, int]:
    """Return the gates of one mini-batch of full-precision training by SGD or Adam, by kind of operation."""
    if optimizer not in ("sgd", "adam"):
        raise ValueError(f"optimizer must be 'sgd' or 'adam'; got {optimizer!r}")
    sizes = [*layer_sizes, n_classes]
    multiply, add = 0, 0
    for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        weights = n_in * n_out
        multiply += 2 * batch_size * weights  # forward and weight gradient
        add += 2 * batch_size * (n_in - 1) * n_out
        if number:  # the first matrix needs no input gradient
            multiply += batch_size * weights
            add += batch_size * (n_out - 1) * n_in
        multiply += (10 if optimizer == "adam" else 1) * weights
        add += (4 if optimizer == "adam" else 1) * weights
    return {"float multiply": GATES["float multiply"] * multiply, "float add": GATES["float add"] * add}


def total_gates(kinds: Parts) -> float:
    """Return the sum over the kinds of operation."""
    return sum(kinds.values())
