"""A model as an ONNX graph: features in, labels and scores out, all sums whole numbers that its floats hold exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..encoders import MedianBinarizer, ThermometerEncoder
from ..files import replacing
from ..network import FullyBinaryNetwork
from ..optional import require
from .network_in import CannotExport, exported
from .plain import plain_arrays

OPSET, IR = 17, 8
"""Of ONNX, old enough for runtimes of some years; ReduceSum takes its axes as an input since 13."""

EXACT = 1 << 24
"""Up to here floats of 32 bits hold every whole number; those of 64 bits hold all that can arise here."""


class Graph:
    """Nodes and constants that are added one by one. ``kind``: the floats that it counts with."""

    def __init__(self, kind: np.dtype) -> None:
        self.onnx = require("onnx", "ONNX needs the package onnx", "onnx")
        self.kind, self.nodes, self.constants = kind, [], []

    def constant(self, array: Any) -> str:
        """Add an array; return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def number(self, value: float) -> str:
        """Add a number to count with; return its name."""
        return self.constant(np.array(value, dtype=self.kind))

    def node(self, operator: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        to = to or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, list(inputs), [to], **attributes))
        return to

    def cast(self, value: str, kind: Any, to: str = "") -> str:
        """Add a conversion to a type of numpy; return the name of its output."""
        to = to or f"cast_{len(self.nodes)}"
        code = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        self.nodes.append(self.onnx.helper.make_node("Cast", [value], [to], to=code))
        return to

    def dot(self, rows: str, weights: np.ndarray) -> str:
        """Add products of rows with weights (outputs, inputs), kept in as few bytes as they have."""
        return self.node("MatMul", rows, self.cast(self.constant(weights.T), self.kind))

    def signs(self, sums: str, zeros: bool) -> str:
        """Add signs of sums: of 0 it is 0 with zeros, +1 without."""
        if zeros:
            return self.node("Sign", sums)
        return self.node("Where", self.node("Less", sums, self.number(0)), self.number(-1), self.number(1))

    def summed(self, values: str, shape: tuple[int, ...]) -> str:
        """Add sums over the last axis of a shape that values are brought to."""
        parted = self.node("Reshape", values, self.constant(np.array(shape, dtype=np.int64)))
        return self.node("ReduceSum", parted, self.constant(np.array([len(shape) - 1])), keepdims=0)


def onnx_model(model: Any) -> Any:
    """Return a model as ONNX.

    Parameters
    ----------
    model : FullyBinaryNetwork, MajorityPerceptron, SignPerceptron, or a fitted FullyBinaryClassifier

    Returns
    -------
    onnx.ModelProto
        Input ``features`` (N, D): int8 of -1 and +1, or what a classifier's encoder takes, float64 (int64 where its
        thresholds are whole numbers that floats do not hold). Outputs ``label`` (N,), int64 or the classifier's own
        labels, and ``scores`` (N, C) float64, as ``decision_function`` of the network gives them.

    Raises
    ------
    CannotExport
        If the model is of another kind, or its encoder is none of ``None``, MedianBinarizer and ThermometerEncoder.
    ImportError
        If onnx is not installed; the message says how it is.
    """
    network = exported(model)
    encoder = getattr(model, "encoder_", None)
    if encoder is not None and not isinstance(encoder, MedianBinarizer | ThermometerEncoder):
        raise CannotExport(
            f"the encoder {type(encoder).__name__} has no rendering in ONNX: export the network alone "
            f"(classifier.network_), and encode rows before it"
        )
    arrays = plain_arrays(network)
    graph = Graph(kind_for(arrays))
    rows, n_features, taken = features(graph, network, encoder)
    of = of_network if isinstance(network, FullyBinaryNetwork) else of_perceptron
    scores = of(graph, rows, arrays)
    graph.cast(scores, np.float64, "scores")
    best = graph.node("ArgMax", scores, axis=1, keepdims=0)
    classes = named_classes(model, network)
    graph.node("Gather", graph.constant(classes), best, to="label", axis=0)
    return finished(graph, n_features, taken, network, classes)


def kind_for(arrays: dict[str, np.ndarray]) -> np.dtype:
    """Return the floats that hold every sum of a model."""
    return np.dtype(np.float32 if largest_sum(arrays) < EXACT else np.float64)


def largest_sum(arrays: dict[str, np.ndarray]) -> int:
    """Return what no sum that a model makes exceeds, intermediate ones included."""
    widths = {name: array.shape[-1] for name, array in arrays.items() if name.startswith(("weights_", "classifier_"))}
    if str(arrays["readout"]) == "preactivation":
        return sum(widths.values()) * max(widths.values())
    learnt = [np.abs(arrays[name].astype(np.int64)) for name in ("weights", "reader") if name in arrays]
    read = sum(int(weights.sum(axis=-1).max()) * len(weights) for weights in learnt)
    return sum(widths.values()) + 2 * read * int(arrays.get("input_weight", 1))


