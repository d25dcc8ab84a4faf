"""The runner: hands cells to an engine, stores every outcome as soon as it is there, shares a store with others."""

import collections
import time

from ..rows.locks import CellLocks
from ..rows.schema import checked_answer
from ..rows.store import StoreError
from .attempt import died
from .events import Answered, Died, EngineLost, Finished, Lost, Noticed, Started
from .forecast import training_seconds

TRIES = 2
"""A cell whose process died without an answer is tried this many times before it counts as failed."""

POLL_SECONDS = 1.0
"""How often the runner looks after cells that another runner has claimed."""


def run_cells(todo, store, engine, retry_failed=False):
    """Run cells and yield what happens, see :mod:`fbbench.experiments.running.events`.

    Parameters
    ----------
    todo : list of PlannedCell
    store : Store
        Prepared for writing. Cells that another runner on the same store works on are left to it, and taken over if
        it stops.
    engine : Engine
    retry_failed : bool
        Whether cells that failed before are among ``todo`` to be run again.

    Raises
    ------
    EngineLost
        If no cell can be run any more.
    StoreError
        If an outcome cannot be stored, as on a full disk. What was stored before is whole.

    When the consumer stops early (Ctrl-C), the engine must be closed; cells in flight are lost, but for checkpoints.
    """
    waiting, elsewhere, running = collections.deque(todo), collections.deque(), set()
    deaths = collections.Counter()
    claims = CellLocks(store)
    failed_before = {planned.key: store.failed_at(planned.key) for planned in todo} if retry_failed else {}
    looked, said_to_wait = time.monotonic(), False
    try:
        while waiting or elsewhere or running:
            while waiting and engine.has_room:
                planned = waiting.popleft()
                if not claims.take(planned.key):
                    elsewhere.append(planned)
                    continue
                if ended := ended_elsewhere(store, planned, failed_before):
                    claims.release(planned.key)
                    yield ended
                    continue
                engine.start(planned)
                running.add(planned.key)
                yield Started(planned)
            if not running and elsewhere and not said_to_wait:
                said_to_wait = True
                yield Noticed(f"Another runner on this store works on {len(elsewhere)} of these cells; waiting for it")
            lost = None
            for event in engine.wait(POLL_SECONDS) if running else pause():
                if isinstance(event, Lost):
                    lost = event  # what came with it is stored first
                    continue
                if isinstance(event, Answered):
                    event = checked(event)
                if isinstance(event, Died):
                    deaths[event.planned.key] += 1
                    if event.again and deaths[event.planned.key] < TRIES:
                        waiting.append(event.planned)
                        running.remove(event.planned.key)
                        claims.release(event.planned.key)
                        continue
                    event = Answered(event.planned, died(event.planned, engine.how, event.reason))
                if isinstance(event, Answered):
                    store_row(store, event.row)
                    claims.release(event.planned.key)
                    running.remove(event.planned.key)
                    event = finished(event.planned, event.row)
                yield event
            if lost:
                raise EngineLost(lost.reason)
            if elsewhere and not waiting and time.monotonic() - looked >= POLL_SECONDS:
                waiting, elsewhere = elsewhere, collections.deque()  # finished, still claimed, or free again
                looked = time.monotonic()
    finally:
        claims.close()


def checked(event):
    """Return an Answered with the row that is stored of it; a Died if that is none of its cell."""
    try:
        return Answered(event.planned, checked_answer(event.planned, event.row))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        return Died(event.planned, f"gave an answer that is no row of its cell: {error}", again=True)


def pause():
    """Wait a little for other runners; nothing happens here meanwhile."""
    time.sleep(POLL_SECONDS / 4)
    return []


def ended_elsewhere(store, planned, failed_before):
    """Return a Finished if another runner has ended a cell since this one was started, else None.

    failed_before: when cells had failed that are to be tried again, by key.
    """
    if store.has(planned.key):
        return finished(planned, store.rows([planned.key])[planned.key], elsewhere=True)
    if store.has_failed(planned.key) and store.failed_at(planned.key) != failed_before.get(planned.key):
        return finished(planned, store.failures([planned.key])[planned.key], elsewhere=True)
    return None


def store_row(store, row):
    """Store a row where it belongs."""
    try:
        if "outcome" in row:
            store.write(row)
        else:
            store.write_failure(row)
    except OSError as error:
        raise StoreError(
            f"cannot write to the store {store.folder} ({error.strerror or error}); what had ended is stored, the same "
            "command goes on from there"
        ) from None


def finished(planned, row, elsewhere=False):
    """Return what a view is told of a row."""
    accuracy = row["outcome"]["heldout_accuracy"] if "outcome" in row else None
    training = training_seconds(row) if "outcome" in row else None
    return Finished(planned, accuracy, row["run"].get("wall_seconds", 0.0), training, row.get("error"), elsewhere)
