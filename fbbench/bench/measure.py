"""What ``fbbench bench`` measures."""

import itertools
import math
import warnings
from dataclasses import asdict, dataclass, replace

import numpy as np

from .. import kernels
from ..bits import pack, unpack, words_of
from ..datasets import random_prototypes
from ..estimators import group_sizes_of
from ..kernels import random
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..random_units import recommended_pairs
from ..sign_perceptron import SignPerceptron
from .timing import seconds_of
from .torch_epoch import PLAIN, SHORT, torch_epoch, torch_product, ways

PRODUCT_SHAPES = ((512, 512, 4096), (512, 512, 784))
"""Rows, units and fan-in of the products that are timed."""
READING_ROWS, MOST_PASSES = 4000, 40
READING_UNITS = {"one-bit": 6757, "recommended": 4000}
"""Rows of a pass, passes that are announced, and units of the networks on random units that are timed."""
DRAW_WORDS, DRAW_PROBABILITY = 20_000, 0.005
"""Words of 64 weights, and a reinforcement probability as it is met in training."""


@dataclass(frozen=True)
class Measurement:
    """One line of the report.

    Attributes
    ----------
    what, path : str
        What was timed, on which kernel path (or torch).
    threads : int
    seconds : float
    rate : float
    unit : str
        Of the rate: Tbop/s (10^12 XNORs and additions of bits), GFLOP/s, Gdraw/s, or Gadd/s (of signed bytes;
        where it predicts, of their 16-bit sums).
    roof_share : float or None
        The rate over the machine's roof, times threads: its fastest path's innermost step, run on registers alone,
        measured beside the path's own.
    times_torch : float or None
        How often it fits into the time of torch as users write it, float32, for the same shapes and threads, measured
        in the same run.
    times_fastest : float or None
        The same of the fastest that torch was on this CPU: compiled, or with bfloat16.
    times_gpu : float or None
        The same of the fastest that torch was on the GPU, where there is one.
    """

    what: str
    path: str
    threads: int
    seconds: float
    rate: float
    unit: str
    roof_share: float | None = None
    times_torch: float | None = None
    times_fastest: float | None = None
    times_gpu: float | None = None

    def as_dict(self):
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Problem:
    """What epochs are timed on: packed rows, labels, number of features and of classes."""

    name: str
    bits: np.ndarray
    labels: np.ndarray
    n_features: int
    n_classes: int


def prototypes_of(n_features, n_samples):
    """Return random prototypes with this fan-in, as hard as the published ones: D (1 - 2p)^2 = 14.4."""
    flip_probability = (1 - min(1.0, math.sqrt(14.4 / n_features))) / 2
    source = random_prototypes(n_samples, n_features, flip_probability=flip_probability)
    return Problem(f"prototypes, fan-in {n_features}", pack(source.features), source.labels, n_features, 10)


def random_bits(purpose, n_rows, n_bits):
    """Return packed random rows."""
    words = random.words(random.stream(0, random.ROWS, purpose), 0, n_rows * words_of(n_bits))
    bits = words.reshape(n_rows, -1)
    if n_bits % 64:
        bits[:, -1] &= np.uint64((1 << (n_bits % 64)) - 1)
    return bits


def time_roof(path):
    """Return seconds of 10^12 operations, the product's innermost step on registers alone, and Tbop/s."""
    steps = 1000
    while path.roof(steps) < 4e9:  # a few milliseconds
        steps *= 2
    operations = 2 * path.roof(steps)
    best = seconds_of(lambda: path.roof(steps), rounds=5)
    return best / operations * 1e12, operations / best / 1e12


def time_product(path, n_rows, n_units, fan_in):
    """Return seconds of one xnor-popcount product, and Tbop/s (2 operations a bit)."""
    x, w = random_bits(10, n_rows, fan_in), random_bits(11, n_units, fan_in)
    operations = 2 * n_rows * n_units * fan_in
    best = seconds_of(lambda: path.product(x, None, w, None, fan_in), max(1, int(2e10 / operations)), 5)
    return best, operations / best / 1e12


