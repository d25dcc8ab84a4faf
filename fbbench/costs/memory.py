"""The paper's memory model (arXiv:2412.00119, section 4.2), in bits and by part.

Symbols: N samples of D0 inputs, widths K_1 .. K_L, C classes, mini-batch B.
S = sum K_{l-1} K_l + K_L C counts all weights with the output layer, A = B (sum K_l + C) all activations.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .cost import Parts

SCORE_BITS = 32
"""A sum of integer weights."""


def n_weights(layer_sizes: Sequence[int], n_classes: int) -> int:
    """Return S, the number of weights of layers ``layer_sizes`` (fan-in first) with the output layer."""
    sizes = [*layer_sizes, n_classes]
    return sum(a * b for a, b in itertools.pairwise(sizes))


def n_activations(layer_sizes: Sequence[int], n_classes: int, batch_size: int) -> int:
    """Return A, the number of activations of a mini-batch."""
    return batch_size * (sum(layer_sizes[1:]) + n_classes)


def bmlp_memory(
    n_samples: int, layer_sizes: Sequence[int], n_classes: int, batch_size: int, *, trained_classifiers: bool = False
) -> dict[str, int]:
    """Return the model of the multi-layer fully binary trainer: 8-bit hidden weights and pre-activations, and one
    local classifier held at a time.

    Trained classifiers are not in the paper's model. In its spirit: they cannot be drawn again, so all of them are
    held, at 8 bits a hidden weight; the last one is among the weights already.

    Parameters
    ----------
    n_samples, n_classes, batch_size : int
    layer_sizes : sequence of int
        Fan-in, then the widths.

    Returns
    -------
    dict of str to int
        Bits by part.
    """
    return {
        "data": n_samples * layer_sizes[0],
        "weights": 8 * n_weights(layer_sizes, n_classes),
        "local classifier": 8 * sum(layer_sizes[1:-1]) * n_classes
        if trained_classifiers
        else max(layer_sizes[1:]) * n_classes,
        "activations": 8 * n_activations(layer_sizes, n_classes, batch_size),
    }


def committee_memory(
    n_samples: int, stages: Sequence[Sequence[int]], n_classes: int, batch_size: int
) -> dict[str, int]:
    """Return the model of the single-layer method (Baldassi 2009): committees of K1 units in K2 groups.

    Parameters
    ----------
    stages : sequence of (fan_in, n_units, n_groups)
        One committee, or several where the units of one feed the next.
    n_samples, n_classes, batch_size : int

    Returns
    -------
    dict of str to int
        Bits by part.
    """
    return {
        "data": n_samples * stages[0][0],
        "weights": sum(8 * (d * k1 + k2 * n_classes) for d, k1, k2 in stages),
        "grouping": sum(k1 * k2 for _, k1, k2 in stages),
        "activations": sum(8 * batch_size * (k1 + k2 + n_classes) for _, k1, k2 in stages),
    }


def n_wires(n_units: int, n_pairs: int, fan_in: int) -> int:
    """Return the wires of a recommended network: two of a pair, ``fan_in`` of any other unit."""
    return 2 * n_pairs + fan_in * (n_units - n_pairs)


def wire_bits(n_inputs: int, n_units: int, n_pairs: int, fan_in: int) -> int:
    """Return the bits of all wires: each names an input, and says whether it is negated."""
    return n_wires(n_units, n_pairs, fan_in) * (1 + max(1, (n_inputs - 1).bit_length()))


def perceptron_memory(
    n_samples: int, n_inputs: int, n_classes: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, int]:
    """Return the model of the recommended network (:class:`fbbench.MajorityPerceptron`), in the spirit of the paper's.

    F = inputs and units. Rows are taken one by one, so the activations are those of one. Weights are int8, their sums
    int16. A wire names an input and says whether it is negated; it could be drawn again, and is charged.
    """
    n_features = n_inputs + n_units
    return {
        "data": n_samples * n_inputs,
        "weights": 8 * n_features * n_classes,
        "sums of weights": 16 * n_features * n_classes,
        "wires": wire_bits(n_inputs, n_units, n_pairs, fan_in),
        "activations": n_features + SCORE_BITS * n_classes,
    }


def float_memory(
    n_samples: int,
    layer_sizes: Sequence[int],
    n_classes: int,
    batch_size: int,
    *,
    float_input: bool,
    optimizer: str = "sgd",
    value_bits: int = 32,
    all_samples: bool = False,
    number_bits: int = 32,
) -> dict[str, int]:
    """Return the model of a full-precision MLP trained by SGD or Adam: 32 bits for everything that is not data.

    Parameters
    ----------
    n_samples : int
        Samples of the data set; with ``float_input`` a 32nd of the values D0 N fits in the same bits.
    float_input : bool
        True: floor(N D0 / 32) values of 32 bits; False: N D0 bits.
    value_bits : int
        Bits of an input value, where it is float; not in the paper, which has 32.
    all_samples : bool
        All N D0 values are held, not as many as fit in N D0 bits (paper: only where memory is not compared).
    optimizer : "sgd" or "adam"
        Adam keeps two moments beside every weight.
    number_bits : int
        Of everything that is not data; not in the paper, which has 32.
    """
    if optimizer not in ("sgd", "adam"):
        raise ValueError(f"optimizer must be 'sgd' or 'adam'; got {optimizer!r}")
    sizes = [*layer_sizes, n_classes]
    data = n_samples * layer_sizes[0]
    return {
        "data": float_data_bits(data, value_bits, all_samples) if float_input else data,
        "weights": (3 if optimizer == "adam" else 1) * number_bits * n_weights(layer_sizes, n_classes),
        "activations": number_bits * n_activations(layer_sizes, n_classes, batch_size),
        "gradient": number_bits * max(a * b for a, b in itertools.pairwise(sizes)),
    }


def float_data_bits(n_values: int, value_bits: int, all_samples: bool) -> int:
    """Return the bits of float input: of all values, or of as many as fit in one bit for each."""
    return n_values * value_bits if all_samples else n_values // value_bits * value_bits


def total_bits(parts: Parts) -> float:
    """Return the sum of a ledger's parts, in bits."""
    return sum(parts.values())


def beside_data(parts: Parts) -> float:
    """Return the sum of a ledger's parts but the data, in bits: data may be 97 % of all, and are the same for all."""
    return total_bits(parts) - parts.get("data", 0)


def megabytes(parts: Parts) -> float:
    """Return the sum of a ledger's parts in megabytes (10^6 bytes, 8 * 10^6 bits)."""
    return total_bits(parts) / 8e6
