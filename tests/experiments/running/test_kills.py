"""Runs that are killed at any moment: what is stored afterwards is what a quiet run stores."""

import contextlib
import multiprocessing
import multiprocessing.forkserver
import os
import pty
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import stores
from stores import BAD_FIRST, TINY, outcomes, planned_of, running, suite_of

from fbbench import files
from fbbench.experiments import Store, load_suite
from fbbench.experiments.running import local_engine
from fbbench.experiments.running.events import Finished
from fbbench.experiments.running.local_engine import LocalEngine
from fbbench.experiments.running.run import run_cells

KILLS = 50


def sweep(suite_file, folder, messages, write_to_die_in=None):
    """Run what is missing, as `fbbench run` does, in processes that start fast; a message for every cell that ends.

    write_to_die_in: the number of a write of this process in whose middle it kills itself.
    """
    local_engine.START_METHOD = "fork"
    planned_cells, store = planned_of(load_suite(suite_file)), Store(folder)
    store.prepare()
    todo = [planned for planned in planned_cells if not store.has(planned.key)]
    engine = LocalEngine(2, store.checkpoints, checkpoint_seconds=0)  # a checkpoint after every epoch
    if write_to_die_in is not None:
        files.os.replace = dying_after(write_to_die_in, files.os.replace)
    messages.send(len(todo))
    for event in run_cells(todo, store, engine):
        if isinstance(event, Finished):
            messages.send("ended")
    engine.close()
    messages.send("done")


def dying_after(writes, replace):
    """Return an os.replace that kills this process, not its workers, in the place of the rename after so many."""
    left, runner = [writes], os.getpid()

    def dying(source, target):
        if os.getpid() == runner:
            if not left[0]:
                os.kill(runner, signal.SIGKILL)
            left[0] -= 1
        replace(source, target)

    return dying


