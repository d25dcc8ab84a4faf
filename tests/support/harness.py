"""What path_harness.c reads and writes: one mini-batch's training, outside the interpreter."""

import os
import subprocess
from pathlib import Path

import numpy as np

from fbbench import kernels
from fbbench.kernels._native import READOUTS
from fbbench.kernels.batches import Batches
from fbbench.kernels.random import hit_cuts

SUPPORT = Path(__file__).parent
KERNELS = SUPPORT.parents[1] / "fbbench" / "kernels"
PATH_SOURCES = [KERNELS / "paths" / "neon.c", KERNELS / "paths" / "portable.c"]
INCLUDES = [f"-I{KERNELS}", f"-I{KERNELS / 'step'}"]


def build_for_this_machine(binary, options, sanitizer):
    """Build the harness with its portable path and, if there is one, a sanitizer; else return what was said of it."""
    command = [os.environ.get("CC", "gcc"), "-O1", "-g", "-std=gnu11", "-fno-strict-aliasing", "-pthread", *options]
    command += [*INCLUDES, SUPPORT / "path_harness.c", *PATH_SOURCES, "-o", binary]
    built = subprocess.run([*command, f"-fsanitize={sanitizer}"], capture_output=True, text=True, check=False)
    if not built.returncode:
        return None
    subprocess.run(command, check=True)  # else it is not the sanitizer that is missing
    return built.stderr.strip().splitlines()[-1:]


def cuts_for(network, accuracy):
    learning = [*network._layers, *(layer.trained for layer in network._layers if layer.trained is not None)]
    return [hit_cuts(network.reinforcement_threshold(layer.fan_in, accuracy)) for layer in learning]


def encoded(network, batches, cuts, n_threads, gates=None):
    """Return what the harness reads; it takes rows in their order."""
    x, labels, batch_size, step = batches.rows, batches.labels, batches.batch_size, batches.first_step
    numbers = [
        network.n_layers, network.ternary, len(labels), batch_size, step, n_threads, network.trained_classifier,
        gates is not None,
    ]  # fmt: skip
    parts = [np.array(numbers, dtype=np.int64)]
    for number, layer in enumerate(network._layers):
        layer_cuts = cuts[number]
        shape = [
            layer.fan_in,
            layer.n_units,
            layer.n_classes,
            layer.group_size,
            layer.n_read,
            layer.margin,
            layer.bound,
        ]
        parts.append(np.array([*shape, layer.committee, network.hidden_bits], dtype=np.int64))
        parts += [np.array([layer.stream], dtype=np.uint64), layer_cuts, layer.hidden, layer.sign, layer.p_sign]
        if network.ternary:
            parts += [layer.mask, layer.p_mask]
        if layer.trained is not None:
            stream = np.array([layer.trained.stream], dtype=np.uint64)
            parts += [stream, cuts[network.n_layers + number], layer.trained.hidden]
    if gates is not None:
        parts.append(gates)
    return b"".join(np.ascontiguousarray(part).tobytes() for part in [*parts, x, labels])


def decoded(network, answer, n_rows):
    """Return (right, states, scores) from what the harness wrote."""
    position = 8

    def array(like):
        nonlocal position
        found = np.frombuffer(answer, dtype=like.dtype, count=like.size, offset=position).reshape(like.shape)
        position += like.nbytes
        return found

    states = []
    for layer in network._layers:
        states.append([array(a) for a in kept(layer)])
    scores = [array(np.empty((n_rows, network.n_classes), dtype=np.int32)) for _ in readouts_of(network)]
    assert position == len(answer)
    return int(np.frombuffer(answer, dtype=np.int64, count=1)[0]), states, scores


def readouts_of(network):
    """Return the read-outs that the harness scores."""
    return READOUTS[:2] if network.committee else READOUTS


def run_perceptron(command, perceptron, x, labels, order, margin, every):
    """Run the harness on a perceptron that has learnt nothing; return (right, weights, sums, scores)."""
    numbers = [
        *units_of(perceptron), perceptron.n_classes, perceptron.bound, len(labels), margin, every,
    ]  # fmt: skip
    parts = [np.array(numbers, dtype=np.int64), perceptron.wires, x, labels, order]
    problem = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    done = subprocess.run([*command, "train_perceptron"], input=problem, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    n, shape = perceptron.weights.size, perceptron.weights.shape
    right = int(np.frombuffer(done.stdout, np.int64, 1)[0])
    weights = np.frombuffer(done.stdout, np.int8, n, 8).reshape(shape)
    sums = np.frombuffer(done.stdout, np.int16, n, 8 + n).reshape(shape)
    return right, weights, sums, np.frombuffer(done.stdout, np.int64, offset=8 + 3 * n).reshape(len(labels), -1)


def units_of(perceptron):
    """Return the numbers that say which units the harness has."""
    return perceptron.n_inputs, perceptron.n_units, perceptron.n_pairs, perceptron.fan_in


def run_signs(command, perceptron, x, labels, order, margin, n_votes):
    """Run the harness on a perceptron of signs; return ((right, margin), hidden, votes, scores of its signs)."""
    numbers = [
        *units_of(perceptron), perceptron.n_classes, perceptron.input_weight, perceptron.bound, len(labels), margin,
        n_votes,
    ]  # fmt: skip
    parts = [np.array(numbers, dtype=np.int64), perceptron.wires, perceptron.hidden, perceptron.sign, x, labels, order]
    problem = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    done = subprocess.run([*command, "train_signs"], input=problem, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    n, shape = perceptron.hidden.size, perceptron.hidden.shape
    right, after = np.frombuffer(done.stdout, np.int64, 2).tolist()
    hidden = np.frombuffer(done.stdout, np.int8, n, 16).reshape(shape)
    votes = np.frombuffer(done.stdout, np.uint8, n, 16 + n).reshape(shape)
    scores = np.frombuffer(done.stdout, np.int64, offset=16 + 2 * n).reshape(len(labels), -1)
    return (right, after), hidden, votes, scores


def kept(layer):
    """Return the arrays of a layer that training changes and the harness writes."""
    found = [a for a in (layer.hidden, layer.sign, layer.mask) if a is not None]
    return found if layer.trained is None else [*found, layer.trained.hidden]


def run_harness(command, network, batches, cuts, n_threads, gates=None):
    """Run the harness, by error propagation where ``gates`` are given; returns what :func:`decoded` does."""
    problem = encoded(network, batches, cuts, n_threads, gates)
    done = subprocess.run(command, input=problem, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return decoded(network, done.stdout, len(batches.labels))


def assert_as_on_one_thread(command, network, n_rows, batch_size, n_threads, gates=None):
    """Train in the harness, and here on one thread of the portable path: the same state, right answers and scores."""
    random, step, native = np.random.default_rng(0), 5, kernels.load("portable")
    x = random.choice([-1, 1], size=(n_rows, network.layer_sizes[0]))
    x, y = network._check_samples(x, random.integers(0, network.n_classes, n_rows))
    cuts, order = cuts_for(network, 0.5), np.arange(n_rows)
    batches = Batches(x, y, order, batch_size, step)
    right, states, scores = run_harness(command, network, batches, cuts, n_threads, gates)
    assert right == native.train(network._layers, np.stack(cuts), batches, rule=network.rule.name)
    for layer, state in zip(network._layers, states, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(kept(layer), state, strict=True))
    assert np.array_equal(network.decision_function(x), scores[0])
