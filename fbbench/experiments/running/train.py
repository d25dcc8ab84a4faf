"""Training one cell: from its data to what a row holds."""

import numbers
import time
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone

from fbbench.baselines.protocol import Hashed, Resumable, Task, needs_of

from ...costs import total_bits, total_gates
from ...datasets import describe, prepare
from ...kernels import random
from ..planning.cells import SET_BY_THE_SUITE
from ..rows.checkpoint import read_checkpoint, write_checkpoint
from .peak_memory import PeakMemory

FEW = 100
"""Rows that load a library's parts."""


class OtherData(RuntimeError):
    """What a cell was planned with is not what is here: other data, another version of a method or the kernels."""


def train_cell(planned, checkpoint=None, report=None):
    """Train and evaluate one cell.

    Parameters
    ----------
    planned : PlannedCell
    checkpoint : CheckpointFile, optional
    report : callable, optional
        Gets the number of epochs done after each.

    Returns
    -------
    (outcome, run), dicts of plain values: outcome holds accuracies in percent (per epoch and of the last epoch, never
    the best), costs, and what rows must not be mixed over; run holds times and memory. Both are for a row of a store.

    Raises
    ------
    OtherData
        If the identity is not that of the cell on the data that are here.
    """
    cell, identity = planned.cell, planned.identity
    started = time.perf_counter()
    with PeakMemory() as peak:
        try:
            split = prepare(cell.dataset, cell.seed, cell.protocol)
        except ValueError as error:  # an unknown set, or a damaged file: this machine's, not the method's
            raise OtherData(str(error)) from None
        if (here := cell.identity(split.checksum)) != identity:
            differing = ", ".join(name for name in identity if identity[name] != here.get(name))
            raise OtherData(f"this process has another {differing} than the cell was planned with")
        method, x_train, y_train, x_heldout = method_and_data(cell, split)
        progress = resumed(planned, method, checkpoint)
        loaded = time.perf_counter() - started
        data = (x_train, y_train, x_heldout, split.y_heldout)
        predicted = train(planned, method, data, np.arange(split.n_classes), progress, peak, checkpoint, report)
    outcome = outcome_of(cell, split, method, progress, len(y_train), confusion_of(split, predicted))
    one, many = prediction_seconds(method, x_heldout, 1, 25), prediction_seconds(method, x_heldout, 1000, 5)
    run = {
        "wall_seconds": progress.earlier_seconds + time.perf_counter() - started,
        "load_seconds": loaded,
        "seconds_per_epoch": float(np.median(progress.wall)),
        "epoch_wall_seconds": rounded(progress.wall),
        "epoch_cpu_seconds": rounded(progress.cpu),
        "predict_seconds": rounded(progress.predict),
        "predict_one_seconds": one,
        "predict_thousand_seconds": many * 1000 / min(1000, len(x_heldout)),
        "memory_before_bytes": peak.before,
        "peak_memory_bytes": peak.bytes,
        "peak_memory_of": peak.scope,
        "training_memory_bytes": with_data(progress.growth_bytes, x_train, y_train),
        "resumed_after_epochs": progress.resumed_after,
        "checkpoint_error": progress.checkpoint_error,
    }
    return outcome, run


@dataclass
class Progress:
    """What is known after some epochs: accuracies, seconds of each epoch, and what the first took in memory."""

    train: list[float] = field(default_factory=list)
    heldout: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    predict: list[float] = field(default_factory=list)
    resumed_after: list[int] = field(default_factory=list)
    checkpoint_error: str | None = None
    earlier_seconds: float = 0.0
    growth_bytes: int | None = None

    def __post_init__(self):
        for name in ("train", "heldout", "wall", "cpu", "predict", "resumed_after"):
            setattr(self, name, list(getattr(self, name)))

    @property
    def n_epochs(self):
        return len(self.heldout)

    def as_dict(self, seconds_of_this_try):
        """Return plain values; ``Progress(**values)`` goes on from them."""
        return {**vars(self), "earlier_seconds": self.earlier_seconds + seconds_of_this_try}


def resumed(planned, method, checkpoint):
    """Return the Progress that a cell starts from: what its checkpoint holds, with the method set to that, or none."""
    if checkpoint is None or not isinstance(method, Resumable):
        return Progress()
    try:
        found = read_checkpoint(checkpoint.path, planned.key)
    except OSError as error:
        return Progress(checkpoint_error=str(error))
    if found is None:
        return Progress()
    values, arrays = found
    method.restore(arrays)
    progress = Progress(**values)
    progress.resumed_after.append(progress.n_epochs)
    return progress


def method_and_data(cell, split):
    """Return the method of a cell and what it is trained and evaluated on: x_train, y_train, x_heldout."""
    method = cell.make(random_state=cell.seed)
    rows = subset(cell.seed, split.n_train, method.sample_divisor)
    everything = len(rows) == split.n_train
    y_train = split.y_train if everything else split.y_train[rows]
    if lacks := describe(cell.dataset).lacks_input(method.input):
        raise ValueError(f"{cell.dataset} has no input for method {cell.method_id}: {lacks}")
    if method.input == "table":
        x_train, x_heldout = split.numbers()
        return method, x_train[rows], y_train, x_heldout
    if method.input == "float":
        return method, split.floats_train(rows), y_train, split.floats_heldout()
    method.set_params(n_bits=split.n_features)
    return method, split.bits_train if everything else split.bits_train[rows], y_train, split.bits_heldout


