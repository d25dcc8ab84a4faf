"""Models of every kind that can be exported."""

import shutil

import pytest
from hypothesis import strategies as st
from strategies import network_of

from fbbench import FullyBinaryNetwork, MajorityPerceptron, SignPerceptron
from fbbench.bits import pack
from fbbench.datasets import random_prototypes
from fbbench.export.c_text import words32

OPTIONS = {
    "binary": {}, "ternary": {"arithmetic": "ternary", "hidden_bits": 16}, "committee": {"committee": True},
    "ternary committee": {"committee": True, "arithmetic": "ternary", "hidden_bits": 16},
    "vote": {"readout": "vote"}, "preactivation": {"readout": "preactivation"}, "perceptron": {"readout": "perceptron"},
}  # fmt: skip


READOUTS = st.sampled_from(["last", "vote", "preactivation", "perceptron"])
STRICT = ["-O1", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]
HOST = [name for name in ("gcc", "clang") if shutil.which(name)]
DEVICE = "arm-none-eabi-gcc"
needs_compiler = pytest.mark.skipif(not HOST, reason="neither gcc nor clang is installed")


def words_of(x):
    """Return rows of +-1 as exported C takes them."""
    return words32(pack(x), x.shape[1])


def perceptron_of(kind, problem, n_passes, planes, epochs=2):
    """Return a perceptron that has made some passes of a problem, and its rows and labels."""
    arguments, x, y = problem
    model = kind(**{**arguments, "epochs": epochs}, **({"planes": planes} if kind is SignPerceptron else {}))
    for _ in range(n_passes):
        model.train_epoch(x, y)
    return model, x, y


def network_read_by(problem, readout):
    """Return the trained network of a problem with a read-out, or with the last layer's where it cannot have that."""
    keywords = problem["keywords"]
    if (readout in ("preactivation", "perceptron") and keywords["committee"]) or (
        readout == "perceptron" and keywords["arithmetic"] == "ternary"
    ):
        readout = "last"
    return network_of({**problem, "keywords": {**keywords, "readout": readout}})


def every_kind():
    """Return a trained model of every kind, on 784 inputs, as pytest's parameters."""
    source, found = random_prototypes(500, 784), []
    rows, labels = pack(source.features), source.labels
    for name, options in OPTIONS.items():
        network = FullyBinaryNetwork((784, 135, 135), 10, group_size=15, seed=0, **options)
        network.train_epoch(rows, labels)
        found.append(pytest.param(network, id=name))
    for kind in (MajorityPerceptron, SignPerceptron):
        perceptron = kind(784, 10, n_units=1000, n_pairs=250, epochs=2, seed=0)
        perceptron.train_epoch(rows, labels)
        perceptron.train_epoch(rows, labels)
        found.append(pytest.param(perceptron, id=kind.__name__))
    return found