def time_draws(path):
    """Return seconds of reinforcement draws for a word of 64 weights each, and 10^9 draws a second."""
    cuts = random.hit_cuts(int(DRAW_PROBABILITY * 2**32))
    best = seconds_of(lambda: path.bernoulli(1, cuts, DRAW_WORDS), 20, 5)
    return best, 64 * DRAW_WORDS / best / 1e9


def forward_bits(n_rows, layer_sizes, n_classes, *, all_classifiers=True):
    """Return the bit operations (XNOR and add) of a forward pass: with every local classifier, or just the last."""
    read = layer_sizes[1:] if all_classifiers else layer_sizes[-1:]
    return 2 * n_rows * (sum(a * b for a, b in itertools.pairwise(layer_sizes)) + n_classes * sum(read))


def network_for(problem, layer_sizes, n_threads, arithmetic="binary", reinforcement=0.5):
    """Return the network whose training and prediction are timed."""
    return FullyBinaryNetwork(
        layer_sizes,
        problem.n_classes,
        group_size=group_sizes_of("published", layer_sizes[1:]),
        arithmetic=arithmetic,
        hidden_bits=8 if arithmetic == "binary" else 16,
        reinforcement=reinforcement,
        seed=42,
        n_threads=n_threads,
    )


def time_epoch(network, problem, batch_size):
    """Return seconds of a training epoch on the path in use: the best of the second to the fourth."""
    return seconds_of(lambda: network.train_epoch(problem.bits, problem.labels, batch_size))


def reading_network(name, problem):
    """Return the network on random units whose passes are timed, before it counts votes."""
    n_units = READING_UNITS[name]
    kind = SignPerceptron if name == "one-bit" else MajorityPerceptron
    return kind(
        problem.n_features,
        problem.n_classes,
        n_units=n_units,
        n_pairs=recommended_pairs(n_units),
        epochs=MOST_PASSES,
        seed=42,
    )


def score_operations(name, problem):
    """Return the bit operations, or additions of bytes, of the scores of one row."""
    n_features = problem.n_features + READING_UNITS[name]
    return (2 if name == "one-bit" else 1) * n_features * problem.n_classes


def time_reading(network, problem):
    """Return seconds a row of a training pass and of scores, the best of three each."""
    rows, labels = problem.bits[:READING_ROWS], problem.labels[:READING_ROWS]
    training = seconds_of(lambda: network.train_epoch(rows, labels))
    return training / len(rows), seconds_of(lambda: network.decision_function(rows)) / len(rows)


def product_name(dimensions):
    """Return e.g. "product 512x512x784": rows, units, fan-in."""
    return f"product {'x'.join(map(str, dimensions))}"


