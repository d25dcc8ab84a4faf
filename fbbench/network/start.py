"""The state a network starts in, drawn from its seed, and its arrays in the layout that the kernels read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..kernels import _native, normal_table, random, reference
from ..kernels.layer import Layer, words_of

if TYPE_CHECKING:
    from .parameters import NetworkParameters

DRAW_CHUNK = 1 << 15
"""Start values drawn at a time, so that drawing them needs little memory beside the weights."""


def start_hidden(parameters: NetworkParameters, number: int) -> np.ndarray:
    """Return the hidden weights, padded, that a layer (counted from 0) of a network starts with."""
    return start_weights(parameters, random.HIDDEN, number, parameters.layer_sizes[number + 1])


def start_weights(parameters: NetworkParameters, purpose: int, number: int, n_rows: int) -> np.ndarray:
    """Draw hidden weights, (rows, whole words): Normal(0, 64^2) cut to an integer, from the committed table; clipped to
    the largest weight. ``purpose`` and ``number`` name the stream of draws."""
    n_columns = parameters.layer_sizes[number] if purpose == random.HIDDEN else parameters.n_read(number)
    allowed = np.arange(normal_table.FIRST, normal_table.FIRST + len(normal_table.TABLE))
    table = np.array(normal_table.TABLE, dtype=np.uint64)
    if not parameters.ternary:
        allowed, table = allowed[allowed % 2 == 1], table[allowed % 2 == 1]
    allowed = np.clip(allowed, -parameters.bound, parameters.bound).astype(np.int16)
    key = random.stream(parameters.seed, purpose, number)
    hidden = np.zeros((n_rows, 64 * words_of(n_columns)), dtype=parameters.hidden_type)
    per_chunk = max(1, DRAW_CHUNK // n_columns)
    for first in range(0, n_rows, per_chunk):
        count = min(per_chunk, n_rows - first)
        draws = random.words(key, first * n_columns, count * n_columns) >> np.uint64(32)
        values = allowed[np.searchsorted(table, draws, side="right")]
        hidden[first : first + count, :n_columns] = values.reshape(count, n_columns)
    return hidden


def start_classifier(parameters: NetworkParameters, number: int) -> np.ndarray:
    """Draw a fixed classifier: fair +-1 bits, or in ternary arithmetic the signs of start weights; or, if it is
    trained, its start weights, padded."""
    n_read, n_classes = parameters.n_read(number), parameters.n_classes
    if parameters.trained_classifier:
        return start_weights(parameters, random.CLASSIFIER, number, n_classes)
    if parameters.ternary:
        drawn = np.sign(start_weights(parameters, random.CLASSIFIER, number, n_classes)[:, :n_read])
    else:
        draws = random.words(random.stream(parameters.seed, random.CLASSIFIER, number), 0, n_classes * n_read)
        drawn = (2 * (draws >> np.uint64(63)).astype(np.int8) - 1).reshape(n_classes, n_read)
    return parameters.rule.start_classifier(drawn, number, parameters)


def padded(parameters: NetworkParameters, hidden: np.ndarray) -> np.ndarray:
    """Return hidden weights (K, D) in whole words of 64 columns, in their own type."""
    n_units, fan_in = hidden.shape
    whole = np.zeros((n_units, 64 * words_of(fan_in)), dtype=parameters.hidden_type)
    whole[:, :fan_in] = hidden
    return whole


def layer_of(parameters: NetworkParameters, number: int, hidden: np.ndarray, classifier: np.ndarray) -> Layer:
    """Return the :class:`Layer` of padded hidden weights and a classifier, padded hidden weights if it is trained."""
    n_read, trained = parameters.n_read(number), None
    sign, mask = _native.binarise(hidden, parameters.layer_sizes[number], parameters.ternary)
    if parameters.trained_classifier:
        trained = classifier_layer(parameters, number, classifier)
        p_sign, p_mask = trained.sign, trained.mask
    else:
        p_sign, p_mask = reference.pack_planes(np.asarray(classifier), parameters.ternary)
    return Layer(
        fan_in=parameters.layer_sizes[number],
        n_units=parameters.layer_sizes[number + 1],
        n_classes=parameters.n_classes,
        group_size=parameters.group_size[number],
        margin=parameters.rule.margin(parameters.robustness, n_read),
        bound=parameters.bound,
        committee=parameters.committee,
        stream=random.stream(parameters.seed, random.REINFORCEMENT, number),
        hidden=hidden,
        sign=sign,
        mask=mask,
        p_sign=p_sign,
        p_mask=p_mask,
        trained=trained,
        gate=parameters.rule.largest_passing(parameters.layer_sizes[number]),
    )


def classifier_layer(parameters: NetworkParameters, number: int, hidden: np.ndarray) -> Layer:
    """Return a trained classifier of padded hidden weights as the kernels want it: one group of a unit per class."""
    sign, mask = _native.binarise(hidden, parameters.n_read(number), parameters.ternary)
    return Layer(
        fan_in=parameters.n_read(number),
        n_units=parameters.n_classes,
        n_classes=parameters.n_classes,
        group_size=parameters.n_classes,
        margin=0,
        bound=parameters.bound,
        committee=False,
        stream=random.stream(parameters.seed, random.CLASSIFIER_REINFORCEMENT, number),
        hidden=hidden,
        sign=sign,
        mask=mask,
        p_sign=sign,
        p_mask=mask,
    )


def check_given(parameters: NetworkParameters, hidden: np.ndarray, classifiers: list) -> None:
    """Raise ValueError, which names it, unless given hidden weights (K, D) and classifiers fit the parameters."""
    sizes = parameters.layer_sizes
    for i, (h, p) in enumerate(zip(hidden, classifiers, strict=True)):
        if h.shape[1] != sizes[i]:
            raise ValueError(f"hidden[{i}] must have {sizes[i]} columns, the width before it; got {h.shape[1]}")
        expected = (parameters.n_classes, parameters.n_read(i))
        if p.shape != expected:
            raise ValueError(f"classifiers[{i}] must have shape {expected}; got {p.shape}")
        check_hidden(parameters, f"hidden[{i}]", h)
        if parameters.trained_classifier:
            check_hidden(parameters, f"classifiers[{i}]", p)
        elif not (np.isin(p, (-1, 0, 1) if parameters.ternary else (-1, 1))).all():
            also = " (or 0)" if parameters.ternary else ""
            raise ValueError(f"classifiers[{i}] must be -1 or +1 everywhere{also}")


def check_hidden(parameters: NetworkParameters, name: str, values: np.ndarray) -> None:
    """Raise ValueError unless hidden weights lie within their largest, and are odd in binary arithmetic."""
    most = parameters.bound
    if values.size and (values.max() > most or values.min() < -most):
        of = f"{parameters.hidden_bits}-bit hidden weights" if parameters.clip is None else f"clip {parameters.clip}"
        raise ValueError(f"{name} must lie within +-{most} for {of}")
    if not parameters.ternary and not (values % 2 != 0).all():
        raise ValueError(f"{name} must be odd everywhere in binary arithmetic; an even value was found")
