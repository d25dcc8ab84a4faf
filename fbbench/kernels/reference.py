"""The algorithm in NumPy, plain and slow: the oracle that every native path is compared with, bit for bit.

Step by step as in Colombo, Pittorino, Roveri 2025 (arXiv:2412.00119), section 3, and, for committees, Baldassi 2009
(arXiv:1211.3024). Bits are unpacked to integers -1, 0, +1; nothing here is tuned.
"""

import numpy as np

from . import random
from .layer import MAX_WIDTH, words_of

name = "reference"

READOUTS = ("last", "vote", "preactivation")
"""Those that the kernels have."""


def unpack_planes(sign, mask, n):
    """Return (rows, n) int64 of -1, 0, +1 from a sign plane and a non-zero plane (None: no zeros)."""

    def bits(plane):
        octets = np.ascontiguousarray(plane, dtype="<u8").view(np.uint8)
        return np.unpackbits(octets, axis=1, count=n, bitorder="little").astype(np.int64)

    values = 2 * bits(sign) - 1
    return values if mask is None else values * bits(mask)


def pack_planes(values, ternary):
    """Return (sign plane, mask plane or None) of (rows, n) values -1, 0, +1."""

    def plane(bits):
        padded = np.zeros((bits.shape[0], 64 * words_of(bits.shape[1])), dtype=np.uint8)
        padded[:, : bits.shape[1]] = bits
        return np.packbits(padded, axis=1, bitorder="little").view("<u8")

    return plane(values > 0), plane(values != 0) if ternary else None


def sign(values, ternary):
    """Return the sign of integers: sign(0) is +1 in binary arithmetic and 0 in ternary."""
    return np.sign(values) if ternary else np.where(values >= 0, 1, -1)


def product(x_sign, x_mask, w_sign, w_mask, fan_in):
    """Return z = x w^T, (n, k) int16, of packed rows of at most ``MAX_WIDTH`` bits."""
    if fan_in > MAX_WIDTH:
        raise ValueError(f"fan_in must be at most {MAX_WIDTH}, as sums have 16 bits; got {fan_in}")
    x, w = unpack_planes(x_sign, x_mask, fan_in), unpack_planes(w_sign, w_mask, fan_in)
    return exact_product(x, w).astype(np.int16)


def exact_product(x, w):
    """Return x w^T of small integers; float64 holds these sums exactly and multiplies them faster."""
    return (x.astype(np.float64) @ w.T.astype(np.float64)).astype(np.int64)


def bernoulli(key, cuts, n_words):
    """Return n_words words of bits; 1 where a weight is hit. Word i follows from random word i of the stream.

    Its upper 34 bits say how many of 64 weights are hit (:func:`random.hit_cuts`), its others which ones.
    """
    draws = random.words(key, 0, n_words)
    counts = np.searchsorted(cuts, draws >> np.uint64(30), side="right")
    hits = np.zeros(n_words, dtype=np.uint64)
    for i in np.flatnonzero(counts):
        hits[i] = sum(1 << position for position in random.hit_positions(int(draws[i]), int(counts[i])))
    return hits


def classifier_scores(layer, activations):
    """Return what the classifier reads and its scores y = P a."""
    read = activations
    if layer.committee:
        groups = activations.reshape(len(activations), layer.n_read, layer.group_size)
        read = sign(groups.sum(axis=2), layer.ternary)
    return read, exact_product(read, unpack_planes(layer.p_sign, layer.p_mask, layer.n_read))


def triggers(scores, labels, margin):
    """Return (which samples trigger, which are right): wrong ones, and those whose winner leads by less than margin."""
    winner = scores.argmax(axis=1)
    ordered = np.sort(scores, axis=1)
    right = winner == labels
    return ~right | (ordered[:, -1] - ordered[:, -2] < margin), right


