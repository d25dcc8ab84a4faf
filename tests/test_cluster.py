"""A real Dask cluster on this machine: a scheduler and workers over TCP, one of them killed in the middle."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from stores import TINY, entries_of, outcomes, suite_of

from fbbench.experiments import Store
from fbbench.experiments.events import EngineLost, Finished, Noticed

pytest.importorskip("distributed", reason="dask.distributed is not installed (fbbench[cluster])")

from fbbench.experiments.dask_engine import DaskEngine
from fbbench.experiments.run import run_entries

CELLS = TINY.replace("seeds = [1, 2]", f"seeds = {list(range(12))}").replace("epochs = 2", "epochs = 100")


@contextlib.contextmanager
def process_of(name, *arguments, log, **environment):
    """A Dask scheduler or worker; yields the process."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + name, *arguments]
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **environment}, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def scheduler_in(tmp_path):
    """A scheduler on a free port; yields its address and process."""
    log = tmp_path / "scheduler.log"
    with process_of("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", log=log) as process:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"Scheduler at:\s+(tcp://[\d.]+:\d+)", log.read_text())):
            assert time.monotonic() < deadline and process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield found[1], process


@pytest.fixture
def scheduler(tmp_path):
    """The address of a scheduler."""
    with scheduler_in(tmp_path) as (address, _):
        yield address


def worker(scheduler, tmp_path, number, **environment):
    """A worker without a nanny, so that a kill is final."""
    options = ("--nthreads", "2", "--no-nanny", "--no-dashboard", "--name", f"w{number}")
    folder = str(tmp_path / f"w{number}")
    return process_of(
        "worker", scheduler, *options, "--local-directory", folder, log=tmp_path / f"w{number}.log", **environment
    )


def quiet_store(suite, folder):
    command = [sys.executable, "-m", "fbbench", "run", suite, "--store", str(folder), "-j", "2"]
    subprocess.run(command, check=True, capture_output=True)
    return outcomes(folder)


def test_a_killed_workers_cells_run_elsewhere_with_the_same_outcome(scheduler, tmp_path):
    suite_of(tmp_path, content=CELLS)
    suite, store = str(tmp_path / "tiny.toml"), tmp_path / "store"
    command = [sys.executable, "-m", "fbbench", "run", suite, "--store", str(store), "--scheduler", scheduler]
    with worker(scheduler, tmp_path, 1) as first, worker(scheduler, tmp_path, 2):
        runner = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 100
        while len(outcomes(store)) < 4 and time.monotonic() < deadline and runner.poll() is None:
            time.sleep(0.02)
        before = len(outcomes(store))
        first.send_signal(signal.SIGKILL)
        text = runner.communicate(timeout=120)[0]
    assert 4 <= before < 24, text
    assert runner.returncode == 0, text
    rows = Store(store).rows()
    assert len(rows) == 24 and {(r["run"]["engine"], r["run"]["jobs"]) for r in rows.values()} == {("dask", None)}
    assert outcomes(store) == quiet_store(suite, tmp_path / "quiet")


def test_a_worker_with_other_data_is_not_used(scheduler, tmp_path, monkeypatch):
    """Prototypes of another version of NumPy, say: here a worker that is told to be of another result version."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sitecustomize.py").write_text(
        "import fbbench.experiments.cells as cells\ncells.RESULT_VERSION = 0\n"
    )
    suite = suite_of(tmp_path)
    store = Store(tmp_path / "store")
    store.prepare()
    events = []
    with worker(scheduler, tmp_path, 1, PYTHONPATH=str(tmp_path / "other")) as unfit:
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 1)
            running = run_entries(entries_of(suite), store, engine)
            while not any(isinstance(event, Noticed) for event in events):
                events.append(next(running))
            with worker(scheduler, tmp_path, 2):
                events.extend(running)
        finally:
            engine.close()
        unfit.wait(30)  # it was told to go
    notice = next(event.text for event in events if isinstance(event, Noticed))
    assert "is not used any more" in notice and "another result_version than the cell was planned with" in notice
    assert sum(isinstance(event, Finished) and not event.error for event in events) == 4
    assert not store.failures()


def wait_for_workers(engine, n):
    engine._client.wait_for_workers(n, timeout=60)


def test_no_scheduler_and_a_scheduler_that_goes(tmp_path):
    with pytest.raises(EngineLost, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:9"):
        DaskEngine("tcp://127.0.0.1:9", timeout=1)
    suite = suite_of(tmp_path)
    store = Store(tmp_path / "store")
    store.prepare()
    with scheduler_in(tmp_path) as (address, process):
        engine = DaskEngine(address)
        running = run_entries(entries_of(suite), store, engine)
        next(running)  # handed over; there is no worker
        process.kill()
        with pytest.raises(EngineLost, match="connection to the Dask scheduler was lost; what had ended is stored"):
            list(running)
        engine.close()


def test_the_command_says_what_is_wrong(tmp_path):
    suite_of(tmp_path)
    command = [sys.executable, "-m", "fbbench", "run", str(tmp_path / "tiny.toml"), "--store", str(tmp_path / "s")]
    both = subprocess.run(
        [*command, "-j", "2", "--scheduler", "tcp://x:1"], capture_output=True, text=True, check=False
    )
    assert both.returncode == 2 and "give one of them" in both.stderr
