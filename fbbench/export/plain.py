"""A model as plain arrays that other programs read: weights of -1, 0 and +1, one number a byte, and no packed bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import reference
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..sign_perceptron import SignPerceptron
from .network_in import exported

FORMAT = "fbbench-plain-1"


def plain_arrays(model: Any) -> dict[str, np.ndarray]:
    """Return what predicts, and what training goes on from, as plain arrays.

    Parameters
    ----------
    model : FullyBinaryNetwork, MajorityPerceptron, SignPerceptron, or a fitted FullyBinaryClassifier
        Of a classifier: its network; its encoder stays behind.

    Returns
    -------
    dict of ndarray
        ``format``, ``kind``, ``arithmetic``, ``readout``: text. Of a network, for layer l from 0: ``weights_l`` (K, D)
        int8 of -1, +1 and, in ternary arithmetic, 0; ``hidden_weights_l`` (K, D) int8 or int16, whose signs those are;
        ``classifier_l`` (C, R) int8, which reads R majorities of K / R neighbouring units; with the read-out
        ``"perceptron"`` also ``reader`` (C, all units). Of a perceptron: ``wires`` (U, fan-in), 2 * input + (1 where
        it is negated), ``n_pairs`` of which, the first, are XNORs of their first two wires, and ``weights`` (C, D + U)
        int16 or, of bits, (planes, C, D + U) int8 of -1 and +1, with ``input_weight``, how often inputs are counted.

    Raises
    ------
    CannotExport
        If the model is none of these.
    """
    network = exported(model)
    if isinstance(network, FullyBinaryNetwork):
        return of_network(network)
    return of_perceptron(network)


def of_network(network: FullyBinaryNetwork) -> dict[str, np.ndarray]:
    """Return the plain arrays of a network."""
    arrays = told(network, arithmetic=network.arithmetic, readout=network.readout)
    for number, layer in enumerate(network._layers):
        signs = reference.unpack_planes(layer.sign, layer.mask, layer.fan_in)
        arrays[f"weights_{number}"] = signs.astype(np.int8)
        arrays[f"hidden_weights_{number}"] = network.hidden_weights(number)
        arrays[f"classifier_{number}"] = network.classifier(number)
    if network.reader is not None:
        arrays["reader"] = weights_read(network.reader)
    return arrays


def of_perceptron(perceptron: MajorityPerceptron | SignPerceptron) -> dict[str, np.ndarray]:
    """Return the plain arrays of a network on random units."""
    arrays = told(perceptron, arithmetic="binary", readout="")
    arrays["wires"] = perceptron.wires.copy()
    arrays["n_pairs"] = np.array(perceptron.n_pairs)
    if isinstance(perceptron, SignPerceptron):
        planes = perceptron.prediction_planes()
        n_columns = perceptron.n_columns
        arrays["weights"] = np.stack(
            [perceptron._read(reference.unpack_planes(plane, None, n_columns)) for plane in planes]
        ).astype(np.int8)
        arrays["input_weight"] = np.array(perceptron.input_weight)
    else:
        arrays["weights"] = weights_read(perceptron)
    return arrays


def weights_read(perceptron: MajorityPerceptron) -> np.ndarray:
    """Return the weights (C, F) int16 that predict: the sums, or the weights where there are no sums yet."""
    held = perceptron.sums if perceptron.sums.any() else perceptron.weights
    return perceptron._read(held).astype(np.int16)


def told(model: Any, **more: str) -> dict[str, np.ndarray]:
    """Return what arrays are of, as arrays of text."""
    return {name: np.array(text) for name, text in {"format": FORMAT, "kind": type(model).__name__, **more}.items()}
