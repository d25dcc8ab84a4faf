"""Cells on any cluster that Dask reaches: a scheduler by its address, whoever started it and its workers."""

import math
import queue
import time

from ... import __version__, kernels
from ...optional import require
from ..planning.cells import RESULT_VERSION
from ..rows.checkpoint import CHECKPOINT_SECONDS
from .dask_worker import describe_worker, run_on_worker, values_of
from .events import Answered, Died, EngineLost, Lost, Noticed
from .one_cell import HOW

PER_WORKER = 2
"""Cells handed over for each worker: one that runs and one that waits."""

GATHER_SECONDS = 10.0
"""How long a row may take from its worker to here."""

REFRESH_SECONDS = 2.0
"""How long the list of workers is taken to stay the same."""

LONELY_SECONDS = 5.0
"""How long there may be no worker before it is said."""


class DaskEngine:
    """Cells as tasks of a Dask scheduler, e.g. at ``tcp://host:8786``.

    Workers need this version of fbbench and the data (``FBBENCH_DATA``). Every worker is asked before it gets a cell;
    one that lacks fbbench, or has another version or other data, gets none, and why is said. A cell whose worker was
    killed is run by another one, by Dask itself. ``cell_seconds`` ends a cell after the epoch in which it has taken
    longer.

    Raises
    ------
    ImportError
        If dask.distributed is not installed.
    EngineLost
        If the scheduler cannot be reached.
    """

    how = HOW

    def __init__(self, address, checkpoint_seconds=CHECKPOINT_SECONDS, cell_seconds=None, timeout=20):
        self._distributed = require("distributed", "--scheduler needs dask.distributed", "cluster")
        try:
            self._client = self._distributed.Client(address, timeout=timeout)
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineLost(
                f"there is no Dask scheduler at {address} ({error}); an address looks like tcp://HOST:8786"
            ) from None
        self._seconds = {"checkpoint": checkpoint_seconds, "cell": cell_seconds}
        self._ended = queue.SimpleQueue()
        self._running = {}
        self._allowed = {}
        self._unfit, self._asked, self._news = set(), set(), []
        self._workers, self._looked = set(), -REFRESH_SECONDS
        self._lonely_since = None

    def workers(self):
        """Return the addresses of the workers there are now, those that are no use left out."""
        if time.monotonic() - self._looked > REFRESH_SECONDS:
            self._workers = set(self._client.scheduler_info(n_workers=-1)["workers"])
            self._looked = time.monotonic()
            self._ask(self._workers - self._asked)
        return self._workers - self._unfit

    def _ask(self, addresses):
        """Ask new workers what they are; those that are no use get no cells."""
        if not addresses or self._client.status != "running":
            return
        self._asked |= addresses
        try:
            answers = self._client.run(describe_worker, workers=list(addresses), on_error="return", nanny=False)
        except (OSError, TimeoutError, ValueError):  # they have gone meanwhile
            return
        for address, answer in answers.items():
            if reason := why_unfit(answer):
                self._unfit.add(address)
                self._news.append(Noticed(f"Worker {address} gets no cells: {reason}"))

    @property
    def parallel(self):
        """How many cells run at a time: the number of workers there are now, at least one."""
        return max(1, len(self.workers()))

    @property
    def has_room(self):
        """Whether another cell may be handed over."""
        return len(self._running) < PER_WORKER * self.parallel

    def start(self, planned):
        """Have a cell run."""
        allowed = self.workers() if self._unfit else None
        future = self._client.submit(
            run_on_worker,
            values_of(planned),
            self._seconds,
            pure=False,
            workers=None if allowed is None else list(allowed),
        )
        self._running[future], self._allowed[future] = planned, allowed
        future.add_done_callback(self._ended.put)

    def wait(self, timeout):
        """Wait until something happens, or some seconds; return it as a list of events."""
        try:
            future = self._ended.get(timeout=timeout)
        except queue.Empty:
            if self._client.status != "running":
                return [self._lost()]
            self._start_stranded_again()
            return [*self._news_so_far(), *self._loneliness()]
        planned = self._running.pop(future, None)
        if planned is None:  # it was stranded, and is run elsewhere
            return []
        del self._allowed[future]
        if future.status == "cancelled" or self._client.status != "running":
            return [self._lost()]
        try:
            return [*self._news_so_far(), *self._heard(planned, future.result(timeout=GATHER_SECONDS))]
        except TimeoutError:  # the worker that held the row has died, and Dask waits for it or runs the cell anew
            future.cancel()
            self.start(planned)
            return []
        except Exception as error:
            return self._failed(planned, error)

    def _heard(self, planned, answer):
        """Return the events of a worker's answer, whatever it is."""
        match answer:
            case ("row", row):
                return [Answered(planned, row)]
            case ("unfit", str(reason), str(address)):
                news = [] if address in self._unfit else [Noticed(f"Worker {address} gets no more cells: {reason}")]
                self._unfit.add(address)
                self._looked = -REFRESH_SECONDS
                if not self.workers():
                    return [*news, self._nobody_left()]
                self.start(planned)
                return news
        return [Died(planned, f"gave no answer that makes sense ({answer!r:.60})", again=True)]

    def _failed(self, planned, error):
        if isinstance(error, self._distributed.KilledWorker):
            return [Died(planned, f"was killed on several workers ({error.last_worker.address} the last)", again=False)]
        reason = f"a worker could not run a cell: {type(error).__name__}: {error}; is fbbench installed there?"
        return [Lost(reason)]

    def _news_so_far(self):
        """Return what was noticed of workers since this was last asked."""
        news, self._news = self._news, []
        return news

    def _nobody_left(self):
        return Lost(
            f"no worker of the cluster can run these cells; every one needs fbbench {__version__} (pip install "
            "'fbbench[cluster]') and these data"
        )

    def _start_stranded_again(self):
        """Start cells again that were kept for workers of which none is left; Dask would wait for these for ever."""
        for future, allowed in list(self._allowed.items()):
            if allowed is not None and not allowed & self.workers():
                planned = self._running.pop(future)
                del self._allowed[future]
                future.cancel()
                self.start(planned)

    def _loneliness(self):
        """Return a notice if there has been no worker for a while; once."""
        if self.workers():
            self._lonely_since = None
        elif self._workers:
            return [*self._news_so_far(), self._nobody_left()]
        elif self._lonely_since is None:
            self._lonely_since = time.monotonic()
        elif time.monotonic() - self._lonely_since > LONELY_SECONDS:
            self._lonely_since = math.inf
            return [Noticed("The cluster has no worker; cells wait until there is one: `dask worker ADDRESS`")]
        return []

    def _lost(self):
        return Lost("the connection to the Dask scheduler was lost; what had ended is stored, run again to go on")

    def close(self):
        """Cancel what has not ended and part from the cluster."""
        if self._client.status == "running":
            self._client.cancel(list(self._running), force=True)
        self._client.close()


def why_unfit(answer):
    """Return why a worker that answered so gets no cells, None if it may."""
    if not isinstance(answer, dict):
        return f"it does not say what it is ({answer!r:.100})"
    if "reason" in answer:
        return (
            f"fbbench {__version__} cannot be used there ({answer['reason']}); pip install 'fbbench[cluster]' into the "
            "environment that its worker runs in"
        )
    here = {"version": __version__, "result_version": RESULT_VERSION, "kernel_version": kernels.VERSION}
    differing = [
        f"{name} {answer.get(name)}, here {value}" for name, value in here.items() if answer.get(name) != value
    ]
    return f"it has another fbbench: {'; '.join(differing)}" if differing else None
