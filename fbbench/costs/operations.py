"""Operations that a mini-batch of training executes, and what they take in gates that were synthesized.

Not the paper's model: nothing is left out (draws, margins, selection, softmax, optimiser), and every operation has the
price of a circuit that was built and simulated (:mod:`fbbench.circuits`). Counts are the most that a mini-batch can
take: as if every row triggered every layer and every group had a wrong unit. Memory read or written is no gate.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

from ..circuits import area_of, gates_of
from ..circuits.netlist import AREAS
from .cost import NetworkShape, Parts

CIRCUITS = {
    "XNOR": None,
    "AND": None,
    "unit, an element": "unit_784",
    "classifier, an element": "score_525",
    "ternary unit, an element": "ternary_unit_525",
    "ternary unit of bits, an element": "ternary_unit_784",
    "popcount, an element": "popcount_784",
    "winner, a class": ("argmax_10", 10),
    "trigger, a class": ("trigger_10", 10),
    "easiest unit, a unit": "easiest_35",
    "gate of a unit": "gate_of_unit",
    "increment": "saturating_step_8",
    "move counted": "accumulate_8",
    "end of mini-batch, a weight of 8 bits": "settle_8",
    "end of mini-batch, a weight of 16 bits": "settle_16",
    "draw": "draw",
    "majority of 5": "majority_5",
    "majority of 11": "majority_11",
    "weight of 8 bits added": "signed_add_8",
    "sum of 16 bits added": "signed_add_16",
    "integer add, a bit": ("integer_add_32", 32),
    "int8 multiply": "integer_multiply_8",
    "float32 multiply": "float32_multiply",
    "float32 add": "float32_add",
    "float32 divide": "float32_divide",
    "float32 root": "float32_root",
    "bfloat16 multiply": "bfloat16_multiply",
    "bfloat16 add": "bfloat16_add",
    "float16 multiply": "float16_multiply",
    "float16 add": "float16_add",
}
"""Operation -> the circuit that gives its price, and by how many it is divided; an XNOR or AND is one gate."""

EXPONENTIAL = 7
"""Multiplications, and additions, of one exponential in floats: the argument's whole part taken off (one of each), a
polynomial of degree 6 in Horner's form. Its table of powers of 2 is an addition to the exponent, not charged."""

NUMBERS = {
    "float32": ("float32 multiply", "float32 add", 1),
    "bfloat16 products": ("bfloat16 multiply", "float32 add", 1),
    "bfloat16": ("bfloat16 multiply", "bfloat16 add", 1),
    "float16 products": ("float16 multiply", "float32 add", 1),
    "float16": ("float16 multiply", "float16 add", 1),
    "int8": ("int8 multiply", "integer add, a bit", 32),
}
"""Numbers that products and sums of a float network may have: the operation of each, and how many make a sum."""


OF_ONE_GATE = {"XNOR": AREAS["XNOR2"], "AND": AREAS["AND2"]}
"""Area of operations that are one gate."""


def circuit_of(operation: str) -> tuple[str, int] | None:
    """Return the circuit that gives the price of an operation, and by how many that is divided; None where it is one
    gate. KeyError if there is no operation of that name."""
    circuit = CIRCUITS[operation]
    return (circuit, 1) if isinstance(circuit, str) else circuit


@functools.cache
def price(operation: str) -> float:
    """Return the gates of one operation; KeyError if there is none of that name."""
    found = circuit_of(operation)
    return 1.0 if found is None else gates_of(found[0]) / found[1]


@functools.cache
def area(operation: str) -> float:
    """Return the area of one operation, in units of a NAND2; KeyError if there is none of that name."""
    found = circuit_of(operation)
    return OF_ONE_GATE[operation] if found is None else area_of(found[0]) / found[1]


def synthesized(operations: Parts) -> dict[str, float]:
    """Return the gates of operations, by operation."""
    return {name: count * price(name) for name, count in operations.items()}


def synthesized_area(operations: Parts) -> dict[str, float]:
    """Return the area of operations, in units of a NAND2, by operation: as if each had gates of its own."""
    return {name: count * area(name) for name, count in operations.items()}


def summed(*several: Parts) -> dict[str, float]:
    """Return counts, summed; what is not executed is left out."""
    total: dict[str, float] = {}
    for counts in several:
        for name, count in counts.items():
            if count:
                total[name] = total.get(name, 0) + count
    return total


def products_of(number: int, ternary: bool) -> tuple[str, str]:
    """Return the operations of a layer's units, and of the classifier that reads them, for an element of a product.
    number: the layer's, from 0; the first reads bits, which have no zeros."""
    if not ternary:
        return "unit, an element", "classifier, an element"
    return "ternary unit, an element" if number else "ternary unit of bits, an element", "ternary unit, an element"


