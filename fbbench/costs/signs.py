"""Costs of the strictly binary network (:class:`fbbench.SignPerceptron`), in the spirit of the paper's models."""

from __future__ import annotations

from .cost import Costs
from .gates import GATES
from .ledger import LABEL_BITS, ORDER_BITS, whole_words
from .memory import SCORE_BITS, n_wires, wire_bits

HIDDEN_BITS, VOTE_BITS, MARGIN_BITS = 8, 4, 32
N_VOTES = 15
"""How often weights are asked in a pass that counts votes; one pass of all does."""
REDRAWN_OF_TEN = 3
"""Of ten units, how many are drawn anew after each pass of the first half."""


def sign_memory(
    n_samples: int, n_inputs: int, n_classes: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, int]:
    """Return the model of training. F = inputs and units. A weight is a hidden weight's sign, which is a bit of it, and
    has a counter of four bits, whose highest is the majority of 15 votes. Rows are taken one by one. A wire names an
    input and says whether it is negated."""
    n_features = n_inputs + n_units
    return {
        "data": n_samples * n_inputs,
        "hidden weights": HIDDEN_BITS * n_features * n_classes,
        "votes": VOTE_BITS * n_features * n_classes,
        "wires": wire_bits(n_inputs, n_units, n_pairs, fan_in),
        "activations": n_features + SCORE_BITS * n_classes + MARGIN_BITS,
    }


def sign_inference_memory(
    n_inputs: int, n_classes: int, *, n_units: int, n_pairs: int, fan_in: int, planes: int
) -> dict[str, int]:
    """Return the bits by part of predicting one row."""
    return {
        "weights": planes * (n_inputs + n_units) * n_classes,
        "wires": wire_bits(n_inputs, n_units, n_pairs, fan_in),
        "activations": n_inputs + n_units + SCORE_BITS * n_classes,
    }


def sign_ledger(n_samples: int, n_inputs: int, n_classes: int, *, n_units: int, fan_in: int) -> dict[str, int]:
    """Return the bits by part that training holds: features in whole words, units of 64 rows at a time, wires of 32
    bits, twice while some are drawn anew, and a byte a weight while signs are told."""
    columns = whole_words(n_inputs) + whole_words(n_units)
    return {
        "data": n_samples * n_inputs,
        "labels and order": n_samples * (LABEL_BITS + ORDER_BITS),
        "hidden weights": 8 * columns * n_classes,
        "weights": 2 * columns * n_classes,
        "votes": 8 * columns * n_classes,
        "comparisons": 8 * columns * n_classes,
        "wires": 2 * 32 * fan_in * n_units,
        "activations": 64 * (2 * whole_words(n_inputs) + columns) + 64 * n_classes,
        "units in order": (64 + 16 + 16 + 16) * n_units,
    }


def sign_gates(
    n_inputs: int, n_classes: int, batch_size: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, float]:
    """Return the gates of as many rows as a mini-batch has: units, scores, and the weights of two classes moved with
    every row, though three of ten move any. Votes and new units, once a pass, are in :func:`sign_operations`."""
    n_features = n_inputs + n_units
    counts = {
        "XNOR": n_wires(n_units, n_pairs, fan_in) + n_features * n_classes,
        "popcount": fan_in * (n_units - n_pairs) + n_features * n_classes,
        "increment": 2 * n_features,
    }
    return {kind: GATES[kind] * batch_size * count for kind, count in counts.items()}


def sign_inference_gates(
    n_inputs: int, n_classes: int, *, n_units: int, n_pairs: int, fan_in: int, planes: int
) -> dict[str, float]:
    """Return the gates of one prediction by kind."""
    scores = planes * (n_inputs + n_units) * n_classes
    return {
        "XNOR": GATES["XNOR"] * (n_wires(n_units, n_pairs, fan_in) + scores),
        "popcount": GATES["popcount"] * (fan_in * (n_units - n_pairs) + scores),
    }


def sign_operations(
    n_samples: int, n_inputs: int, n_classes: int, batch_size: int, *, n_units: int, n_pairs: int, fan_in: int
) -> dict[str, float]:
    """Return the operations of as many rows as a mini-batch has, at most: units, scores, the lead of the label, the
    margin's counter, two classes moved; and of a pass's votes and new units the rows' share, as if every pass had both.
    Scores have more than the 10 bits of their circuits and are priced by the bit; a majority of other than five by its
    members."""
    n_features, rows = n_inputs + n_units, batch_size
    share = rows / n_samples
    score_bits = (2 * n_inputs + n_units).bit_length()
    compared = rows * n_classes * max(1, score_bits / 10)
    spread = 2 * n_units * n_classes * share * 8 / 10  # the largest and the least of a unit's hidden weights of 8 bits
    return {
        "majority of 5": rows * (n_units - n_pairs) * fan_in / 5,
        "XNOR": rows * n_pairs,
        "classifier, an element": rows * n_features * n_classes,
        "trigger, a class": compared,
        "winner, a class": compared + spread,
        "increment": 2 * rows * n_features,
        "integer add, a bit": MARGIN_BITS * rows + VOTE_BITS * N_VOTES * n_features * n_classes * share,
        "draw": REDRAWN_OF_TEN / 10 * n_units * (fan_in + n_classes) * share,
    }


def sign_costs(
    n_samples: int,
    n_inputs: int,
    n_classes: int,
    batch_size: int,
    *,
    n_units: int,
    n_pairs: int,
    fan_in: int,
    planes: int,
) -> Costs:
    """Return all costs of the strictly binary network; gates are those of ``batch_size`` rows."""
    of, units = (n_inputs, n_classes), {"n_units": n_units, "n_pairs": n_pairs, "fan_in": fan_in}
    return Costs(
        memory=sign_memory(n_samples, *of, **units),
        ledger=sign_ledger(n_samples, *of, n_units=n_units, fan_in=fan_in),
        gates=sign_gates(*of, batch_size, **units),
        inference_memory=sign_inference_memory(*of, **units, planes=planes),
        inference_gates=sign_inference_gates(*of, **units, planes=planes),
        operations=sign_operations(n_samples, *of, batch_size, **units),
    )
