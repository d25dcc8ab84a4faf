"""Memory and gates of predicting one sample; not in the paper, in the spirit of its models of training.

A trained network needs its visible weights and the last layer's classifier alone: no hidden weights, no other
classifiers. Gates are those of :mod:`fbbench.costs.gates` for one sample's way forward.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .gates import GATES, perceptron_gates
from .ledger import PRE_ACTIVATION_BITS
from .memory import perceptron_memory


def binary_inference_memory(
    layer_sizes: Sequence[int], n_classes: int, *, ternary: bool, committee_reads: int | None = None
) -> dict[str, int]:
    """Return the bits by part of a fully binary network that predicts one sample.

    Parameters
    ----------
    layer_sizes : sequence of int
        Fan-in, then the widths.
    n_classes : int
    ternary : bool
        Weights and activations have a second plane, which tells zeros.
    committee_reads : int, optional
        Bits that the classifier reads in a committee; else it reads the last layer.
    """
    planes = 2 if ternary else 1
    read = committee_reads or layer_sizes[-1]
    return {
        "visible weights": planes * sum(a * b for a, b in itertools.pairwise(layer_sizes)),
        "classifier": planes * read * n_classes,
        "input and activations": layer_sizes[0] + planes * (sum(layer_sizes[1:]) + (committee_reads or 0)),
        "pre-activations": PRE_ACTIVATION_BITS * max(*layer_sizes[1:], n_classes),
    }


def binary_inference_gates(layer_sizes: Sequence[int], n_classes: int) -> dict[str, int]:
    """Return the gates of one prediction by kind; a committee's groups are among the layers, as in training."""
    elements = sum(a * b for a, b in itertools.pairwise([*layer_sizes, n_classes]))
    return {"XNOR": GATES["XNOR"] * elements, "popcount": GATES["popcount"] * elements}


def perceptron_inference_memory(
    n_inputs: int, n_classes: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, int]:
    """Return the bits by part of the recommended network that predicts one sample: the sums are its weights."""
    parts = perceptron_memory(0, n_inputs, n_classes, n_units=n_units, n_pairs=n_pairs, fan_in=fan_in)
    parts["activations"] = n_inputs + n_units + 64 * n_classes  # sums of sums of 16 bits
    return {name: bits for name, bits in parts.items() if name not in ("data", "weights")}


def perceptron_inference_gates(
    n_inputs: int, n_classes: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, int]:
    """Return the gates of one prediction by kind: 16 bits of a sum are added where training adds 8 of a weight."""
    counts = perceptron_gates(n_inputs, n_classes, 1, n_units=n_units, n_pairs=n_pairs, fan_in=fan_in)
    scores = (n_inputs + n_units) * n_classes
    return {
        "XNOR": counts["XNOR"] + GATES["XNOR"] * (8 * scores - 2 * (n_inputs + n_units)),
        "popcount": counts["popcount"],
        "integer add": 2 * counts["integer add"],
    }


def float_inference_memory(
    layer_sizes: Sequence[int], n_classes: int, *, binary_input: bool, number_bits: int = 32
) -> dict[str, int]:
    """Return the bits by part of a full-precision network that predicts one sample; its sums have 32 bits."""
    sizes = [*layer_sizes, n_classes]
    return {
        "weights": number_bits * sum(a * b for a, b in itertools.pairwise(sizes)),
        "input and activations": (1 if binary_input else 32) * sizes[0] + 32 * sum(sizes[1:]),
    }


def float_inference_gates(layer_sizes: Sequence[int], n_classes: int) -> dict[str, int]:
    """Return the gates of one prediction in full precision by kind."""
    pairs = list(itertools.pairwise([*layer_sizes, n_classes]))
    return {
        "float multiply": GATES["float multiply"] * sum(a * b for a, b in pairs),
        "float add": GATES["float add"] * sum((a - 1) * b for a, b in pairs),
    }
