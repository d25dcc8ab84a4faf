"""What instructions are counted of: one call of a kernel each, on small generated data and one thread.

``python counted_work.py PATH,... [FUNCTION ...]`` runs all of it on some kernel paths, in an environment that has some
commit's fbbench, and prints a line of JSON for every piece: path, name, and the profiles that callgrind, where that
runs it, has written meanwhile. With ``--stops`` it stops itself before and after every piece, for a tracer.
"""

import itertools
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

import fbbench
from fbbench import FullyBinaryNetwork, kernels
from fbbench.bits import pack
from fbbench.datasets import random_prototypes

N_INPUTS, WIDTH, N_UNITS = 1000, 135, 2000
N_ROWS = int(os.environ.get("COUNTED_ROWS", "100"))


def samples():
    """Return N_ROWS packed random prototypes and their labels."""
    source = random_prototypes(N_ROWS, N_INPUTS)
    return pack(source.features), source.labels


def network(kind=FullyBinaryNetwork, width=WIDTH, **parameters):
    """Return a network of two layers."""
    return kind((N_INPUTS, width, width), 10, **{"group_size": 15, "seed": 0, **parameters})


def trains(**parameters):
    """Return a piece of work: an epoch, which is a mini-batch."""
    made, (rows, labels) = network(**parameters), samples()
    return lambda: made.train_epoch(rows, labels, N_ROWS)


def propagates():
    """Return a piece of work: the same by error propagation."""
    from fbbench.network import ErrorPropagatingNetwork

    return trains(kind=ErrorPropagatingNetwork)


def predicts(**parameters):
    """Return a piece of work: scores of all rows."""
    made, (rows, _) = network(**parameters), samples()
    return lambda: made.decision_function(rows)


def predicts_one():
    """Return a piece of work: the scores of one row."""
    made, rows = network(), samples()[0][:1]
    return lambda: made.decision_function(rows)


def perceptron(kind):
    """Return a perceptron on random units that has made a pass, and the data."""
    rows, labels = samples()
    made = kind(N_INPUTS, 10, n_units=N_UNITS, n_pairs=N_UNITS // 4, epochs=2, seed=0)
    made.train_epoch(rows, labels)
    return made, rows, labels


def reads(name):
    """Return a piece of work: a pass of a perceptron."""
    made, rows, labels = perceptron(getattr(fbbench, name))
    return lambda: made.train_epoch(rows, labels)


def reads_out(name):
    """Return a piece of work: the scores of all rows by a perceptron that has made both its passes."""
    made, rows, labels = perceptron(getattr(fbbench, name))
    made.train_epoch(rows, labels)
    return lambda: made.decision_function(rows)


def product(fan_in):
    """Return a piece of work: 64 rows against 64 units."""
    random, words = np.random.default_rng(0), -(-fan_in // 64)
    x, w = (random.integers(0, 2**64, size=(64, words), dtype=np.uint64) for _ in range(2))
    for rows in (x, w):
        rows[:, -1] &= np.uint64((1 << (fan_in % 64 or 64)) - 1)
    path = kernels.active()
    return lambda: path.product(x, None, w, None, fan_in)


def draws():
    """Return a piece of work: draws for 64 000 weights."""
    from fbbench.kernels.random import hit_cuts

    cuts, path = hit_cuts(2**20), kernels.active()
    return lambda: path.bernoulli(7, cuts, 1000)


def order():
    """Return a piece of work: a random order of 10 000 rows."""
    from fbbench.kernels import random

    return lambda: random.permutation(7, 10_000)


WORK = {
    "train": ("train", trains),
    "train, ternary": ("train", lambda: trains(arithmetic="ternary", hidden_bits=16)),
    "train, committee": ("train", lambda: trains(committee=True)),
    "train, trained classifier": ("train", lambda: trains(trained_classifier=True)),
    "train, width 35": ("train", lambda: trains(width=35, group_size=5)),
    "train by error propagation": ("propagate", propagates),
    "train, recommended": ("train_perceptron", lambda: reads("MajorityPerceptron")),
    "train, one-bit": ("train_signs", lambda: reads("SignPerceptron")),
    "predict, last": ("scores", predicts),
    "predict, last, ternary": ("scores", lambda: predicts(arithmetic="ternary", hidden_bits=16)),
    "predict, vote": ("scores", lambda: predicts(readout="vote")),
    "predict, preactivation": ("scores", lambda: predicts(readout="preactivation")),
    "predict, committee": ("scores", lambda: predicts(committee=True)),
    "predict, one row": ("scores", predicts_one),
    "predict, recommended": ("perceptron_scores", lambda: reads_out("MajorityPerceptron")),
    "predict, one-bit": ("sign_scores", lambda: reads_out("SignPerceptron")),
    "product, fan-in 784": ("product", lambda: product(784)),
    "product, fan-in 4096": ("product", lambda: product(4096)),
    "draws": ("bernoulli", draws),
    "order": ("fbb_order", order),
}
"""By name: the function of a path, in C, that does it, and what prepares it."""


def stop():
    """Stop until the tracer lets this go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


def main(paths, *asked):
    """Do all the work on some paths, or that of some functions, and say what there is to know of each piece."""
    stops, functions = "--stops" in asked, set(asked) - {"--stops"}
    for path, name in itertools.product(paths.split(","), WORK):
        function, prepare = WORK[name]
        if functions and function not in functions:
            continue
        with kernels.use(path):
            try:
                work = prepare()
            except (AttributeError, ImportError, TypeError, ValueError):  # a commit that has no such thing
                continue
            done(path, name, work, stops)


def done(path, name, work, stops):
    """Do a piece of work, and say what there is to know of it."""
    known = profiles()
    if stops:
        print(json.dumps({"path": path, "name": name}), flush=True)
        stop()
    work()
    if stops:
        stop()
    else:
        print(json.dumps({"path": path, "name": name, "profiles": sorted(profiles() - known)}), flush=True)


def profiles():
    """Return the files that callgrind has written here so far."""
    return {path.name for path in Path.cwd().glob("callgrind.out.*")}


if __name__ == "__main__":
    main(*sys.argv[1:])
