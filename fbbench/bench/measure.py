"""What ``fbbench bench`` measures."""

import itertools
import time
from dataclasses import asdict, dataclass

import numpy as np

from .. import kernels
from ..bits import unpack, words_of
from ..estimators import published_group_size
from ..kernels import random
from ..network import FullyBinaryNetwork
from .timing import best_of
from .torch_epoch import torch_epoch

PRODUCT_SHAPES = ((512, 512, 4096), (512, 512, 784))
"""Rows, units and fan-in of the products that are timed."""


@dataclass(frozen=True)
class Measurement:
    """One line of the report.

    Attributes
    ----------
    what, path : str
        What was timed, on which kernel path (or torch).
    seconds : float
    rate : float
    unit : str
        Of the rate: Tbop/s (10^12 XNORs and additions of bits) or GFLOP/s.
    times_torch : float or None
        How often it fits into torch's time for the same, measured in the same run.
    """

    what: str
    path: str
    seconds: float
    rate: float
    unit: str
    times_torch: float | None = None

    def as_dict(self):
        """Return plain values."""
        return asdict(self)


def random_bits(purpose, n_rows, n_bits):
    """Return packed random rows."""
    words = random.words(random.stream(0, random.ROWS, purpose), 0, n_rows * words_of(n_bits))
    bits = words.reshape(n_rows, -1)
    if n_bits % 64:
        bits[:, -1] &= np.uint64((1 << (n_bits % 64)) - 1)
    return bits


def time_product(path, n_rows, n_units, fan_in):
    """Return seconds of one xnor-popcount product, and Tbop/s (2 operations a bit)."""
    x, w = random_bits(10, n_rows, fan_in), random_bits(11, n_units, fan_in)
    operations = 2 * n_rows * n_units * fan_in
    repeats = max(1, int(2e10 / operations))

    def seconds():
        start = time.perf_counter()
        for _ in range(repeats):
            path.product(x, None, w, None, fan_in)
        return (time.perf_counter() - start) / repeats

    best = best_of(seconds, 5)
    return best, operations / best / 1e12


def forward_bits(n_rows, layer_sizes, n_classes):
    """Return the bit operations (XNOR and add) of the forward pass of an epoch, local classifiers included."""
    per_row = sum(a * b for a, b in itertools.pairwise(layer_sizes)) + n_classes * sum(layer_sizes[1:])
    return 2 * n_rows * per_row


def time_epoch(bits, labels, layer_sizes, n_classes, batch_size, arithmetic, repeats=3):
    """Return seconds of a training epoch on the path in use, and Tbop/s of its forward pass."""
    network = FullyBinaryNetwork(
        layer_sizes,
        n_classes,
        group_size=[published_group_size(width) for width in layer_sizes[1:]],
        arithmetic=arithmetic,
        hidden_bits=8 if arithmetic == "binary" else 16,
        seed=42,
    )

    def seconds():
        start = time.perf_counter()
        network.train_epoch(bits, labels, batch_size)
        return time.perf_counter() - start

    best = best_of(seconds, repeats)
    return best, forward_bits(len(bits), layer_sizes, n_classes) / best / 1e12


def run_bench(split, hidden_layers, *, batch_size=100, paths=None, with_torch=True):
    """Time products and epochs on every native path, torch beside them, and yield a :class:`Measurement` for each.

    Parameters
    ----------
    split : Split
        The data trained on.
    hidden_layers : sequence of int
    paths : sequence of str, optional
        Default: the native paths this machine offers, the fastest first.
    with_torch : bool
    """
    paths = paths or [name for name in kernels.offered() if name in kernels.ORDER]
    sizes = (split.n_features, *hidden_layers)
    shape = "_".join(str(width) for width in hidden_layers)
    torch_seconds = None
    if with_torch:
        features = unpack(split.bits_train, split.n_features).astype(np.float32)
        torch_seconds, rate = torch_epoch(features, split.y_train, hidden_layers, split.n_classes, batch_size)
        del features
        yield Measurement(f"epoch {shape}, SGD float32", "torch", torch_seconds, rate, "GFLOP/s", 1.0)
    for name in paths:
        with kernels.use(name) as path:
            for arithmetic in ("binary", "ternary"):
                seconds, rate = time_epoch(
                    split.bits_train, split.y_train, sizes, split.n_classes, batch_size, arithmetic
                )
                ratio = torch_seconds / seconds if torch_seconds else None
                yield Measurement(f"epoch {shape}, {arithmetic}", name, seconds, rate, "Tbop/s", ratio)
            for n_rows, n_units, fan_in in PRODUCT_SHAPES:
                seconds, rate = time_product(path, n_rows, n_units, fan_in)
                what = f"product {n_rows} x {n_units}, fan-in {fan_in}"
                yield Measurement(what, name, seconds, rate, "Tbop/s")