def easiest_units(layer, z, activations, read, desired_read):
    """Return (K,) booleans for one sample: in every group the wrong unit with the smallest |z|, the first of equals."""
    chosen = np.zeros(layer.n_units, dtype=bool)
    desired = np.repeat(desired_read, layer.group_size) if layer.committee else desired_read
    wrong = activations * desired == -1
    if layer.committee:
        wrong &= np.repeat(read * desired_read == -1, layer.group_size)
    for first in range(0, layer.n_units, layer.group_size):
        candidates = first + np.flatnonzero(wrong[first : first + layer.group_size])
        if len(candidates):
            chosen[candidates[np.argmin(np.abs(z[candidates]))]] = True
    return chosen, desired


def settle(layer, hidden, cuts, step):
    """Reinforce hidden weights (K, D) after a mini-batch, clip them, store them and their signs."""
    drawn_words = bernoulli(random.derive(layer.stream, step), cuts, layer.n_units * layer.in_words)
    drawn = unpack_planes(drawn_words.reshape(layer.n_units, -1), None, layer.fan_in) > 0
    hidden = np.clip(hidden + 2 * np.sign(hidden) * drawn, -layer.bound, layer.bound)
    layer.hidden[:, : layer.fan_in] = hidden
    layer.sign[:], mask = pack_planes(sign(hidden, layer.ternary), layer.ternary)
    if layer.ternary:
        layer.mask[:] = mask


def train_classifier(classifier, activations, scores, labels, triggered, cuts, step):
    """Train a classifier on the samples that triggered its layer: a label's row with a negative score moves to them."""
    hidden = classifier.hidden[:, : classifier.fan_in].astype(np.int64)
    for i in np.flatnonzero(triggered):
        if scores[i, labels[i]] < 0:
            hidden[labels[i]] += 2 * activations[i]
    settle(classifier, hidden, cuts, step)


def train_layer(layer, x, labels, cuts, step, classifier_cuts=None):
    """Train one layer on one mini-batch. x (n, D) of -1, 0, +1. Returns (activations, number right)."""
    z = exact_product(x, unpack_planes(layer.sign, layer.mask, layer.fan_in))
    activations = sign(z, layer.ternary)
    read, scores = classifier_scores(layer, activations)
    triggered, right = triggers(scores, labels, layer.margin)
    if triggered.any():
        classifier = unpack_planes(layer.p_sign, layer.p_mask, layer.n_read)
        hidden = layer.hidden[:, : layer.fan_in].astype(np.int64)
        for i in np.flatnonzero(triggered):
            chosen, desired = easiest_units(layer, z[i], activations[i], read[i], classifier[labels[i]])
            hidden[chosen] += 2 * desired[chosen, None] * x[i][None, :]
        settle(layer, hidden, cuts, step)
        if layer.trained is not None:
            train_classifier(layer.trained, activations, scores, labels, triggered, classifier_cuts, step)
    return activations, int(right.sum())


def train_by_local_errors(layers, cuts, batches):
    """Train all layers on mini-batches. Returns how many the last layer predicted right."""
    n_right, of_classifiers = 0, [None] * len(layers) if layers[0].trained is None else cuts[len(layers) :]
    for step, rows in batches.numbered():
        activations = unpack_planes(batches.rows[rows], None, layers[0].fan_in)
        for layer, layer_cuts, classifier_cuts in zip(layers, cuts[: len(layers)], of_classifiers, strict=True):
            activations, right = train_layer(
                layer, activations, batches.labels[rows], layer_cuts, step, classifier_cuts
            )
        n_right += right
    return n_right


