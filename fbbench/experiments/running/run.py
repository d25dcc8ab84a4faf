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
    run = Run(todo, store, engine, retry_failed)
    try:
        while run.goes_on:
            yield from run.start_cells()
            lost = None
            for event in engine.wait(POLL_SECONDS) if run.running else pause():
                if isinstance(event, Lost):
                    lost = event  # what came with it is stored first
                elif (shown := run.taken_in(event)) is not None:
                    yield shown
            if lost:
                raise EngineLost(lost.reason)
            run.look_elsewhere()
    finally:
        run.locks.close()


class Run:
    """Which cells wait, which are run here, and which another runner has."""

    def __init__(self, todo, store, engine, retry_failed):
        self.store, self.engine, self.locks = store, engine, CellLocks(store)
        self.waiting, self.elsewhere, self.running = collections.deque(todo), collections.deque(), set()
        self.deaths = collections.Counter()
        self.failed_before = {planned.key: store.failed_at(planned.key) for planned in todo} if retry_failed else {}
        self.looked, self.said_to_wait = time.monotonic(), False

    @property
    def goes_on(self):
        """Whether any cell is left, here or elsewhere."""
        return bool(self.waiting or self.elsewhere or self.running)

    def start_cells(self):
        """Start as many cells as there is room for, and yield what is to be shown of it."""
        while self.waiting and self.engine.has_room:
            planned = self.waiting.popleft()
            if not self.locks.take(planned.key):
                self.elsewhere.append(planned)
            elif ended := ended_elsewhere(self.store, planned, self.failed_before):
                self.locks.release(planned.key)
                yield ended
            else:
                self.engine.start(planned)
                self.running.add(planned.key)
                yield Started(planned)
        if not self.running and self.elsewhere and not self.said_to_wait:
            self.said_to_wait = True
            yield Noticed(f"Another runner on this store works on {len(self.elsewhere)} of these cells; waiting for it")

    def taken_in(self, event):
        """Do what follows from an event of the engine; return what is to be shown, or None."""
        if isinstance(event, Answered):
            event = checked(event)
        if isinstance(event, Died):
            self.deaths[event.planned.key] += 1
            if event.again and self.deaths[event.planned.key] < TRIES:
                self.waiting.append(event.planned)
                self.give_up(event.planned)
                return None
            event = Answered(event.planned, died(event.planned, self.engine.how, event.reason))
        if isinstance(event, Answered):
            store_row(self.store, event.row)
            self.give_up(event.planned)
            event = finished(event.planned, event.row)
        return event

    def give_up(self, planned):
        """Have a cell no longer: it is done, or will be tried again."""
        self.running.remove(planned.key)
        self.locks.release(planned.key)

    def look_elsewhere(self):
        """Now and then, look again at cells that another runner has: finished, still locked, or free again."""
        if self.elsewhere and not self.waiting and time.monotonic() - self.looked >= POLL_SECONDS:
            self.waiting, self.elsewhere = self.elsewhere, collections.deque()
            self.looked = time.monotonic()


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