def features(graph: Graph, network: Any, encoder: Any) -> tuple[str, int, np.dtype]:
    """Add what makes -1 and +1 of the input; return its name, the number of columns and their type."""
    if encoder is None:
        return graph.cast("features", graph.kind), network.n_inputs, np.dtype(np.int8)
    thresholds = encoder.thresholds_.reshape(encoder.n_features_in_, -1)
    floats = thresholds.astype(np.float64)
    kind = np.dtype(np.float64 if (floats.astype(thresholds.dtype) == thresholds).all() else thresholds.dtype)
    n_columns, n_bits = thresholds.shape
    columns = graph.node("Unsqueeze", "features", graph.constant(np.array([2])))
    above = graph.node("Greater", columns, graph.constant(thresholds.astype(kind)))
    shape = graph.constant(np.array([-1, n_columns * n_bits]))
    bits = graph.cast(graph.node("Reshape", above, shape), graph.kind)
    twice = graph.node("Add", bits, bits)
    return graph.node("Sub", twice, graph.number(1)), n_columns, kind


def of_network(graph: Graph, rows: str, arrays: dict[str, np.ndarray]) -> str:
    """Add the layers of a network; return the name of its scores."""
    zeros, readout = str(arrays["arithmetic"]) == "ternary", str(arrays["readout"])
    n_layers = sum(name.startswith("weights_") for name in arrays)
    scores, activations = "", []
    for number in range(n_layers):
        weights, classifier = arrays[f"weights_{number}"], arrays[f"classifier_{number}"]
        sums = graph.dot(rows, weights)
        rows = graph.signs(sums, zeros)
        activations.append(rows)
        if readout == "perceptron" or (readout != "vote" and number < n_layers - 1):
            continue
        read, n_units, n_read = sums if readout == "preactivation" else rows, len(weights), classifier.shape[1]
        if n_read < n_units:
            read = graph.signs(graph.summed(read, (-1, n_read, n_units // n_read)), zeros)
        found = graph.dot(read, classifier)
        scores = graph.node("Add", scores, found) if scores else found
    if readout == "perceptron":
        return graph.dot(graph.node("Concat", *activations, axis=1), arrays["reader"])
    return scores


def of_perceptron(graph: Graph, rows: str, arrays: dict[str, np.ndarray]) -> str:
    """Add random units and the weights on them; return the name of the scores."""
    wires, n_pairs, weights = arrays["wires"], int(arrays["n_pairs"]), arrays["weights"]
    both = rows
    if len(wires):
        pairs, votes = wires[:n_pairs, :2], wires[n_pairs:]
        units = []
        if len(pairs):
            left, right = (wired(graph, rows, pairs[:, side]) for side in (0, 1))
            units.append(graph.node("Mul", left, right))
        if len(votes):
            units.append(graph.signs(graph.summed(wired(graph, rows, votes.ravel()), (-1, *votes.shape)), False))
        both = graph.node("Concat", rows, *units, axis=1)
    if "input_weight" not in arrays:
        return graph.dot(both, weights)
    worth = np.ones(weights.shape[-1], dtype=np.int64)
    worth[: weights.shape[-1] - len(wires)] = arrays["input_weight"]
    sums = graph.dot(both, (weights * worth).sum(axis=0).astype(np.int32))  # of bits that agree less those that differ
    all_of_them = graph.number(len(weights) * worth.sum())
    return graph.node("Mul", graph.node("Add", sums, all_of_them), graph.number(0.5))


def wired(graph: Graph, rows: str, wires: np.ndarray) -> str:
    """Add the inputs that wires name, negated where they are odd."""
    taken = graph.node("Gather", rows, graph.constant(wires.astype(np.int64) // 2), axis=1)
    return graph.node("Mul", taken, graph.cast(graph.constant(1 - 2 * (wires.astype(np.int8) & 1)), graph.kind))


def named_classes(model: Any, network: Any) -> np.ndarray:
    """Return the labels that classes stand for."""
    classes = np.asarray(getattr(model, "classes_", np.arange(network.n_classes)))
    return classes.astype(object) if classes.dtype.kind == "U" else classes


def finished(graph: Graph, n_features: int, taken: np.dtype, network: Any, classes: np.ndarray) -> Any:
    """Return the model of a graph, checked by onnx."""
    helper = graph.onnx.helper

    def described(name: str, kind: np.dtype, shape: list) -> Any:
        code = graph.onnx.TensorProto.STRING if kind.hasobject else helper.np_dtype_to_tensor_dtype(kind)
        return helper.make_tensor_value_info(name, code, shape)

    made = helper.make_graph(
        graph.nodes, "fbbench",
        [described("features", taken, ["N", n_features])],
        [described("label", classes.dtype, ["N"]), described("scores", np.dtype(float), ["N", network.n_classes])],
        graph.constants,
    )  # fmt: skip
    model = helper.make_model(
        made, producer_name="fbbench", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
    )
    model.doc_string = f"{type(network).__name__}, state {network.state_hash()}"
    graph.onnx.checker.check_model(model, full_check=True)
    return model


def write_onnx(model: Any, path: Any) -> int:
    """Write :func:`onnx_model` to a file, whole or not at all; return its bytes. Errors as there."""
    written = onnx_model(model).SerializeToString()
    with replacing(Path(path)) as file:
        file.write(written)
    return len(written)
