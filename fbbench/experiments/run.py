"""Running cells: one process per cell at a time, every outcome stored as soon as it is there."""

import concurrent.futures
import concurrent.futures.process
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass

import numpy as np

from ..costs import total_bits, total_gates
from ..datasets import DataUnavailable, load, prepare
from ..kernels import random
from .environment import environment

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run_cell(cell):
    """Train and evaluate one cell.

    Returns
    -------
    dict of plain values: accuracies in percent (per epoch and of the last epoch, never the best), costs, seconds,
    and what the rows must not be mixed over (split, encoder, samples used, environment).
    """
    from baselines.protocol import Task, method_class

    split = prepare(cell.dataset, cell.seed, cell.protocol)
    task = Task(split.n_train, split.n_features, split.n_classes)
    params = dict(cell.params)
    method = method_class(cell.method)(**params, batch_size=cell.batch_size, random_state=cell.seed)
    if method.input == "float":
        if not split.source.has_floats:
            raise ValueError(f"{cell.dataset} has binary input only; method {cell.method_id} wants floats")
        rows = subset(cell.seed, split.n_train, method.sample_divisor)
        x_train, y_train = split.floats_train(rows), split.y_train[rows]
        x_heldout = split.floats_heldout()
    else:
        method.set_params(n_bits=split.n_features)
        rows = subset(cell.seed, split.n_train, method.sample_divisor)
        x_train = split.bits_train if len(rows) == split.n_train else split.bits_train[rows]
        y_train = split.y_train if len(rows) == split.n_train else split.y_train[rows]
        x_heldout = split.bits_heldout
    curve_train, curve_heldout, seconds = [], [], []
    classes = np.arange(split.n_classes)
    for _ in range(cell.epochs):
        start = time.perf_counter()
        method.partial_fit(x_train, y_train, classes=classes)
        seconds.append(time.perf_counter() - start)
        curve_train.append(100 * method.training_accuracy_)
        curve_heldout.append(100 * float(np.mean(method.predict(x_heldout) == split.y_heldout)))
    memory, gates = method.memory(task), method.gates(task)
    outcome = {
        "train_accuracy": curve_train[-1],
        "heldout_accuracy": curve_heldout[-1],
        "selection": "last epoch",
        "n_train": len(y_train),
        "n_heldout": len(split.y_heldout),
        "encoder": split.encoder,
        "encoder_saw_heldout": split.encoder_saw_heldout,
        "memory_bits": total_bits(memory),
        "memory_parts": memory,
        "gates_per_batch": total_gates(gates),
        "gates_by_kind": gates,
        "seconds_per_epoch": float(np.median(seconds)),
        "curve_train": [round(a, 4) for a in curve_train],
        "curve_heldout": [round(a, 4) for a in curve_heldout],
        "ledger_parts": method.ledger(task),
        "environment": environment(),
    }
    if hasattr(method, "state_hash"):
        outcome["state_hash"] = method.state_hash()
    return outcome


def subset(seed, n, divisor):
    """Return the rows a method trains on: all, or one of ``divisor`` drawn for this run."""
    if divisor == 1:
        return np.arange(n)
    return np.sort(random.permutation(random.stream(seed, random.ROWS, 2), n)[: n // divisor])


@dataclass(frozen=True)
class Finished:
    """A cell that ended: its seconds, or what went wrong."""

    cell: object
    seconds: float
    accuracy: float | None
    error: str | None


class WorkerDied(RuntimeError):
    """A worker process ended without an answer; cells that had ended are stored."""


def find_data(names, protocol="published"):
    """Return (checksums by name, reasons by name of the sets that are left out, those of them that are damaged)."""
    checksums, missing, damaged = {}, {}, set()
    for name in names:
        try:
            checksums[name] = load(name, protocol).checksum
        except DataUnavailable as error:
            missing[name] = str(error)
        except ValueError as error:  # a file is there, but not what it should be
            missing[name] = str(error)
            damaged.add(name)
    return checksums, missing, damaged


def work(store, cell, identity):
    """Run a cell in a worker process and store its outcome there."""
    start = time.perf_counter()
    try:
        outcome = run_cell(cell)
        outcome["wall_seconds"] = time.perf_counter() - start
        outcome["jobs"] = int(os.environ.get("FBBENCH_JOBS", "1"))
        store.write(identity, outcome)
    except Exception as error:
        return Finished(cell, time.perf_counter() - start, None, f"{type(error).__name__}: {error}")
    return Finished(cell, time.perf_counter() - start, outcome["heldout_accuracy"], None)


def ignore_interrupt():
    """Leave Ctrl-C to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_cells(todo, store, jobs):
    """Run cells and yield a :class:`Finished` for each, as they end.

    Parameters
    ----------
    todo : list of (Cell, identity)
    store : Store
    jobs : int
        Processes; each computes with one thread, so that times mean something.

    When the consumer stops early (Ctrl-C), workers are ended; what they had finished is stored, the rest is lost.
    """
    before = {name: os.environ.get(name) for name in (*ONE_THREAD, "FBBENCH_JOBS")}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"), FBBENCH_JOBS=str(jobs))  # read by the workers as they start
    pool = concurrent.futures.ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=ignore_interrupt
    )
    try:
        futures = [pool.submit(work, store, cell, identity) for cell, identity in todo]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()
    except concurrent.futures.process.BrokenProcessPool:
        raise WorkerDied(
            "a worker process died (was it killed, or out of memory?); what had ended is stored, run again to go on, "
            "with a smaller --jobs if memory is short"
        ) from None
    except BaseException:
        for process in list(pool._processes.values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
