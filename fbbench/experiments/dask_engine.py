"""Cells on any cluster that Dask reaches: a scheduler by its address, whoever started it and its workers."""

import functools
import math
import queue
import threading
import time

from ..datasets.places import cache_folder
from ..optional import require
from .attempt import Unfit, Unwanted, attempt
from .checkpoint import CHECKPOINT_SECONDS, checkpoint_file
from .events import Answered, Died, EngineLost, Lost, Noticed

PER_WORKER = 2
"""Cells handed over for each worker: one that runs and one that waits."""

GATHER_SECONDS = 10.0
"""How long a row may take from its worker to here."""

REFRESH_SECONDS = 2.0
"""How long the list of workers is taken to stay the same."""

LONELY_SECONDS = 5.0
"""How long there may be no worker before it is said."""

HOW = {"engine": "dask", "jobs": None}

one_cell_at_a_time = threading.Lock()
"""A worker with several threads still runs one cell at a time, so that times and memory mean something."""


class DaskEngine:
    """Cells as tasks of a Dask scheduler, e.g. at ``tcp://host:8786``.

    Workers need this version of fbbench and the data (``FBBENCH_DATA``). A worker that has other data or another
    version gets no more cells; a cell whose worker was killed is run by another one, by Dask itself.

    Raises
    ------
    ImportError
        If dask.distributed is not installed.
    EngineLost
        If the scheduler cannot be reached.
    """

    how = HOW

    def __init__(self, address, checkpoint_seconds=CHECKPOINT_SECONDS, timeout=20):
        self._distributed = require("distributed", "--scheduler needs dask.distributed", "cluster")
        try:
            self._client = self._distributed.Client(address, timeout=timeout)
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineLost(
                f"there is no Dask scheduler at {address} ({error}); an address looks like tcp://HOST:8786"
            ) from None
        self._checkpoint_seconds = checkpoint_seconds
        self._ended = queue.SimpleQueue()
        self._running = {}
        self._allowed = {}
        self._unfit = set()
        self._workers, self._looked = set(), -REFRESH_SECONDS
        self._lonely_since = None

    def workers(self):
        """Return the addresses of the workers there are now, those that are no use left out."""
        if time.monotonic() - self._looked > REFRESH_SECONDS:
            self._workers = set(self._client.scheduler_info(n_workers=-1)["workers"])
            self._looked = time.monotonic()
        return self._workers - self._unfit

    @property
    def parallel(self):
        """How many cells run at a time: the number of workers there are now, at least one."""
        return max(1, len(self.workers()))

    @property
    def has_room(self):
        """Whether another cell may be handed over."""
        return len(self._running) < PER_WORKER * self.parallel

    def start(self, entry):
        """Have a cell run."""
        allowed = self.workers() if self._unfit else None
        future = self._client.submit(
            run_remotely,
            entry,
            self._checkpoint_seconds,
            pure=False,
            workers=None if allowed is None else list(allowed),
        )
        self._running[future], self._allowed[future] = entry, allowed
        future.add_done_callback(self._ended.put)

    def wait(self, timeout):
        """Wait until something happens, or some seconds; return it as a list of events."""
        try:
            future = self._ended.get(timeout=timeout)
        except queue.Empty:
            if self._client.status != "running":
                return [self._lost()]
            self._start_stranded_again()
            return self._loneliness()
        entry = self._running.pop(future, None)
        if entry is None:  # it was stranded, and is run elsewhere
            return []
        del self._allowed[future]
        if future.status == "cancelled" or self._client.status != "running":
            return [self._lost()]
        try:
            return [Answered(entry, future.result(timeout=GATHER_SECONDS))]
        except TimeoutError:  # the worker that held the row has died, and Dask waits for it or runs the cell anew
            future.cancel()
            self.start(entry)
            return []
        except Exception as error:
            return self._failed(entry, error)

    def _failed(self, entry, error):
        if isinstance(error, UnfitWorker):
            reason, address = error.args
            news = [] if address in self._unfit else [Noticed(f"Worker {address} gets no more cells: {reason}")]
            self._unfit.add(address)
            self._looked = -REFRESH_SECONDS
            if not self.workers():
                return [
                    *news,
                    Lost("no worker of the cluster can run these cells; give them this version and these data"),
                ]
            self.start(entry)
            return news
        if isinstance(error, self._distributed.KilledWorker):
            return [Died(entry, f"was killed on several workers ({error.last_worker.address} the last)", again=False)]
        reason = f"a worker could not run a cell: {type(error).__name__}: {error}; is fbbench installed there?"
        return [Lost(reason)]

    def _start_stranded_again(self):
        """Start cells again that were kept for workers of which none is left; Dask would wait for these for ever."""
        for future, allowed in list(self._allowed.items()):
            if allowed is not None and not allowed & self.workers():
                entry = self._running.pop(future)
                del self._allowed[future]
                future.cancel()
                self.start(entry)

    def _loneliness(self):
        """Return a notice if there has been no worker for a while; once."""
        if self.workers():
            self._lonely_since = None
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


class UnfitWorker(RuntimeError):
    """A worker has other data or another version: the reason, and its address."""


def run_remotely(entry, checkpoint_seconds):
    """Run a cell in a Dask worker and return its row.

    Raises
    ------
    UnfitWorker
        If this worker is no use.
    """
    from distributed import get_worker
    from distributed.worker import thread_state

    task = get_worker().state.tasks[thread_state.key]

    def give_up_if_unwanted(_epochs):
        if task.state == "cancelled":  # the runner was stopped, or has died
            raise Unwanted

    with one_cell_at_a_time:
        compute_with_one_thread()
        checkpoint = checkpoint_file(cache_folder() / "checkpoints", entry.key, checkpoint_seconds)
        try:
            give_up_if_unwanted(0)
            row = attempt(entry, HOW, checkpoint, give_up_if_unwanted)
        except Unfit as error:
            raise UnfitWorker(str(error), get_worker().address) from None
        except Unwanted:
            return None
        if "outcome" in row:  # a failure keeps it, for another try
            checkpoint.path.unlink(missing_ok=True)
        return row


@functools.cache
def compute_with_one_thread():
    """Have the numerical libraries that this process has loaded use one thread from now on."""
    import threadpoolctl

    return threadpoolctl.threadpool_limits(1)