def subset(seed, n, divisor):
    """Return the rows a method trains on: all, or one of ``divisor`` drawn for this run."""
    if divisor == 1:
        return np.arange(n)
    return np.sort(random.permutation(random.stream(seed, random.ROWS, 2), n)[: n // divisor])


def train(planned, method, data, classes, progress, peak, checkpoint, report):
    """Train the epochs that are missing, evaluate after each, write a checkpoint where it takes long; return what is
    predicted of the held-out rows after the last."""

    def train_epoch():
        wall, cpu = time.perf_counter(), time.process_time()
        method.partial_fit(x_train, y_train, classes=classes)
        progress.wall.append(time.perf_counter() - wall)
        progress.cpu.append(time.process_time() - cpu)

    x_train, y_train, x_heldout, y_heldout = data
    n_epochs = planned.cell.epochs
    started = kept = time.perf_counter()
    predicted = None  # the last epoch is never one of a checkpoint
    for epoch in range(progress.n_epochs + 1, n_epochs + 1):
        if epoch == 1:
            load_libraries(method, x_train, y_train, classes)
            progress.growth_bytes = peak.growth_of(train_epoch)
        else:
            train_epoch()
        trained = time.perf_counter()
        progress.train.append(100 * checked_share(method.training_accuracy_))
        predicted = checked_labels(method.predict(x_heldout), len(y_heldout))
        progress.heldout.append(100 * float(np.mean(predicted == y_heldout)))
        now = time.perf_counter()
        progress.predict.append(now - trained)
        if report:
            report(epoch)
        if checkpoint and epoch < n_epochs and now - kept >= checkpoint.seconds and isinstance(method, Resumable):
            try:
                write_checkpoint(checkpoint.path, planned.key, progress.as_dict(now - started), method.checkpoint())
            except OSError as error:  # a full disk is no reason to lose the training
                progress.checkpoint_error = str(error)
            kept = time.perf_counter()
    return predicted


def load_libraries(method, x_train, y_train, classes):
    """Have the packages that a method needs, if it does, load their parts: train another like it on a few rows.

    They are no part of what its training takes, and a worker that has run such a method before has them already.
    """
    if needs_of(method):
        clone(method).partial_fit(x_train[:FEW], y_train[:FEW], classes=classes)


def with_data(growth, x_train, y_train):
    """Return what training takes: the data, which lay in memory when it began, and by how much memory grew; or None."""
    return None if growth is None else growth + x_train.nbytes + y_train.nbytes


def prediction_seconds(method, x, n_rows, repetitions):
    """Return the median time of predicting the first rows of x at once."""
    rows, times = x[:n_rows], []
    for _ in range(repetitions):
        started = time.perf_counter()
        method.predict(rows)
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def checked_share(accuracy):
    """Return a method's training accuracy; ValueError unless it is a number in 0..1."""
    if isinstance(accuracy, numbers.Real) and 0 <= float(accuracy) <= 1:
        return float(accuracy)
    raise ValueError(f"training_accuracy_ must be a number in 0..1; got {accuracy!r:.100}")


def checked_labels(predicted, n_rows):
    """Return a method's predictions; ValueError unless they are one integer label per row."""
    predicted = np.asarray(predicted)
    if predicted.shape == (n_rows,) and predicted.dtype.kind in "iu":
        return predicted
    raise ValueError(
        f"predict must return one label (an integer) per row, shape ({n_rows},); got {predicted.dtype} of shape "
        f"{predicted.shape}"
    )


def confusion_of(split, predicted):
    """Return how many held-out rows of each class (a row) were taken for each class (a column), lists of int; labels
    that are no class count as none."""
    found = np.zeros((split.n_classes, split.n_classes), dtype=np.int64)
    known = (predicted >= 0) & (predicted < split.n_classes)
    np.add.at(found, (split.y_heldout[known], predicted[known]), 1)
    return found.tolist()


def outcome_of(cell, split, method, progress, n_train, confusion):
    """Return what does not depend on when and where a cell was run."""
    task = Task(split.n_train, split.n_features, split.n_classes, split.table_inputs)
    memory, gates, ledger = (
        whole_numbers(parts) for parts in (method.memory(task), method.gates(task), method.ledger(task))
    )
    parameters = method.get_params(deep=False)
    outcome = {
        "parameters": {name: value for name, value in parameters.items() if name not in SET_BY_THE_SUITE},
        "train_accuracy": progress.train[-1],
        "heldout_accuracy": progress.heldout[-1],
        "majority_accuracy": majority_accuracy(split),
        "confusion": confusion,
        "selection": "last epoch",
        "n_train": n_train,
        "n_heldout": len(split.y_heldout),
        "encoder": split.encoder,
        "encoder_saw_heldout": split.encoder_saw_heldout,
        "memory_bits": total_bits(memory),
        "memory_parts": memory,
        "ledger_parts": ledger,
        "gates_per_batch": total_gates(gates),
        "gates_by_kind": gates,
        "curve_train": rounded(progress.train),
        "curve_heldout": rounded(progress.heldout),
    }
    if isinstance(method, Hashed):
        outcome["state_hash"] = method.state_hash()
    return outcome


def majority_accuracy(split):
    """Return the held-out accuracy in percent of always saying the most frequent class of the training rows."""
    most = np.bincount(split.y_train, minlength=split.n_classes).argmax()
    return 100 * float(np.mean(split.y_heldout == most))


def whole_numbers(parts):
    """Return costs by name as plain integers; those of NumPy could not be written."""
    return {name: int(value) if isinstance(value, numbers.Integral) else value for name, value in parts.items()}


def rounded(values):
    """Return floats with as many digits as mean something, so that rows stay small."""
    return [float(f"{value:.6g}") for value in values]