def run_bench(problem, hidden_layers, *, batch_size=100, n_threads=1, paths=None, with_torch=True):
    """Time kernels and epochs on every native path, torch beside them, and yield a :class:`Measurement` for each.

    Parameters
    ----------
    problem : Problem
    hidden_layers : sequence of int
    n_threads : int
        Epochs run on one thread and, if this is more, on so many too; torch likewise.
    paths : sequence of str, optional
        Default: the native paths this machine offers, the fastest first.
    with_torch : bool
    """
    paths = paths or [name for name in kernels.offered() if name in kernels.ORDER]
    sizes = (problem.n_features, *hidden_layers)
    teams = sorted({1, n_threads})
    fastest = kernels.load(kernels.offered()[0])
    forward = forward_bits(len(problem.bits), sizes, problem.n_classes)
    inference = forward_bits(len(problem.bits), sizes, problem.n_classes, all_classifiers=False)
    rivals: dict[tuple, list[tuple[str, float]]] = {}

    def line(what, path, seconds, operations, *, threads=1, like=None):
        rate = operations / seconds / 1e12
        times = ratios_to(rivals.get(like, []), seconds)
        return Measurement(what, path, threads, seconds, rate, "Tbop/s", rate / (roof * threads), *times)

    if with_torch:
        for like, measured in torch_measurements(problem, hidden_layers, batch_size, teams):
            rivals.setdefault(like, []).append((measured.path, measured.seconds))
            yield replace(measured, times_torch=rivals[like][0][1] / measured.seconds)
    for name in paths:
        with kernels.use(name) as path:
            seconds, rate = time_roof(path)
            # Anew for every path: clocks move during a run.
            roof = rate if path is fastest else time_roof(fastest)[1]
            yield Measurement("its step on registers", name, 1, seconds, rate, "Tbop/s", rate / roof)
            for dimensions in PRODUCT_SHAPES:
                what = product_name(dimensions)
                seconds, _ = time_product(path, *dimensions)
                yield line(what, name, seconds, 2 * math.prod(dimensions), like=dimensions)
            seconds, rate = time_draws(path)
            yield Measurement(f"draws, {64 * DRAW_WORDS:,} weights", name, 1, seconds, rate, "Gdraw/s")
            for threads in teams:
                options = {"threads": threads, "like": ("epoch", threads)}
                plain = network_for(problem, sizes, threads)
                quiet = network_for(problem, sizes, threads, reinforcement=0.0)
                ternary = network_for(problem, sizes, threads, "ternary")
                seconds = time_epoch(plain, problem, batch_size)
                predicting = seconds_of(lambda network=plain: network.decision_function(problem.bits))
                yield line("predict", name, predicting, inference, threads=threads)
                yield line("epoch, no reinforcement", name, time_epoch(quiet, problem, batch_size), forward, **options)
                yield line("epoch, binary", name, seconds, forward, **options)
                yield line("epoch, ternary", name, time_epoch(ternary, problem, batch_size), forward, **options)
            for network in READING_UNITS:
                operations = score_operations(network, problem)
                seconds = time_reading(reading_network(network, problem), problem)
                for what, of_a_row in zip(("train", "predict"), seconds, strict=True):
                    what = f"{network} row: {what}"
                    if network == "one-bit":
                        yield line(what, name, of_a_row, operations)
                    else:
                        yield Measurement(what, name, 1, of_a_row, operations / of_a_row / 1e9, "Gadd/s")


def ratios_to(rivals, seconds):
    """Return how often a time fits into that of torch as written, its fastest on the CPU, and on the GPU; None each
    where there is none. ``rivals``: (where, seconds), as written first."""
    on_cpu = [time for where, time in rivals if where == "torch"]
    on_gpu = [time for where, time in rivals if where != "torch"]
    return [
        time and time / seconds
        for time in (on_cpu[0] if on_cpu else None, *(min(t, default=None) for t in (on_cpu, on_gpu)))
    ]


def torch_measurements(problem, hidden_layers, batch_size, teams):
    """Yield (key, :class:`Measurement`) of torch, which paths are held against: epochs on some threads, products. What
    torch cannot compile here is left out."""
    features = unpack(problem.bits, problem.n_features).astype(np.float32)
    for threads, way in itertools.product(teams, ways()):
        try:
            seconds, rate = torch_epoch(
                features, problem.labels, hidden_layers, problem.n_classes, batch_size, way=way, n_threads=threads
            )
        except RuntimeError as error:
            if way == PLAIN:
                raise
            warnings.warn(f"torch, {way} on {way.device}, is left out: {str(error).splitlines()[0]}", stacklevel=2)
            continue
        where = "torch" if way.device == "cpu" else f"torch, {way.device}"
        yield ("epoch", threads), Measurement(f"epoch, {way}", where, threads, seconds, rate, "GFLOP/s")
    del features
    for dimensions, numbers in itertools.product(PRODUCT_SHAPES, ("float32", "bfloat16")):
        seconds, rate = torch_product(*dimensions, numbers)
        what = product_name(dimensions) + (f", {SHORT[numbers]}" if numbers != "float32" else "")
        yield dimensions, Measurement(what, "torch", 1, seconds, rate, "GFLOP/s")
