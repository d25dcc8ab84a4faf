"""Result stores in tests: what is in them, apart from what may differ from run to run."""

import contextlib
import subprocess

import pytest
from fbbench.baselines.protocol import method_class

from fbbench.experiments import Store, load_suite, plan
from fbbench.experiments.planning.agenda import make_agenda

TINY = """
name = "tiny"
title = "A tiny suite"
datasets = ["digits"]
budgets = ["35_35"]
seeds = [1, 2]
epochs = 2

[[methods]]
id = "ours"
label = "BMLP"
method = "bmlp"
params = { arithmetic = "ternary" }

[[methods]]
id = "committee"
label = "Committee"
method = "single_layer"
[methods.shapes]
digits = { 35_35 = "44_4" }
"""
"""Four cells of two methods, milliseconds each."""


MISBEHAVING = '\n[[methods]]\nid = "bad"\nlabel = "Bad"\nmethod = "misbehaving"\nparams.robustness = 0.3\n'
BAD_FIRST = TINY.replace("[[methods]]", f"{MISBEHAVING}\n[[methods]]", 1)
"""TINY, with a method before its own that misbehaves as a test says; see misbehaving.py."""


def suite_of(folder, old="", new="", content=TINY):
    """Load TINY, or another suite, with a part replaced, from a file in a folder."""
    path = folder / "tiny.toml"
    assert old in content
    path.write_text(content.replace(old, new, 1))
    return load_suite(str(path))


def cells_of(suite):
    return plan(suite).cells


def planned_of(suite):
    return make_agenda(suite).planned


def outcomes(folder):
    """Return everything in a store that must not differ between runs, by key."""
    return {key: (row["identity"], row["outcome"], row["asked"]) for key, row in Store(folder).rows().items()}


def skip_without_packages(method):
    """Skip a test of a method whose packages are not installed."""
    for module in getattr(method_class(method), "needs", {}):
        pytest.importorskip(module)


@contextlib.contextmanager
def running(command, **options):
    """Start a command, its output as text in ``stdout``; it is killed at the end if it still runs."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def set_accuracy(row, accuracy):
    """Have a row end at another held-out accuracy, at the end of its curve as well."""
    row["outcome"].pop("confusion", None)  # of another accuracy
    row["outcome"]["heldout_accuracy"] = accuracy
    row["outcome"]["curve_heldout"] = [*row["outcome"]["curve_heldout"][:-1], accuracy]
