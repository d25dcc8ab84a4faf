"""A network as named plain arrays, back again, and the hash of its state."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arguments import integer, real
from ..kernels.layer import words_of
from ..reading import MODEL_BYTES
from ..saved import header_in
from .rules import rule_of
from .thresholds import accuracy_of

FORMAT = "fbbench-network-1"
HASHED_AS = "fbbench-network-1"
"""Begins what a state hash is of, and never changes, whatever classes and file formats are called; hashes in stored
rows stay comparable. With another one, or other names in headers, methods of networks need a new version."""

OF_READOUT = "reader_"
"""Begins the names of the arrays that are the read-out's."""


def header_of(network: Any) -> dict:
    """Return what describes a network: its parameters and counters."""
    counters = {
        "steps": network._steps, "epochs": network._epochs, "previous_accuracy": network._previous_accuracy,
    }  # fmt: skip
    return {**network.parameters.described(), **counters}


def kept_classifier(network: Any, number: int) -> np.ndarray:
    """Return what must be kept of a classifier: its hidden weights where it is trained, else its signs."""
    return network.classifier_hidden_weights(number) if network.trained_classifier else network.classifier(number)


def state_hash(network: Any) -> str:
    """Return the SHA-256 (hex) of everything that decides what a network does next."""
    digest = hashlib.sha256(json.dumps({"format": HASHED_AS, **header_of(network)}, sort_keys=True).encode())
    for number, layer in enumerate(network._layers):
        for first in range(0, layer.n_units, 64):
            digest.update(layer.hidden[first : first + 64, : layer.fan_in].astype("<i2").tobytes())
        kept = kept_classifier(network, number)
        digest.update((kept.astype("<i2") if network.trained_classifier else kept).tobytes())
    digest.update(network._way_out.state_hash().encode())
    return digest.hexdigest()


def to_arrays(network: Any) -> dict[str, np.ndarray]:
    """Return a network as named plain arrays, a JSON header among them."""
    header = {"format": FORMAT, **header_of(network)}
    arrays = {"header": np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8)}
    arrays["state_hash"] = np.frombuffer(bytes.fromhex(state_hash(network)), dtype=np.uint8)
    for number in range(network.n_layers):
        arrays[f"hidden_{number}"] = network.hidden_weights(number)
        arrays[f"classifier_{number}"] = kept_classifier(network, number)
    return arrays | {f"{OF_READOUT}{name}": array for name, array in network._way_out.to_arrays().items()}


def check_padded(sizes: list[int]) -> None:
    """Raise ValueError if hidden weights of so many units take too much memory in whole words of 64 columns."""
    padded = sum(64 * words_of(fan_in) * n_units for fan_in, n_units in itertools.pairwise(sizes))
    if padded > MODEL_BYTES:
        raise ValueError(f"{padded:,} hidden weights in whole words; at most {MODEL_BYTES:,} are read")


def restored(kind: Any, arrays: Mapping[str, np.ndarray], n_threads: int) -> Any:
    """Return the network, of a class, that :func:`to_arrays` described; ValueError or KeyError if it is none."""
    header = header_in(arrays)
    if header.pop("format") != FORMAT:
        raise ValueError(f"not format {FORMAT}")
    sizes, n_classes = header.pop("layer_sizes"), header.pop("n_classes")
    steps, epochs, accuracy = (header.pop(k) for k in ("steps", "epochs", "previous_accuracy"))
    check_padded(sizes)
    hidden = [arrays[f"hidden_{i}"] for i in range(len(sizes) - 1)]
    classifiers = [arrays[f"classifier_{i}"] for i in range(len(sizes) - 1)]
    network = kind.from_arrays(hidden, classifiers, rule=rule_of(header), **header, n_threads=n_threads)
    if list(network.layer_sizes) != sizes or network.n_classes != n_classes:
        raise ValueError("header and arrays disagree")
    of_readout = {n.removeprefix(OF_READOUT): arrays[n] for n in arrays if n.startswith(OF_READOUT)}
    network._way_out.restore(of_readout)
    network._steps = integer("steps", steps, 0, (1 << 63) - 1)
    network._epochs = integer("epochs", epochs, 0, (1 << 63) - 1)
    network._previous = accuracy_of(real("previous_accuracy", accuracy, 0.0, 1.0))
    if state_hash(network) != arrays["state_hash"].tobytes().hex():
        raise ValueError("its content does not match its own checksum")
    return network
