"""Committed rows brought up to date in what needs no training: ``python -m paper.refresh``.

Costs by the models and the ledger follow from shapes, and are written anew as this commit reckons them. With
``--predictions``, what predicting takes is measured anew too: it depends on a model's shape, not on what it has
learnt, so every setting is measured once, on a model that was trained on a few random rows. Accuracies, curves,
hashes, keys and the times of training stay as they are.
"""

import importlib.util
import statistics

import click
import numpy as np
from fbbench.baselines.protocol import needs_of, reads_floats

from fbbench.costs import total_bits, total_gates
from fbbench.experiments.analysis.reckonings import method_of, task_of
from fbbench.experiments.rows.archive import ENDING, read_archive, write_archive
from fbbench.experiments.rows.environment import environment
from fbbench.experiments.rows.mixing import setting_of
from fbbench.experiments.running.train import prediction_seconds, whole_numbers
from fbbench.kernels import random

from .comparison import RESULTS

TRAINED_ROWS = 200
EPOCHS = 5
"""After which every method predicts as it does in the end."""


def costs_of(identity):
    """Return the parts of an outcome that follow from shapes, as this commit reckons them."""
    method, task = method_of(identity), task_of(identity)
    memory, gates, ledger = (whole_numbers(parts(task)) for parts in (method.memory, method.gates, method.ledger))
    return {
        "memory_bits": total_bits(memory), "memory_parts": memory, "ledger_parts": ledger,
        "gates_per_batch": total_gates(gates), "gates_by_kind": gates,
    }  # fmt: skip


def predictions_of(identity):
    """Return the seconds of predicting one row and a thousand at once, medians; None where a package is missing."""
    method, task = method_of(identity), task_of(identity)
    if any(importlib.util.find_spec(module) is None for module in needs_of(method)):
        return None
    n, d = max(1000, TRAINED_ROWS), task.n_features
    if reads_floats(method):
        d = task.table_inputs if method.input == "table" else d
        x = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    else:
        method.set_params(n_bits=d)
        x = random.words(1, 0, n * -(-d // 64)).reshape(n, -1)
        if d % 64:
            x[:, -1] &= np.uint64((1 << (d % 64)) - 1)
    y = np.arange(TRAINED_ROWS) % task.n_classes
    for _ in range(EPOCHS):
        method.partial_fit(x[:TRAINED_ROWS], y, classes=np.arange(task.n_classes))
    one = [prediction_seconds(method, x, 1, 51) for _ in range(5)]
    many = [prediction_seconds(method, x, 1000, 3) for _ in range(3)]
    return {"predict_one_seconds": statistics.median(one), "predict_thousand_seconds": statistics.median(many)}


def refreshed(rows, predictions, known):
    """Return rows (by key) with costs, and if asked predictions, of this commit. known: settings measured so far."""
    here = environment()
    measured_by = f"{here['cpu']}, kernel path {here['kernel_path']}, commit {str(here['commit'])[:12]}"
    new = {}
    for key, row in rows.items():
        outcome, run = {**row["outcome"], **costs_of(row["identity"])}, dict(row["run"])
        if predictions:
            name = setting_of(row)
            if name not in known:
                known[name] = predictions_of(row["identity"])
            if known[name]:
                run = {**run, **known[name], "predictions_measured_by": measured_by}
        new[key] = {**row, "outcome": outcome, "run": run}
    return new


@click.command()
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option("--predictions", is_flag=True, help="Measure what predicting takes, too (minutes).")
def main(suites, predictions):
    """Bring committed rows up to date in what needs no training; all suites, or some."""
    known = {}
    for path in sorted(RESULTS.glob(f"*{ENDING}")):
        name = path.name.removesuffix(ENDING)
        if suites and name not in suites:
            continue
        rows = read_archive(path)
        new = refreshed(rows, predictions, known)
        changed = sum(new[key] != rows[key] for key in rows)
        if changed:
            write_archive(path, new)
        click.echo(f"{name}: {changed} of {len(rows)} rows brought up to date")


if __name__ == "__main__":
    main()