@pytest.fixture(scope="module")
def forkserver():
    """A context whose processes have imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["fbbench.experiments.running.train", "fbbench.baselines.bmlp", "sklearn.datasets", "test_kills"]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(Path(stores.__file__).parent)])
        )  # where the server finds this module
        multiprocessing.forkserver.ensure_running()
    return context


@contextlib.contextmanager
def sweeping(context, *arguments):
    """Start a sweep; yields the process and a function that waits for its next message."""
    ours, theirs = context.Pipe()
    process = context.Process(target=sweep, args=(*arguments[:2], theirs, *arguments[2:]))
    process.start()
    theirs.close()

    def hear():
        assert ours.poll(60), "no message"
        return ours.recv()

    try:
        yield process, hear
    finally:
        process.kill()
        process.join()
        ours.close()


def finish(context, suite, store):
    """Run a sweep to its end."""
    with sweeping(context, suite, str(store)) as (_, hear):
        while hear() != "done":
            pass


@pytest.fixture
def sweep_of_300(tmp_path):
    suite_of(tmp_path, "seeds = [1, 2]", f"seeds = {list(range(150))}", TINY.replace("epochs = 2", "epochs = 4"))
    return str(tmp_path / "tiny.toml")


def test_killed_at_50_random_moments(forkserver, sweep_of_300, tmp_path):
    store, moments = tmp_path / "store", random.Random(7)
    for _ in range(KILLS):
        with sweeping(forkserver, sweep_of_300, str(store)) as (process, hear):
            assert hear() > 0, "the sweep ended before it was killed often enough"
            for _ in range(moments.randrange(5)):
                hear()
            time.sleep(moments.uniform(0, 0.02))
            process.kill()
            process.join()
        Store(store).rows()  # whole at any moment, whatever lies beside them
    finish(forkserver, sweep_of_300, store)
    finish(forkserver, sweep_of_300, tmp_path / "quiet")
    assert outcomes(store) == outcomes(tmp_path / "quiet")
    assert len(outcomes(store)) == 300


def test_killed_in_the_middle_of_a_write(forkserver, tmp_path):
    """Right before the rename."""
    suite_of(tmp_path, "epochs = 2", "epochs = 4")
    suite, store = str(tmp_path / "tiny.toml"), tmp_path / "store"
    left, stored = [], []
    for write in (0, 1, 1, 0):
        with sweeping(forkserver, suite, str(store), write) as (process, _):
            process.join(60)
            assert not process.is_alive()
        left.append(len(list(store.glob("cells/.*.tmp"))))
        stored.append(len(Store(store).rows()))
    assert left == [1, 2, 3, 4] and stored == [0, 1, 2, 2]
    finish(forkserver, suite, store)
    finish(forkserver, suite, tmp_path / "quiet")
    assert outcomes(store) == outcomes(tmp_path / "quiet")


def test_a_killed_training_goes_on_from_its_checkpoint(forkserver, tmp_path):
    suite_of(tmp_path, "epochs = 2", "epochs = 400", TINY.replace("seeds = [1, 2]", "seeds = [1]"))
    suite, store = str(tmp_path / "tiny.toml"), tmp_path / "store"
    with sweeping(forkserver, suite, str(store)) as (process, hear):
        hear()
        wait_until(lambda: Store(store).checkpointed())
        process.kill()
        process.join()
    finish(forkserver, suite, store)
    rows = Store(store).rows().values()
    assert len(rows) == 2 and any(row["run"]["resumed_after_epochs"] for row in rows)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_the_command_stopped_and_started_again(how, tmp_path):
    """A stop loses cells in flight only, and leaves no process behind; what is stored is that of a quiet run."""
    longer = TINY.replace("seeds = [1, 2]", "seeds = [1, 2, 3]").replace("epochs = 2", "epochs = 600")
    path, store = tmp_path / "tiny.toml", tmp_path / "store"
    path.write_text(longer)
    command = [sys.executable, "-m", "fbbench", "run", str(path), "--store", str(store), "-j", "1"]
    with running(command, start_new_session=True) as process:
        wait_until(lambda: len(outcomes(store)) >= 2)
        process.send_signal(how)  # to the runner alone: its workers have to notice
        output = process.communicate(timeout=60)[0]
        wait_until(lambda: not group_exists(process.pid))
    stopped_at = len(outcomes(store))
    assert 2 <= stopped_at < 6
    if how == signal.SIGINT:
        assert process.returncode == 130 and "goes on from there" in output and "Traceback" not in output, output
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{stopped_at} done already" in done.stdout
    assert len(outcomes(store)) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process that holds Python's lock")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_method_that_never_lets_go_ends_with_its_runner(misbehave, tmp_path, how):
    """It holds Python's lock in foreign code, so that no thread of its process can look after anything."""
    misbehave("holds the lock")
    suite_of(tmp_path, content=BAD_FIRST)
    command = [sys.executable, "-m", "fbbench", "run", str(tmp_path / "tiny.toml"), "--store", str(tmp_path / "s")]
    with running([*command, "-j", "1"], cwd=tmp_path) as runner:
        wait_until((tmp_path / "pid").exists)
        wait_until((tmp_path / "pid").read_text)
        worker = int((tmp_path / "pid").read_text())
        runner.send_signal(how)
        runner.wait(30)
    wait_until(lambda: not is_running(worker), seconds=10)


def is_running(process):
    """Return whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_terminal_is_left_in_order(tmp_path):
    """A request to end in the middle of the live table shows the cursor again."""
    suite_of(tmp_path, "epochs = 2", "epochs = 1000000")
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "fbbench", "run", str(tmp_path / "tiny.toml"), "--store", str(tmp_path / "s")]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while b"running" not in shown:
        shown += os.read(terminal, 4096)
    assert b"\x1b[?25l" in shown  # the cursor is hidden
    process.terminate()
    with contextlib.suppress(OSError):  # the other end is closed
        while chunk := os.read(terminal, 4096):
            shown += chunk
    assert process.wait(30) == 143 and shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l")
    os.close(terminal)


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def group_exists(group):
    """Return whether a process group has a process that is more than a zombie."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    states = subprocess.run(["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False).stdout
    return any(not state.startswith("Z") for state in states.split())


@pytest.mark.parametrize("seconds", [0.4, 3.0])
def test_stopped_while_it_starts(tmp_path, seconds):
    """Workers that were still importing showed their tracebacks."""
    suite_of(tmp_path)
    command = [sys.executable, "-m", "fbbench", "run", tmp_path / "tiny.toml", "--store", tmp_path / "store", "-j", "1"]
    runner = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):  # it may have ended
        os.killpg(runner.pid, signal.SIGINT)
    said = runner.communicate(timeout=60)[0]
    assert "Traceback" not in said and runner.returncode in (0, 130, -signal.SIGINT), (runner.returncode, said)
