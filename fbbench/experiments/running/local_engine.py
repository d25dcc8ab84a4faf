"""Cells on this machine: processes that compute with one thread each."""

import contextlib
import ctypes
import multiprocessing
import multiprocessing.connection
import multiprocessing.resource_tracker as resource_tracker
import os
import signal
import sys
import threading
import time
from pathlib import Path

from fbbench.baselines.protocol import method_class

from ..rows.checkpoint import CHECKPOINT_SECONDS, checkpoint_file
from .attempt import Unfit, attempt
from .events import Answered, Died, Lost, Progressed

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
START_METHOD = "spawn"
"""A fork would take over threads of torch and BLAS in a state that nobody knows."""

PR_SET_PDEATHSIG = 1

START_SECONDS = 60.0
"""What a process may take, beside a cell's time, until it has loaded its libraries."""
END_SECONDS = 5.0
"""How long all workers together may take to end in order."""

REPORT_SECONDS = 0.5
"""An epoch is reported at most this often."""


class LocalEngine:
    """Up to ``jobs`` worker processes, started when they are needed.

    A worker that dies (killed, out of memory, a crash in foreign code) takes the cell it ran with it and no other; a
    runner that dies takes its workers with it. With ``cell_seconds``, a worker whose cell takes longer is ended.
    """

    def __init__(self, jobs, checkpoint_folder, checkpoint_seconds=CHECKPOINT_SECONDS, cell_seconds=None):
        self.jobs, self.cell_seconds = jobs, cell_seconds
        self.how = {"engine": "local", "jobs": jobs}
        self._checkpoints = (Path(checkpoint_folder).absolute(), checkpoint_seconds)
        self._workers = []

    @property
    def parallel(self):
        """How many cells run at a time."""
        return self.jobs

    @property
    def has_room(self):
        """Whether another cell may be started."""
        return sum(worker.planned is not None for worker in self._workers) < self.jobs

    def start(self, planned):
        """Have a cell run."""
        idle = next((worker for worker in self._workers if worker.planned is None), None)
        if idle is None:
            idle = Worker(self.how, *self._checkpoints)
            self._workers.append(idle)
        idle.begin(planned)

    def wait(self, timeout):
        """Wait until something happens, or some seconds; return it as a list of events."""
        busy = {worker.connection: worker for worker in self._workers if worker.planned is not None}
        if self.cell_seconds is not None:
            left = min(
                (worker.since + self.cell_seconds - time.monotonic() for worker in busy.values()), default=timeout
            )
            timeout = max(0.0, min(timeout, left))
        events = [
            event for ready in multiprocessing.connection.wait(busy, timeout) for event in self._hear(busy[ready])
        ]
        return events + self._overdue()

    def _overdue(self):
        """End the workers whose cells take longer than they may; return it as events."""
        if self.cell_seconds is None:
            return []
        events = []
        for worker in list(self._workers):
            if worker.planned is not None and time.monotonic() - worker.since > self.cell_seconds:
                self._workers.remove(worker)
                events.append(Died(worker.planned, too_long(self.cell_seconds), again=False))
                worker.end()
        return events

    def _hear(self, worker):
        planned = worker.planned
        try:
            kind, content = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            return [Died(planned, worker.epitaph(), again=True)]
        if kind == "begins":
            worker.since = time.monotonic()
            return []
        if kind == "epochs":
            return [Progressed(planned, content)]
        if kind == "row" and content["identity"] != planned.identity:
            self._workers.remove(worker)
            worker.end()
            return [Died(planned, "answered for another cell", again=False)]
        worker.planned = None
        if kind == "unfit":
            return [Lost(f"the run was stopped, as something changed under it: {content}; start it again")]
        return [Answered(planned, content)]

    def close(self):
        """End all workers, in the middle of a cell if they run one."""
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + END_SECONDS
        for worker in self._workers:
            worker.end(deadline)
        self._workers = []


def too_long(seconds):
    """Return in words that a cell was ended for its time; the middle of a sentence about its process."""
    return f"was ended after {seconds:g} s, the limit for a cell (cell_seconds in the suite, --cell-seconds)"


class Worker:
    """A process and the cell it runs (``planned``, None when idle)."""

    def __init__(self, how, checkpoint_folder, checkpoint_seconds):
        context = multiprocessing.get_context(START_METHOD)
        self.connection, theirs = context.Pipe()
        arguments = (theirs, how, checkpoint_folder, checkpoint_seconds)
        self.process = context.Process(target=serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
        resource_tracker.ensure_running()  # starting it inside would let interrupts through again
        with one_thread(), without_interrupts():
            self.process.start()
        theirs.close()
        self.planned, self.since = None, 0.0

    def begin(self, planned):
        self.planned, self.since = planned, time.monotonic() + START_SECONDS  # until it says that it begins
        with contextlib.suppress(OSError):  # it died idle; the runner hears of it as of any death
            self.connection.send(planned)

    def epitaph(self):
        """Return in words how the process ended."""
        self.process.join(10)
        status = self.process.exitcode
        if status is not None and status < 0:
            hint = ", perhaps for lack of memory" if -status == signal.SIGKILL else ""
            return f"was killed by {signal.Signals(-status).name}{hint}"
        return f"ended with exit status {status}"

    def end(self, deadline=0.0):
        """End the process: by SIGTERM until a moment of the monotonic clock, then by SIGKILL."""
        self.process.terminate()
        self.process.join(max(0.0, deadline - time.monotonic()))
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


@contextlib.contextmanager
def without_interrupts():
    """Have Ctrl-C wait until the block ends, and never reach the processes that are started in it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def one_thread():
    """Have libraries in processes that are started meanwhile compute with one thread; they read this as they load."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def serve(connection, how, checkpoint_folder, checkpoint_seconds):
    """Run the cells that come through a connection until it ends: what a worker process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's, which ends its workers
    end_with_parent()
    process = os.getpid()
    while True:
        try:
            planned = connection.recv()
        except EOFError:
            return
        checkpoint = checkpoint_file(checkpoint_folder, planned.key, checkpoint_seconds)
        try:
            with contextlib.suppress(Exception):  # the attempt says what is wrong with it
                method_class(planned.cell.method)  # its libraries take seconds that are not the cell's
            connection.send(("begins", None))
            answer = ("row", attempt(planned, how, checkpoint, Reporter(connection)))
        except Unfit as error:
            answer = ("unfit", str(error))
        if os.getpid() != process:  # the method has forked, and this is the child
            os._exit(1)
        connection.send(answer)


class Reporter:
    """Sends the number of epochs done, now and then."""

    def __init__(self, connection):
        self.connection, self.last = connection, time.monotonic()

    def __call__(self, epochs):
        if time.monotonic() - self.last >= REPORT_SECONDS:
            self.last = time.monotonic()
            self.connection.send(("epochs", epochs))


def end_with_parent():
    """See to it that this process ends when the one that started it has ended, even by SIGKILL.

    On Linux the kernel does it, whatever a method is busy with; elsewhere a thread, which a method may keep waiting.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker has one
    threading.Thread(target=exit_after, args=(parent.sentinel,), daemon=True).start()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def exit_after(sentinel):
    """End this process when another one has ended."""
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
