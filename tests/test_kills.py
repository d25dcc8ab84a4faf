"""Runs that are killed at any moment: what is stored afterwards is what a quiet run stores."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from stores import TINY, entries_of, outcomes, suite_of

from fbbench.experiments import Store, load_suite
from fbbench.experiments.local_engine import LocalEngine
from fbbench.experiments.run import run_entries

KILLS = 50


def sweep(suite_file, folder, jobs, started):
    """Run what is missing, as `fbbench run` does, in processes that start fast."""
    from fbbench.experiments import local_engine

    local_engine.START_METHOD = "fork"
    entries, store = entries_of(load_suite(suite_file)), Store(folder)
    store.prepare()
    todo = [entry for entry in entries if not store.has(entry.key)]
    engine = LocalEngine(jobs, store.checkpoints, checkpoint_seconds=0)  # a checkpoint after every epoch
    started.send(len(todo))
    for _ in run_entries(todo, store, engine):
        pass
    engine.close()
    started.send("done")


@pytest.fixture(scope="module")
def forkserver():
    """A context whose processes have imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fbbench.experiments.train", "baselines.bmlp", "sklearn.datasets", "test_kills"])
    return context


def start(context, *arguments):
    ours, theirs = context.Pipe()
    process = context.Process(target=sweep, args=(*arguments, theirs))
    process.start()
    theirs.close()
    return process, ours


def test_killed_at_50_random_moments(forkserver, tmp_path):
    seeds = f"seeds = {list(range(250))}"
    suite_of(tmp_path, "seeds = [1, 2]", seeds, TINY.replace("epochs = 2", "epochs = 4"))
    suite, store = str(tmp_path / "tiny.toml"), tmp_path / "store"
    moments = random.Random(7)
    left, kills, temporary = None, 0, 0
    while kills < KILLS:
        process, messages = start(forkserver, suite, str(store), 2)
        assert (left := messages.recv()) > 0, "the sweep ended before it was killed often enough"
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        process.join()
        kills += 1
        temporary += len(list(store.glob("*/.*.tmp")))
        Store(store).rows()  # whole at any moment, whatever lies beside them
    assert 0 < left < 500
    process, messages = start(forkserver, suite, str(store), 2)
    process.join()
    assert [messages.recv(), messages.recv()][-1] == "done"
    process, messages = start(forkserver, suite, str(tmp_path / "quiet"), 2)
    process.join()
    assert outcomes(store) == outcomes(tmp_path / "quiet")
    assert len(outcomes(store)) == 500
    assert temporary, "no kill ever hit a write; the test proves little"
    assert any(row["run"]["resumed_after_epochs"] for row in Store(store).rows().values())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_the_command_stopped_and_started_again(how, tmp_path):
    """A stop loses cells in flight only, and leaves no process behind; what is stored is that of a quiet run."""
    longer = TINY.replace("seeds = [1, 2]", "seeds = [1, 2, 3]").replace("epochs = 2", "epochs = 600")
    path, store = tmp_path / "tiny.toml", tmp_path / "store"
    path.write_text(longer)
    command = [sys.executable, "-m", "fbbench", "run", str(path), "--store", str(store), "-j", "1"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: len(outcomes(store)) >= 2)
    process.send_signal(how)  # to the runner alone: its workers have to notice
    output = process.communicate(timeout=60)[0].decode()
    wait_until(lambda: not group_exists(process.pid))
    stopped_at = len(outcomes(store))
    assert 2 <= stopped_at < 6
    if how == signal.SIGINT:
        assert process.returncode == 130 and "goes on from there" in output and "Traceback" not in output, output
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{stopped_at} done already" in done.stdout
    assert len(outcomes(store)) == 6


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
