"""One try at a cell, wherever it is made: a row of the store, whether it went well or not."""

import json
import re
import time
import traceback

from ...datasets import DataUnavailable
from ..rows.environment import environment
from ..rows.schema import check_result
from .train import OtherData, train_cell

MESSAGE_LENGTH, TRACEBACK_LENGTH = 1_000, 20_000
"""Characters of an error that are kept: whole arrays may stand in one."""


CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal might obey."""


class Unfit(RuntimeError):
    """This process cannot run a cell for a reason that is not the cell's: other or missing data, other versions."""


class Unwanted(BaseException):
    """Nobody waits for the cell any more. No error of a method: raised by ``report`` to end the training."""


def attempt(planned, how, checkpoint=None, report=None):
    """Train a cell and return its row: with an ``outcome``, or with ``error`` and ``traceback``.

    Parameters
    ----------
    planned : PlannedCell
    how : dict of plain values
        What the row says of the engine (``engine``, ``jobs``): wall times of different ones are not comparable.
    checkpoint, report : see :func:`~fbbench.experiments.running.train.train_cell`

    Raises
    ------
    Unfit
        If this process is the problem; the cell has not failed then.
    Unwanted
        If ``report`` raised it.
    """
    started = time.perf_counter()
    try:
        outcome, run = train_cell(planned, checkpoint, report)
        result = {"outcome": outcome, "run": {**how, **run}}
        json.dumps(result, allow_nan=False)  # what a store could not hold is the method's failure, too
        check_result(result)
    except (OtherData, DataUnavailable) as error:
        raise Unfit(f"{planned.cell.title}: {error}") from error
    except Unwanted:
        raise
    except BaseException as error:  # methods fail alone, those that call sys.exit() too
        result = {
            "error": shortened(error_text(error).replace("\n", " / "), MESSAGE_LENGTH),
            "traceback": shortened(traceback.format_exc(), TRACEBACK_LENGTH),
            "run": {**how, "wall_seconds": time.perf_counter() - started},
        }
    return row_of(planned, result)


def error_text(error):
    """Return the kind and the message of an exception, whatever its class does."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return f"{type(error).__name__} (its message cannot be shown)"


def shortened(text, length):
    """Return text that can be written anywhere, its middle left out where it is longer than allowed."""
    text = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text.encode("utf-8", "backslashreplace").decode())
    if len(text) <= length:
        return text
    half = length // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters left out ...] {text[-half:]}"


def died(planned, how, reason):
    """Return the row of a cell whose process ended without an answer."""
    return row_of(planned, {"error": f"the process that ran it {reason}", "traceback": "", "run": dict(how)})


def row_of(planned, result):
    """Return a row for the store, see :class:`~fbbench.experiments.rows.store.Store`."""
    return {"identity": planned.identity, **result, "environment": environment(), "asked": planned.cell.names()}