def propagate_batch(layers, x, labels, cuts, step):
    """Train all layers on one mini-batch by error propagation (BEP). x (n, D) of +-1. Returns the number right."""
    activations, sums = [x], []
    for layer in layers:
        sums.append(exact_product(activations[-1], unpack_planes(layer.sign, None, layer.fan_in)))
        activations.append(sign(sums[-1], False))
    last, rows = layers[-1], np.arange(len(labels))
    classifier = unpack_planes(last.p_sign, None, last.n_units)
    y = exact_product(activations[-1], classifier)
    right = int((y.argmax(axis=1) == labels).sum())
    of_label = y[rows, labels]
    others = y.copy()
    others[rows, labels] = np.iinfo(np.int64).min
    triggered = of_label - others.max(axis=1) < last.margin
    if not triggered.any():
        return right
    desired = [None] * len(layers)
    desired[-1] = classifier[labels]
    for number in range(len(layers) - 2, -1, -1):
        above = layers[number + 1]
        gated = desired[number + 1] * (np.abs(sums[number + 1]) <= above.gate)
        weights = unpack_planes(above.sign, None, above.fan_in)
        desired[number] = sign(exact_product(gated, weights.T), False)
    for layer, layer_cuts, z, into, out, wanted in zip(
        layers, cuts, sums, activations[:-1], activations[1:], desired, strict=True
    ):
        hidden = layer.hidden[:, : layer.fan_in].astype(np.int64)
        for i in np.flatnonzero(triggered):
            chosen, signs = easiest_units(layer, z[i], out[i], out[i], wanted[i])
            hidden[chosen] += 2 * signs[chosen, None] * into[i][None, :]
        settle(layer, hidden, layer_cuts, step)
    return right


def train_by_error_propagation(layers, cuts, batches):
    """Train all layers by error propagation on mini-batches, see :func:`propagate_batch`."""
    n_right = 0
    for step, rows in batches.numbered():
        x = unpack_planes(batches.rows[rows], None, layers[0].fan_in)
        n_right += propagate_batch(layers, x, batches.labels[rows], cuts, step)
    return n_right


RULES = {"local errors": train_by_local_errors, "error propagation": train_by_error_propagation}
"""Training rules by what networks call them."""


def train(layers, cuts, batches, n_threads=1, rule="local errors"):
    """Train layers in place by a rule. Returns how many rows of ``batches`` the last layer predicted right before."""
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; got {rule!r}")
    return RULES[rule](layers, cuts, batches)


def scores(layers, x_bits, n_threads=1, readout="last"):
    """Return scores, (n, C) int32: of the last layer's classifier on its signs, the sum of all layers' (``vote``), or
    of the last one's on its pre-activations."""
    if readout not in READOUTS:
        raise ValueError(f"readout must be one of {', '.join(READOUTS)}; got {readout!r}")
    activations, total = unpack_planes(x_bits, None, layers[0].fan_in), np.zeros((), dtype=np.int64)
    for layer in layers:
        z = exact_product(activations, unpack_planes(layer.sign, layer.mask, layer.fan_in))
        activations = sign(z, layer.ternary)
        total = total + classifier_scores(layer, activations)[1]
    if readout == "vote":
        return total.astype(np.int32)
    read = z if readout == "preactivation" else activations
    return classifier_scores(layers[-1], read)[1].astype(np.int32)


def perceptron_features(perceptron, x_bits):
    """Return what a perceptron reads of packed rows: +-1 (n, columns of its weights), 0 in the padding of a word."""
    x = unpack_planes(x_bits, None, perceptron.n_inputs)
    units = unit_values(perceptron.wires, perceptron.n_pairs, x)
    columns = 64 * (words_of(perceptron.n_inputs) + words_of(perceptron.n_units))
    features = np.zeros((len(x), columns), dtype=np.int64)
    features[:, : x.shape[1]] = x
    first = 64 * words_of(perceptron.n_inputs)
    features[:, first : first + units.shape[1]] = units
    return features