def layer_operations(shape: NetworkShape, number: int) -> dict[str, float]:
    """Return the operations of one layer of the multi-layer trainer, counted from 0, with its local classifier.

    Ternary hidden weights may be even; their end of a mini-batch is priced as that of odd ones of the same width.
    """
    d, k, g = shape.layer_sizes[number], shape.layer_sizes[number + 1], shape.group_sizes[number]
    rows, classes = shape.batch_size, shape.n_classes
    unit, read = products_of(number, shape.ternary)
    last = number == len(shape.group_sizes) - 1
    return summed(
        {unit: rows * d * k, read: rows * k * classes, "trigger, a class": rows * classes},
        {"winner, a class": rows * classes * last, "XNOR": rows * k, "AND": rows * k},
        {"easiest unit, a unit": rows * k},
        moved_weights(k // g * d, d * k, shape.hidden_bits, rows),
    )


def moved_weights(moves_of_row: int, n_weights: int, hidden_bits: int, n_rows: int) -> dict[str, float]:
    """Return the operations that move hidden weights: every move counted, then the end of the mini-batch and a random
    draw for every weight. Only weights of chosen units are touched by a row. The sum of more than 127 rows has more
    than the 8 bits that the circuit has, and counting is priced by the bit."""
    bits, sum_bits = 8 if hidden_bits <= 8 else 16, 1 + n_rows.bit_length()
    return {
        "move counted": n_rows * moves_of_row * max(1, sum_bits / 8),
        f"end of mini-batch, a weight of {bits} bits": n_weights,
        "draw": n_weights,
    }


def multilayer_operations(shape: NetworkShape) -> dict[str, float]:
    """Return the operations of a mini-batch of the multi-layer trainer, at most."""
    layers = [layer_operations(shape, number) for number in range(len(shape.group_sizes))]
    if shape.trained_classifiers:
        layers += [
            moved_weights(k, k * shape.n_classes, shape.hidden_bits, shape.batch_size) for k in shape.widths
        ]  # fmt: skip
    return summed(*layers)


def propagation_operations(shape: NetworkShape) -> dict[str, float]:
    """Return the operations of a mini-batch of error propagation: one classifier at the end, targets by W^T, a gate a
    unit."""
    rows, widths, classes = shape.batch_size, shape.widths, shape.n_classes
    forward = sum(a * b for a, b in itertools.pairwise(shape.layer_sizes))
    back = sum(a * b for a, b in itertools.pairwise(widths))
    moves = sum(
        d * (k // g) for (d, k), g in zip(itertools.pairwise(shape.layer_sizes), shape.group_sizes, strict=True)
    )
    return summed(
        {"unit, an element": rows * (forward + back), "classifier, an element": rows * widths[-1] * classes},
        {"trigger, a class": rows * classes, "winner, a class": rows * classes},
        {"gate of a unit": rows * sum(widths[1:]), "AND": rows * (back + sum(widths)), "XNOR": rows * sum(widths)},
        {"easiest unit, a unit": rows * sum(widths)},
        moved_weights(moves, forward, shape.hidden_bits, rows),
    )


def stage_operations(
    n_inputs: int, n_units: int, n_groups: int, n_classes: int, n_rows: int, products: tuple[str, str]
) -> dict[str, float]:
    """Return the operations of rows through a stage of a committee, and of the choice of what is moved. The majority of
    a group is priced by its members, as one of 11. products: see :func:`products_of`."""
    unit, read = products
    return summed(
        {unit: n_rows * n_inputs * n_units, "majority of 11": n_rows * n_units / 11},
        {read: n_rows * n_groups * n_classes, "XNOR": n_rows * (n_units + n_groups)},
        {"AND": n_rows * n_units, "easiest unit, a unit": n_rows * n_units},
    )


def committee_operations(
    stages: Sequence[tuple[int, int, int]], n_classes: int, batch_size: int, hidden_bits: int, *, ternary: bool = False
) -> dict[str, float]:
    """Return the operations of a mini-batch of a committee. stages: of every one its inputs, units and groups."""
    layers: list[Parts] = []
    for number, (d, k, groups) in enumerate(stages):
        rows = batch_size
        layers += [
            stage_operations(d, k, groups, n_classes, rows, products_of(number, ternary)),
            {"trigger, a class": rows * n_classes, "winner, a class": rows * n_classes * (number == len(stages) - 1)},
            moved_weights(groups * d, d * k, hidden_bits, rows),
        ]
    return summed(*layers)


def sbpi_operations(
    n_inputs: int, n_units: int, n_groups: int, n_classes: int, batch_size: int, hidden_bits: int, p: float
) -> dict[str, float]:
    """Return the operations of a mini-batch of a committee that learns by SBPI: as :func:`committee_operations`, but no
    weight is reinforced. A draw a unit says whether one that is right by little is pushed, too: a share p of all, at
    most."""
    rows, bits = batch_size, 8 if hidden_bits <= 8 else 16
    moved = n_groups + p * n_units
    return summed(
        stage_operations(n_inputs, n_units, n_groups, n_classes, rows, products_of(0, ternary=False)),
        {"winner, a class": rows * n_classes, "gate of a unit": rows * n_units, "draw": rows * n_units},
        {"move counted": rows * moved * n_inputs},
        {f"end of mini-batch, a weight of {bits} bits": n_inputs * n_units},
    )


def perceptron_operations(
    n_inputs: int, n_classes: int, batch_size: int, *, n_units: int, n_pairs: int, fan_in: int, n_samples: int
) -> dict[str, float]:
    """Return the operations of as many rows as a mini-batch has, of the recommended network: units, scores, the lead of
    the label, two classes' weights moved, and the weights added to their sums 25 times a pass."""
    features, rows = n_inputs + n_units, batch_size
    of_sums = 16 * 25 * features * n_classes * rows / n_samples
    majority = {"majority of 5": rows * (n_units - n_pairs)} if fan_in == 5 else {}
    return summed(
        majority,
        {"XNOR": rows * n_pairs, "weight of 8 bits added": rows * features * n_classes},
        {"trigger, a class": rows * n_classes * 2.4, "winner, a class": rows * n_classes * 2.4},  # of 24 bits, not 10
        {"increment": 2 * rows * features, "integer add, a bit": of_sums},
    )


def float_operations(
    layer_sizes: Sequence[int],
    n_classes: int,
    batch_size: int,
    *,
    optimizer: str = "sgd",
    numbers: str = "float32",
    sign_inputs: bool = False,
    momentum: bool = False,
    weight_decay: bool = False,
) -> dict[str, float]:
    """Return the operations of a mini-batch of full-precision training by SGD or Adam.

    Parameters
    ----------
    layer_sizes : sequence of int
        Inputs, then the widths.
    numbers : str
        Of the products and sums of matrices, see NUMBERS; softmax and optimiser are in float32 always. int8: weights
        and gradients are rounded by a random draw each.
    sign_inputs : bool
        Use that inputs are +-1: a product with one is an XNOR of the sign.
    momentum, weight_decay : bool
        Of SGD: one multiplication and addition a weight each.
    """
    multiply, add, per_sum = NUMBERS[numbers]
    counts: dict[str, float] = {}
    sizes = [*layer_sizes, n_classes]
    rows = batch_size
    for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        weights = n_in * n_out
        products = "XNOR" if sign_inputs and number == 0 else multiply
        counts = summed(
            counts,
            {products: 2 * rows * weights, add: per_sum * (rows * (n_in - 1) * n_out + (rows - 1) * weights)},
            {multiply: rows * weights, add: per_sum * rows * (n_out - 1) * n_in, "AND": 2 * 32 * rows * n_in}
            if number
            else {},
            {"float32 multiply": weights, "float32 add": weights} if optimizer == "sgd" else adam_step(weights),
            dict.fromkeys(("float32 multiply", "float32 add"), weights * (momentum + weight_decay)),
            {"draw": weights + rows * n_out} if numbers == "int8" else {},
        )
    return summed(counts, softmax_operations(rows, n_classes))


def adam_step(n_weights: int) -> dict[str, float]:
    """Return the operations of Adam for some weights: two moments, one root, one quotient, the step."""
    return {
        "float32 multiply": 7 * n_weights, "float32 add": 4 * n_weights,
        "float32 root": n_weights, "float32 divide": n_weights,
    }  # fmt: skip


def softmax_operations(n_rows: int, n_classes: int) -> dict[str, float]:
    """Return the operations of softmax and its gradient: the greatest score taken off, exponentials, their sum,
    quotients, 1 taken off the label's. The greatest is found by subtractions."""
    scores = n_rows * n_classes
    return {
        "float32 add": scores + (n_classes - 1) * n_rows + EXPONENTIAL * scores + (n_classes - 1) * n_rows + n_rows,
        "float32 multiply": EXPONENTIAL * scores,
        "float32 divide": scores,
    }


def circuits_read() -> Mapping[str, str]:
    """Return the circuit that gives the price of every operation, in words."""
    said = {}
    for name in CIRCUITS:
        found = circuit_of(name)
        said[name] = "one gate" if found is None else found[0] if found[1] == 1 else f"{found[0]} / {found[1]}"
    return said
