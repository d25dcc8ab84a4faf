"""One page about a method: what it is, what it costs, how fast it is, what it reaches, and what it does not do."""

import inspect
import statistics
import sys
import time

from fbbench.costs import total_bits, total_gates
from fbbench.datasets import describe, prepare

from .checks import asks, results_of
from .checks.costs import measured_and_ledger
from .checks.subject import TASK, Skipped
from .protocol import Predicting, Task, method_class, needs_of

SMALL = ("random_prototypes", "digits", "iris", "wine", "breast_cancer")
SEEDS = (42, 43, 44)
EPOCHS = 20
LEAST, LEAST_LEDGER = 1e6, 6e6
"""Bytes below which a peak says nothing: a process reuses what it had freed."""


def card_of(name):
    """Return the page of a method as Markdown. Takes seconds to a minute: the method is trained and checked."""
    cls = method_class(name)
    made = cls()
    module = sys.modules[cls.__module__]
    lines = [
        f"# {name}",
        "",
        *idea_and_parameters(inspect.getdoc(cls) or "No description (Python was started with -OO)."),
        "",
        f"Source: {' '.join((module.__doc__ or 'not said').split())}",
        "",
    ]
    lines += [
        f"- input: {'packed bits' if made.input == 'bits' else f'floats, one of {made.sample_divisor} samples'}",
        f"- training touches floating-point numbers: {'yes' if cls.uses_floats else 'no'}",
        f"- version: {cls.version}",
        f"- needs: {', '.join(needs_of(cls)) or 'nothing beyond fbbench'}",
        "",
    ]
    lines += cost_lines(made)
    lines += measured_lines(name, made)
    lines += accuracy_lines(cls)
    lines += check_lines(name)
    return "\n".join(lines) + "\n"


def idea_and_parameters(docstring):
    """Return a class's docstring as Markdown: its parameters, which NumPy's style underlines, as they stand."""
    idea, heading, parameters = docstring.partition("\n\nParameters\n----------\n")
    return [idea, "", "Parameters:", "", "```", parameters.strip(), "```"] if heading else [idea]


def cost_lines(made):
    """Return the costs of a method with its default parameters on Fashion-MNIST."""
    lines = [
        f"## Costs of the defaults on {TASK.n_samples:,} samples of {TASK.n_features} inputs, {TASK.n_classes} classes",
        "",
        "| memory, by the model | bits |",
        "|---|---:|",
    ]
    parts = made.memory(TASK)
    lines += [f"| {part} | {bits:,} |" for part, bits in parts.items()]
    lines += [f"| **all** ({total_bits(parts) / 8e6:.3f} MB) | {total_bits(parts):,} |", ""]
    held = made.ledger(TASK)
    lines += [f"Really held: {total_bits(held) / 8e6:.3f} MB ({', '.join(held)}).", ""]
    kinds = made.gates(TASK)
    lines += ["| gates of a mini-batch | |", "|---|---:|"]
    lines += [f"| {kind} | {count:.3g} |" for kind, count in kinds.items()]
    lines += [f"| **all** | {total_gates(kinds):.3g} |", ""]
    predicting = made.inference_memory(TASK) if isinstance(made, Predicting) else {}
    if predicting:
        gates = made.inference_gates(TASK)
        lines += [
            f"Predicting one sample: {total_bits(predicting) / 8e3:,.4g} kB ({', '.join(predicting)}), "
            f"{total_gates(gates):.3g} gates ({', '.join(gates)}).",
            "",
        ]
    return lines


def measured_lines(name, made):
    """Return how the models compare with the peak that the operating system saw, and why where they do not agree."""
    if reason := getattr(made, "ledger_not_measured", None):
        return [f"Not measured: {reason}.", ""]
    try:
        measured, held = measured_and_ledger(name, {})
    except Skipped as reason:
        return [f"Not measured: {reason}.", ""]
    task = Task(20_000, 784, 10)
    parts = made.memory(task)
    model = (total_bits(parts) - parts["data"]) / 8
    lines = [
        f"Measured: two epochs on 20,000 samples of 784 inputs took {measured / 1e6:.2f} MB beside the data; the model "
        f"has {model / 1e6:.2f} MB, the ledger {held / 1e6:.2f} MB."
    ]
    if measured < LEAST and held < LEAST_LEDGER:
        return ["Measured: less than can be told from memory that the process had before.", ""]
    if abs(measured - model) > 0.15 * measured:
        more = ", ".join(part for part in made.ledger(task) if part not in parts) or "some at greater widths"
        lines.append(
            "Model and measurement differ by more than 15 %: the model counts what an ideal implementation needs, this "
            f"one holds {more} beside or in place of it; and a process takes memory in whole pages."
        )
    return [*lines, ""]


def accuracy_lines(cls):
    """Return accuracy and speed on small data sets that are always there."""
    lines = [
        f"## Small data sets, {EPOCHS} epochs, {len(SEEDS)} seeds, default parameters",
        "",
        "| data set | held out, % | seconds per epoch |",
        "|---|---:|---:|",
    ]
    for dataset in SMALL:
        task_of, made = describe(dataset), cls()
        if lacks := task_of.lacks_input(made.input):
            lines.append(f"| {dataset} | skipped: {lacks} | |")
            continue
        if made.sample_divisor > 1 and task_of.n_train // made.sample_divisor < 1:
            lines.append(f"| {dataset} | skipped: too few samples | |")
            continue
        found = [trained(cls, dataset, seed) for seed in SEEDS]
        accuracies, seconds = zip(*found, strict=True)
        mean, spread = statistics.mean(accuracies), statistics.pstdev(accuracies)
        lines.append(f"| {dataset} | {mean:.1f} ± {spread:.1f} | {statistics.median(seconds):.2g} |")
    return [*lines, ""]


def trained(cls, dataset, seed):
    """Return (held-out accuracy in %, seconds per epoch) of a training."""
    split = prepare(dataset, seed)
    made = cls(random_state=seed, batch_size=100)
    if made.input == "table":
        (x, x_heldout), y = split.numbers(), split.y_train
    elif made.input == "float":
        rows = range(0, split.n_train - split.n_train % made.sample_divisor, made.sample_divisor)
        x, y, x_heldout = split.floats_train(list(rows)), split.y_train[list(rows)], split.floats_heldout()
    else:
        made.set_params(n_bits=split.n_features)
        x, y, x_heldout = split.bits_train, split.y_train, split.bits_heldout
    times = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        made.partial_fit(x, y, classes=range(split.n_classes))
        times.append(time.perf_counter() - started)
    return 100 * float((made.predict(x_heldout) == split.y_heldout).mean()), statistics.median(times)


def check_lines(name):
    """Return what the conformance checks say, what does not apply with its reason."""
    lines = ["## Checks", ""]
    for check, outcome, why in results_of(name):
        lines.append(f"- {outcome}: {asks(check)}{f' ({why})' if why else ''}")
    return lines
