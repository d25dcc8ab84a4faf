"""A real Dask cluster on this machine: a scheduler and workers over TCP, one of them killed in the middle."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from stores import BAD_FIRST, TINY, outcomes, planned_of, running, suite_of

from fbbench.experiments import Store
from fbbench.experiments.running.events import EngineLost, Finished, Noticed

pytest.importorskip("distributed", reason="dask.distributed is not installed (fbbench[cluster])")

from fbbench.experiments.running import dask_engine
from fbbench.experiments.running.dask_engine import DaskEngine
from fbbench.experiments.running.run import run_cells

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
    with worker(scheduler, tmp_path, 1) as first, worker(scheduler, tmp_path, 2), running(command) as runner:
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


@pytest.fixture
def other_version(tmp_path):
    """A folder that makes a worker one of another version, when it is in its PYTHONPATH."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import fbbench.experiments.planning.cells as cells\ncells.RESULT_VERSION = 0\n"
    )
    return str(folder)


def test_a_worker_of_another_version_gets_no_more_cells(scheduler, other_version, tmp_path):
    suite, store = suite_of(tmp_path, content=CELLS), Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1, PYTHONPATH=other_version) as unfit, worker(scheduler, tmp_path, 2):
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 2)
            events = list(run_cells(planned_of(suite), store, engine))
        finally:
            engine.close()
        assert unfit.poll() is None  # it may be of use to others
    (notice,) = [event.text for event in events if isinstance(event, Noticed)]
    assert "gets no cells: it has another fbbench: result_version 0, here" in notice
    assert sum(isinstance(event, Finished) and not event.error for event in events) == 24
    assert not store.failures()


def test_no_worker_that_can_run_the_cells(scheduler, other_version, tmp_path):
    suite, store = suite_of(tmp_path), Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1, PYTHONPATH=other_version):
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 1)
            with pytest.raises(EngineLost, match="no worker of the cluster can run these cells"):
                list(run_cells(planned_of(suite), store, engine))
        finally:
            engine.close()
    assert not store.failures() and not store.done()


def test_cells_kept_for_a_worker_that_died_are_run_by_another(scheduler, other_version, tmp_path):
    """Dask itself would wait for ever: after an unfit worker, cells are for named workers only."""
    suite, store = suite_of(tmp_path, content=CELLS), Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1, PYTHONPATH=other_version), worker(scheduler, tmp_path, 2) as fit:
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 2)
            events = run_cells(planned_of(suite), store, engine)
            while not isinstance(next(events), Noticed):
                pass
            with worker(scheduler, tmp_path, 3):
                wait_for_workers(engine, 3)
                fit.send_signal(signal.SIGKILL)
                assert sum(isinstance(event, Finished) for event in events) > 0
        finally:
            engine.close()
    assert len(store.done()) == 24 and not store.failures()


@pytest.fixture
def without_fbbench(tmp_path):
    """A folder that makes a worker one without fbbench, when it is in its PYTHONPATH."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['fbbench'] = None\n")
    return str(folder)


def test_a_worker_without_fbbench_is_told_what_to_install(scheduler, without_fbbench, tmp_path):
    """Before, it died of the cell, and the run waited for ever."""
    suite, store = suite_of(tmp_path), Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1, PYTHONPATH=without_fbbench) as bare:
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 1)
            with pytest.raises(EngineLost, match=r"every one needs fbbench .* \(pip install 'fbbench\[cluster\]'\)"):
                list(run_cells(planned_of(suite), store, engine))
        finally:
            engine.close()
        engine = DaskEngine(scheduler)
        try:
            with worker(scheduler, tmp_path, 2):
                wait_for_workers(engine, 2)
                events = list(run_cells(planned_of(suite), store, engine))
        finally:
            engine.close()
        assert bare.poll() is None
    assert sum(isinstance(event, Finished) and not event.error for event in events) == 4
    assert len(store.done()) == 4 and not store.failures()


def test_a_worker_that_comes_later_without_fbbench_gets_nothing(scheduler, without_fbbench, tmp_path):
    suite, store = suite_of(tmp_path, content=CELLS), Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1):
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 1)
            events = run_cells(planned_of(suite), store, engine)
            next(events)
            with worker(scheduler, tmp_path, 2, PYTHONPATH=without_fbbench) as bare:
                finished = [event for event in events if isinstance(event, Finished)]
                assert bare.poll() is None
        finally:
            engine.close()
    assert len(finished) == 24 and not store.failures()


def test_a_worker_without_the_data_says_so(scheduler, tmp_path, monkeypatch):
    """The set is on the runner's machine alone."""
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "here"))
    from fbbench.datasets import imported, registry

    (tmp_path / "my.csv").write_text("a,b,y\n" + "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(40)))
    imported.import_file(tmp_path / "my.csv", "y", "onlyhere")
    registry.load.cache_clear()
    suite = suite_of(tmp_path, "digits", "onlyhere", TINY.replace("[methods.shapes]", "").replace(
        'digits = { 35_35 = "44_4" }', ""))  # fmt: skip
    store = Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1, FBBENCH_CACHE=str(tmp_path / "there")):
        engine = DaskEngine(scheduler)
        try:
            wait_for_workers(engine, 1)
            seen = []
            with pytest.raises(EngineLost, match="no worker of the cluster can run these cells"):
                for event in run_cells(planned_of(suite), store, engine):
                    seen.append(event)
        finally:
            engine.close()
    (notice,) = [event.text for event in seen if isinstance(event, Noticed)]
    assert "there is no data set 'onlyhere' on this machine" in notice and "\n" not in notice
    assert not store.failures() and not store.done()


