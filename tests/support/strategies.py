"""Random networks and data for property tests."""

import numpy as np
from hypothesis import strategies as st

from fbbench import FullyBinaryNetwork

WIDTHS = st.one_of(st.integers(1, 20), st.sampled_from([63, 64, 65, 127, 128, 129, 192, 200]))
FAN_INS = st.one_of(st.integers(1, 70), st.sampled_from([127, 128, 129, 255, 256, 257, 512, 513, 784]))


def divisors(number):
    return [g for g in range(1, number + 1) if number % g == 0]


def made_odd(values):
    """Return integers with the even ones moved by one towards 0, 0 to 1."""
    return np.where(values % 2 == 0, values - np.sign(values) + (values == 0), values)


@st.composite
def problems(draw, max_rows=40, reinforcement=None):
    """A dict of: arguments of from_arrays, batches [(x, y)], previous accuracies."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    arithmetic = draw(st.sampled_from(["binary", "ternary"]))
    hidden_bits = draw(st.sampled_from([8, 16]))
    clip = draw(st.sampled_from([None, None, 1, 2, 7, 64]))
    bound = min(2 ** (hidden_bits - 1) - 1, clip or 32767)
    bound -= arithmetic == "binary" and bound % 2 == 0
    sizes = [draw(FAN_INS), *draw(st.lists(WIDTHS, min_size=1, max_size=3))]
    n_classes = draw(st.integers(2, 12))
    committee = draw(st.booleans())
    trained_classifier = not committee and draw(st.booleans())
    groups = [draw(st.sampled_from(divisors(width))) for width in sizes[1:]]
    # Small hidden weights flip often, those at the bound saturate.
    spread = min(bound, draw(st.sampled_from([1, 3, 64, bound])))
    hidden, classifiers = [], []
    for fan_in, width, g in zip(sizes, sizes[1:], groups, strict=False):
        h = random.integers(-spread, spread, size=(width, fan_in), endpoint=True)
        if draw(st.booleans()):
            h = np.where(random.random(h.shape) < 0.5, np.sign(h) * bound, h)
        if arithmetic == "binary":
            h = made_odd(h)
        read = width // g if committee else width
        low = [-1, 0, 1] if arithmetic == "ternary" else [-1, 1]
        hidden.append(h)
        if trained_classifier:
            p = random.integers(-spread, spread, size=(n_classes, read), endpoint=True)
            classifiers.append(made_odd(p) if arithmetic == "binary" else p)
        else:
            classifiers.append(random.choice(low, size=(n_classes, read)))
    batches = []
    for _ in range(3):
        n = draw(st.integers(1, max_rows))
        batches.append(
            (random.choice(np.array([-1, 1], dtype=np.int8), size=(n, sizes[0])), random.integers(0, n_classes, n))
        )
        if draw(st.booleans()):  # one row again and again: many increments to the same units
            batches[-1][0][:] = batches[-1][0][0]
    return {
        "hidden": hidden,
        "classifiers": classifiers,
        "batches": batches,
        "accuracies": [0.0, draw(st.floats(0, 1)), 1.0],
        "keywords": {
            "group_size": groups,
            "robustness": draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])),
            "reinforcement": draw(st.sampled_from([0.0, 0.5, 30.0])) if reinforcement is None else reinforcement,
            "hidden_bits": hidden_bits,
            "arithmetic": arithmetic,
            "seed": draw(st.integers(0, 2**64 - 1)),
            "committee": committee,
            "clip": clip,
            "trained_classifier": trained_classifier,
        },
    }


def network_of(problem):
    return FullyBinaryNetwork.from_arrays(problem["hidden"], problem["classifiers"], **problem["keywords"])


def trained(problem):
    """Return (network after the batches, right predictions per batch)."""
    network = network_of(problem)
    right = [
        network.train_batch(x, y, previous_accuracy=accuracy)
        for (x, y), accuracy in zip(problem["batches"], problem["accuracies"], strict=True)
    ]
    return network, right


@st.composite
def propagation_problems(draw, max_rows=30, reinforcement=None):
    """(arguments of a network, mini-batches, previous accuracies)."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = [draw(FAN_INS), *draw(st.lists(WIDTHS, min_size=1, max_size=4))]
    arguments = {
        "layer_sizes": sizes,
        "n_classes": draw(st.integers(2, 12)),
        "group_size": [draw(st.sampled_from(divisors(width))) for width in sizes[1:]],
        "robustness": draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])),
        "gate": draw(st.sampled_from([0.0, 0.05, 0.25, 1.0])),
        "reinforcement": draw(st.sampled_from([0.0, 0.5, 30.0])) if reinforcement is None else reinforcement,
        "hidden_bits": draw(st.sampled_from([8, 16])),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }
    batches = []
    for _ in range(3):
        n = draw(st.integers(1, max_rows))
        x = random.choice(np.array([-1, 1], dtype=np.int8), size=(n, sizes[0]))
        batches.append((x, random.integers(0, arguments["n_classes"], n)))
    return arguments, batches, [0.0, draw(st.floats(0, 1)), 1.0]


@st.composite
def perceptron_problems(draw, most_rows=140):
    """Arguments of a perceptron, rows of +-1 and labels, on every side of a word and of a block of rows."""
    n_inputs = draw(st.sampled_from([1, 3, 63, 64, 65, 130]))
    fan_in = draw(st.sampled_from([1, 3, 5, 7, 9, 15]))
    n_units = draw(st.sampled_from([0, 1, 5, 64, 70, 200]))
    n_classes = draw(st.integers(2, 5))
    rows = draw(st.integers(1, most_rows))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    arguments = {
        "n_inputs": n_inputs, "n_classes": n_classes, "n_units": n_units, "fan_in": fan_in,
        "n_pairs": draw(st.integers(0, n_units)) if fan_in > 1 else 0, "epochs": draw(st.integers(1, 6)),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }  # fmt: skip
    return arguments, random.choice([-1, 1], (rows, n_inputs)), random.integers(0, n_classes, rows)
