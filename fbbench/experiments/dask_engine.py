"""Cells on any cluster that Dask reaches: a scheduler by its address, whoever started it and its workers."""

import functools
import queue
import threading

from ..datasets.places import cache_folder
from ..optional import require
from .attempt import Unfit, attempt
from .events import Answered, Died, EngineLost, Noticed
from .train import Checkpoints

AT_ONCE = 1000
"""Cells handed to the scheduler before any of them has ended."""

HOW = {"engine": "dask", "jobs": None}

one_cell_at_a_time = threading.Lock()
"""A worker with several threads still runs one cell at a time, so that times and memory mean something."""


class DaskEngine:
    """Cells as tasks of a Dask scheduler, e.g. at ``tcp://host:8786``.

    Workers need this version of fbbench and the data (``FBBENCH_DATA``). A worker that has other data or another
    version is retired; a cell whose worker was killed is run by another one, by Dask itself.

    Raises
    ------
    ImportError
        If dask.distributed is not installed.
    EngineLost
        If the scheduler cannot be reached.
    """

    name = "dask"
    how = HOW

    def __init__(self, address, timeout=20):
        self._distributed = require("distributed", "--scheduler needs dask.distributed", "cluster")
        try:
            self._client = self._distributed.Client(address, timeout=timeout)
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineLost(f"there is no Dask scheduler at {address} ({error})") from None
        self._ended = queue.SimpleQueue()
        self._running = {}

    @property
    def parallel(self):
        """How many cells run at a time: the number of workers there are now."""
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    @property
    def has_room(self):
        """Whether another cell may be handed over."""
        return len(self._running) < AT_ONCE

    def start(self, entry):
        """Have a cell run."""
        future = self._client.submit(run_remotely, entry, pure=False)
        self._running[future] = entry
        future.add_done_callback(self._ended.put)

    def wait(self, timeout):
        """Wait until something happens, or some seconds; return it as a list of events."""
        try:
            future = self._ended.get(timeout=timeout)
        except queue.Empty:
            if self._client.status != "running":
                raise self._lost() from None
            return []
        entry = self._running.pop(future)
        if future.status == "cancelled" or self._client.status != "running":
            raise self._lost()
        if future.status == "error":
            return [self._failed(entry, future)]
        return [Answered(entry, future.result())]

    def _failed(self, entry, future):
        error = future.exception()
        if isinstance(error, UnfitWorker):
            reason, address = error.args
            self._client.retire_workers([address], close_workers=True)
            self.start(entry)
            return Noticed(f"Worker {address} is not used any more: {reason}")
        if isinstance(error, self._distributed.KilledWorker):
            return Died(entry, f"was killed on several workers ({error.last_worker.address} the last)", again=False)
        raise EngineLost(f"a worker could not run a cell: {type(error).__name__}: {error}; is fbbench installed there?")

    def _lost(self):
        return EngineLost("the connection to the Dask scheduler was lost; what had ended is stored, run again to go on")

    def close(self):
        """Cancel what has not ended and leave the cluster as it was."""
        if self._client.status == "running":
            self._client.cancel(list(self._running), force=True)
        self._client.close()


class UnfitWorker(RuntimeError):
    """A worker with other data or another version: the reason and its address.

    An exception and not a result, as a worker that holds results of others cannot be retired.
    """


def run_remotely(entry):
    """Run a cell in a Dask worker and return its row; raise UnfitWorker if this worker is no use."""
    from distributed import get_worker

    with one_cell_at_a_time:
        compute_with_one_thread()
        folder = cache_folder() / "checkpoints"
        checkpoints = Checkpoints(folder / f"{entry.key}.npz")
        try:
            row = attempt(entry, HOW, checkpoints)
        except Unfit as error:
            raise UnfitWorker(str(error), get_worker().address) from None
        checkpoints.path.unlink(missing_ok=True)
        return row


@functools.cache
def compute_with_one_thread():
    """Have the numerical libraries that this process has loaded use one thread from now on."""
    import threadpoolctl

    return threadpoolctl.threadpool_limits(1)