def wait_for_workers(engine, n):
    deadline = time.monotonic() + 60
    while len(engine.workers() | engine._unfit) < n:
        assert time.monotonic() < deadline, "the workers did not come"
        time.sleep(0.1)


def test_no_scheduler_and_a_scheduler_that_goes(tmp_path):
    with pytest.raises(EngineLost, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:9"):
        DaskEngine("tcp://127.0.0.1:9", timeout=1)
    suite = suite_of(tmp_path)
    store = Store(tmp_path / "store")
    store.prepare()
    with scheduler_in(tmp_path) as (address, process):
        engine = DaskEngine(address)
        running = run_cells(planned_of(suite), store, engine)
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


def test_no_worker_is_said(scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_engine, "LONELY_SECONDS", 0.5)
    store = Store(tmp_path / "store")
    store.prepare()
    engine = DaskEngine(scheduler)
    try:
        events = run_cells(planned_of(suite_of(tmp_path)), store, engine)
        notice = next(event for event in events if isinstance(event, Noticed))
        assert "The cluster has no worker" in notice.text
        with worker(scheduler, tmp_path, 1):
            assert sum(isinstance(event, Finished) for event in events) == 4
    finally:
        engine.close()


@pytest.mark.parametrize("stop", ["Ctrl-C", "kill -9"])
def test_a_stopped_runs_cells_leave_their_workers(scheduler, tmp_path, stop):
    """A cell that nobody waits for any more ends after its epoch, and the next run finds the worker free."""
    suite_of(tmp_path, content=TINY.replace("epochs = 2", "epochs = 1000000"))
    command = [sys.executable, "-m", "fbbench", "run", str(tmp_path / "tiny.toml"), "--scheduler", scheduler]
    with worker(scheduler, tmp_path, 1), running([*command, "--store", str(tmp_path / "a")]) as first:
        deadline = time.monotonic() + 60
        while "0 done already" not in first.stdout.readline():
            assert time.monotonic() < deadline and first.poll() is None
        time.sleep(5)  # it is well in its first cell
        first.send_signal(signal.SIGINT if stop == "Ctrl-C" else signal.SIGKILL)
        first.wait(30)
        suite_of(tmp_path)
        done = subprocess.run(
            [*command, "--store", str(tmp_path / "b")], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(outcomes(tmp_path / "b")) == 4 and not outcomes(tmp_path / "a")


@pytest.mark.parametrize("how", ["raises what is no exception", "cannot be shown", "exits"])
def test_a_method_that_misbehaves_fails_alone(scheduler, tmp_path, how, misbehave):
    misbehave(how)
    suite_of(tmp_path, content=BAD_FIRST)
    store = tmp_path / "store"
    command = [sys.executable, "-m", "fbbench", "run", str(tmp_path / "tiny.toml"), "--store", str(store)]
    with worker(scheduler, tmp_path, 1):
        done = subprocess.run(
            [*command, "--scheduler", scheduler], capture_output=True, text=True, timeout=100, check=False
        )
    assert done.returncode == 1 and "2 failed" in done.stdout, done.stdout + done.stderr
    assert len(outcomes(store)) == 4 and len(Store(store).failures()) == 2


def test_a_cell_that_takes_too_long_fails_on_a_cluster_too(scheduler, tmp_path):
    suite = suite_of(tmp_path, content=TINY.replace("epochs = 2", "epochs = 1000000"))
    store = Store(tmp_path / "store")
    store.prepare()
    with worker(scheduler, tmp_path, 1):
        engine = DaskEngine(scheduler, cell_seconds=2)
        try:
            events = list(run_cells(planned_of(suite)[:2], store, engine))
        finally:
            engine.close()
    errors = [event.error for event in events if isinstance(event, Finished)]
    assert len(errors) == 2 and all("the limit for a cell" in error for error in errors)
    assert len(store.failures()) == 2 and not store.done()
