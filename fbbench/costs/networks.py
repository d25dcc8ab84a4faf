"""The costs of fully binary networks, by training rule and read-out, put together from the models of their parts."""

from __future__ import annotations

import itertools

from .cost import Costs, NetworkShape, added, times
from .gates import GATES, binary_gates, perceptron_gates, zero_gates
from .inference import binary_inference_gates, binary_inference_memory
from .ledger import binary_ledger, perceptron_ledger
from .memory import bmlp_memory, perceptron_memory
from .operations import multilayer_operations, perceptron_operations, propagation_operations, summed

READER = {"n_units": 0, "fan_in": 1}
"""Of a perceptron that reads its inputs alone."""


def multilayer_costs(shape: NetworkShape) -> Costs:
    """Return the costs of the paper's multi-layer network, which predicts by its last classifier."""
    sizes, n_classes, batch_size = shape.layer_sizes, shape.n_classes, shape.batch_size
    trained = {"trained_classifiers": shape.trained_classifiers}
    return Costs(
        memory=bmlp_memory(shape.n_samples, sizes, n_classes, batch_size, **trained),
        ledger=binary_ledger(shape),
        gates=binary_gates(sizes, n_classes, batch_size, **trained),
        zero_gates=zero_gates(sizes, n_classes, batch_size) if shape.ternary else {},
        inference_memory=binary_inference_memory(sizes, n_classes, ternary=shape.ternary),
        inference_gates=binary_inference_gates(sizes, n_classes),
        operations=multilayer_operations(shape),
    )  # fmt: skip


def propagation_costs(shape: NetworkShape) -> Costs:
    """Return the costs of training by error propagation, in the spirit of the paper's model: one classifier at the end,
    a target bit beside every activation, and a product with W^T for every layer but the first (W^T needs no copy where
    columns can be read). The ledger has pre-activations of all layers, targets, W^T and a plane of ones."""
    costs, sizes, widths, batch_size = multilayer_costs(shape), shape.layer_sizes, shape.widths, shape.batch_size
    padded = [-(-width // 64) * 64 for width in widths]
    between = sum(a * b for a, b in zip(widths[:-1], padded[1:], strict=True))
    back = batch_size * sum(a * b for a, b in itertools.pairwise(widths))
    alone = binary_gates(sizes, shape.n_classes, batch_size, local_classifiers=False)
    return costs.with_(
        memory={"local classifier": widths[-1] * shape.n_classes, "targets": batch_size * sum(widths)},
        ledger={
            "activations": batch_size * len(sizes) * max(sizes),
            "propagation": batch_size * ((16 + 16 + 4) * sum(padded) + 16 * 64 * len(padded) + 2 * sizes[0]),
            "W^T": 2 * between + 4 * between,
        },
        gates=added([alone, {kind: GATES[kind] * back for kind in ("XNOR", "popcount")}]),
        operations=propagation_operations(shape),
    )


def vote_costs(costs: Costs, shape: NetworkShape) -> Costs:
    """Return costs where all layers' classifiers vote: all of them are held, as trained ones are anyway."""
    of_all, planes = shape.n_units * shape.n_classes, 2 if shape.ternary else 1
    more = (shape.n_units - shape.widths[-1]) * shape.n_classes
    return costs.with_(
        memory={} if shape.trained_classifiers else {"local classifier": of_all},
        inference_memory={"classifier": planes * of_all},
        inference_gates={kind: count + GATES[kind] * more for kind, count in costs.inference_gates.items()},
    )


def preactivation_costs(costs: Costs, shape: NetworkShape) -> Costs:
    """Return costs where the last classifier reads pre-activations of 16 bits."""
    return costs.with_(inference_gates=sums_read(costs, shape, shape.widths[-1] * shape.n_classes))


def reader_costs(costs: Costs, shape: NetworkShape, *, rows_at_once: int) -> Costs:
    """Return costs where a perceptron reads the bits of all layers: its weights and their sums, one more way forward of
    every row, and pieces of rows unpacked and packed."""
    n_read, n_classes = shape.n_units, shape.n_classes
    model = perceptron_memory(0, n_read, n_classes, n_pairs=0, **READER)
    held = perceptron_ledger(0, n_read, n_classes, **READER)
    rows = min(rows_at_once, shape.n_samples)
    elements = sum(a * b for a, b in itertools.pairwise(shape.layer_sizes))
    forward = times({kind: GATES[kind] * elements for kind in ("XNOR", "popcount")}, shape.batch_size)
    return costs.with_(
        memory={"read-out": model["weights"] + model["sums of weights"]},
        ledger={
            "read-out": sum(held.values()),
            "pieces of activations": rows * (2 * shape.layer_sizes[0] + (8 + 8 + 16 + 3) * n_read)
            + 2 * 64 * shape.n_samples,
        },
        gates=added([costs.gates, forward, perceptron_gates(n_read, n_classes, shape.batch_size, n_pairs=0, **READER)]),
        operations=summed(
            costs.operations,
            {"unit, an element": shape.batch_size * elements},
            perceptron_operations(n_read, n_classes, shape.batch_size, n_pairs=0, n_samples=shape.n_samples, **READER),
        ),
        inference_memory={"classifier": 16 * n_read * n_classes},
        inference_gates=sums_read(costs, shape, n_read * n_classes),
    )


def sums_read(costs: Costs, shape: NetworkShape, n_read: int) -> dict[str, float]:
    """Return the gates of a prediction that reads sums of 16 bits in place of the last layer's signs."""
    last, gates = shape.widths[-1] * shape.n_classes, costs.inference_gates
    return {
        "XNOR": gates["XNOR"] + GATES["XNOR"] * (16 * n_read - last),
        "popcount": gates["popcount"] - GATES["popcount"] * last,
        "integer add": GATES["integer add"] * 16 * n_read,
    }
