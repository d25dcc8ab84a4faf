"""One try at a cell, wherever it is made: a row of the store, whether it went well or not."""

import json
import time
import traceback

from ..datasets import DataUnavailable
from .environment import environment
from .train import OtherData, train_cell


class Unfit(RuntimeError):
    """This process cannot run a cell for a reason that is not the cell's: other or missing data, other versions."""


def attempt(entry, how, checkpoint=None, report=None):
    """Train a cell and return its row: with an ``outcome``, or with ``error`` and ``traceback``.

    Parameters
    ----------
    entry : Entry
    how : dict of plain values
        What the row says of the engine (``engine``, ``jobs``): wall times of different ones are not comparable.
    checkpoint, report : see :func:`~fbbench.experiments.train.train_cell`

    Raises
    ------
    Unfit
        If this process is the problem; the cell has not failed then.
    """
    started = time.perf_counter()
    try:
        outcome, run = train_cell(entry, checkpoint, report)
        result = {"outcome": outcome, "run": {**how, **run}}
        json.dumps(result, allow_nan=False)  # what a store could not hold is the method's failure, too
    except (OtherData, DataUnavailable) as error:
        raise Unfit(f"{entry.cell.title}: {error}") from error
    except Exception as error:  # methods fail alone
        result = {
            "error": f"{type(error).__name__}: {error}",
            "traceback": traceback.format_exc(),
            "run": {**how, "wall_seconds": time.perf_counter() - started},
        }
    return row_of(entry, result)


def died(entry, how, reason):
    """Return the row of a cell whose process ended without an answer."""
    return row_of(entry, {"error": f"the process that ran it {reason}", "traceback": "", "run": dict(how)})


def row_of(entry, result):
    """Return a row for the store, see :class:`~fbbench.experiments.store.Store`."""
    return {"identity": entry.identity, **result, "environment": environment(), "asked": entry.cell.names()}