def unit_values(wires, n_pairs, x):
    """Return +-1 (n, units): of the first n_pairs the product of the inputs that two wires name, of the others the
    majority of all; an odd wire negates its input."""
    values = x[:, wires // 2] * (1 - 2 * (wires % 2).astype(np.int64))
    pairs, majorities = values[:, :n_pairs, :2], values[:, n_pairs:]
    return np.concatenate([pairs.prod(axis=2), sign(majorities.sum(axis=2), False)], axis=1)


def train_perceptron(perceptron, x_bits, labels, order, margin, first, every):
    """Train a perceptron on rows ``order``, one by one. Returns how many were right before they were learnt from.

    A row whose label leads the best other class by at most ``margin`` moves the weights of both by 1, within +-bound.
    After every ``every`` rows of all presented (``first`` before; 0: never) the weights are added to the sums.
    """
    weights, right = perceptron.weights.astype(np.int64), 0
    for number, row in enumerate(order, start=first + 1):
        features = perceptron_features(perceptron, x_bits[row : row + 1])[0]
        scores, label = weights @ features, labels[row]
        right += int(scores.argmax() == label)
        others = scores.copy()
        others[label] = np.iinfo(np.int64).min
        rival = others.argmax()
        if scores[label] - scores[rival] <= margin:
            weights[label] += features
            weights[rival] -= features
            np.clip(weights, -perceptron.bound, perceptron.bound, out=weights)
        if every and number % every == 0:
            perceptron.sums += weights.astype(np.int16)
    perceptron.weights[:] = weights
    return right


def perceptron_scores(perceptron, x_bits):
    """Return what a perceptron's summed weights say of packed rows: scores (n, C), int64."""
    return perceptron_features(perceptron, x_bits) @ perceptron.sums.T.astype(np.int64)


MARGIN_PARTS, MARGIN_DOWN, MARGIN_UP = 4, 7, 3
"""The margin of a perceptron of signs is counted in quarters; a row that moves weights lowers it by seven, one that
does not raises it by three."""


def agreements(perceptron, features, weights):
    """Return how many features agree with weights of +-1, 0 in padding; an input counts input_weight times."""
    worth = np.ones(features.shape[-1], dtype=np.int64)
    worth[: perceptron.n_inputs] = perceptron.input_weight
    return (features[..., None, :] * weights == 1) @ worth


def plane_values(perceptron, plane):
    """Return a plane of weights (C, words) as +-1 (C, columns), 0 in padding."""
    valid = perceptron_features(perceptron, np.zeros((1, words_of(perceptron.n_inputs)), dtype=np.uint64))[0] != 0
    return unpack_planes(plane, None, 64 * plane.shape[1]) * valid


def train_signs(perceptron, x_bits, labels, order, margin, n_rows, first, n_votes):
    """Train a perceptron of signs on rows ``order``, one by one, of a pass of ``n_rows`` (``first`` before).

    A row whose label leads the best other class by at most the margin moves the hidden weights of both by 2, within
    +-bound. Weights are asked for their votes ``n_votes`` times in a pass, evenly. Returns (how many were right before
    they were learnt from, the margin afterwards).
    """
    right = 0
    for number, row in enumerate(order, start=first):
        features, label = perceptron_features(perceptron, x_bits[row : row + 1])[0], labels[row]
        scores = agreements(perceptron, features, np.sign(perceptron.hidden))
        right += int(scores.argmax() == label)
        others = scores.copy()
        others[label] = -1
        rival = others.argmax()
        if MARGIN_PARTS * (scores[label] - scores[rival]) <= margin:
            for class_, towards in ((label, 2), (rival, -2)):
                moved = perceptron.hidden[class_] + towards * features
                perceptron.hidden[class_] = np.clip(moved, -perceptron.bound, perceptron.bound)
            margin = max(0, margin - MARGIN_DOWN)
        else:
            margin += MARGIN_UP
        asked = (number + 1) * n_votes // n_rows - number * n_votes // n_rows
        perceptron.votes += (asked * (perceptron.hidden > 0)).astype(np.uint8)
    perceptron.sign[:] = pack_above(perceptron.hidden, 0)
    return right, margin


def pack_above(values, threshold):
    """Return which values, (rows, 64 * words), are above a threshold as bits, uint64 (rows, words)."""
    return np.packbits(values > threshold, axis=1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def sign_scores(perceptron, planes, x_bits):
    """Return what planes of weights (k, C, words) say of packed rows, summed: scores (n, C), int64."""
    features = perceptron_features(perceptron, x_bits)
    return sum(agreements(perceptron, features, plane_values(perceptron, plane)) for plane in planes)
