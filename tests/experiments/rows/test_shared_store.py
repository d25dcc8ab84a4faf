"""Several runners on one store, stores that cannot be written, and stores merged into one."""

import contextlib
import errno
import json
import os
import subprocess
import sys
import time

import pytest
from commands import call
from stores import TINY, outcomes, planned_of, running, set_accuracy, suite_of

from fbbench.experiments import Store, load_suite
from fbbench.experiments.rows import store as store_module
from fbbench.experiments.rows.locks import CellLocks, locked_elsewhere
from fbbench.experiments.running.attempt import died
from fbbench.experiments.running.events import Answered, Finished
from fbbench.experiments.running.run import run_cells

HOLD = """
import sys
from fbbench.experiments import Store
from fbbench.experiments.rows.locks import CellLocks
store = Store(sys.argv[1])
store.prepare()
claims = CellLocks(store)
assert all(claims.take(key) for key in sys.argv[2:])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def suite_file(tmp_path):
    suite_of(tmp_path)
    return str(tmp_path / "tiny.toml")


@contextlib.contextmanager
def another_process_that_claims(store, keys):
    """Hold claims in another process; yields the process."""
    command = [sys.executable, "-c", HOLD, str(store), *keys]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_until(runner, text):
    """Return the lines a process prints up to the one with some text."""
    lines = []
    for line in runner.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"no {text!r} in {lines}")


def test_claims_exclude_other_processes_and_end_with_them(tmp_path):
    store = Store(tmp_path / "store")
    store.prepare()
    keys = ["0" * 32, "f" * 32]
    with another_process_that_claims(store.folder, keys[:1]) as other:
        assert locked_elsewhere(store, keys) == {keys[0]}
        claims = CellLocks(store)
        assert not claims.take(keys[0]) and claims.take(keys[1])
        other.kill()  # SIGKILL: nothing is left behind
        other.wait()
        assert claims.take(keys[0])
        claims.close()
    assert locked_elsewhere(store, keys) == set()
    assert (store.folder / "claims").stat().st_size == 0


def test_cells_of_another_runner_are_left_to_it_and_taken_over_when_it_stops(suite_file, tmp_path):
    store = tmp_path / "store"
    planned_cells = planned_of(load_suite(suite_file))
    with another_process_that_claims(store, [planned_cells[0].key]) as other:
        shown = call("plan", suite_file, "--store", store)
        assert "1 running, 3 missing" in shown.output
        command = [sys.executable, "-m", "fbbench", "run", suite_file, "--store", str(store), "-j", "1"]
        with running(command) as runner:
            lines = read_until(runner, "Another runner on this store works on 1 of these cells")
            assert any("4 cells, 0 done" in line for line in lines) and "[3/4]" in lines[-2]
            assert len(outcomes(store)) == 3
            other.kill()
            rest = runner.communicate(timeout=60)[0]
            assert runner.returncode == 0 and "[4/4]" in rest
    assert len(outcomes(store)) == 4


def test_cells_that_run_are_not_removed(suite_file, tmp_path):
    store = tmp_path / "store"
    call("run", suite_file, "--store", store, "-j", 1)
    key = next(iter(outcomes(store)))
    with another_process_that_claims(store, [key]):
        refused = call("rm", "--all", "--yes", "--store", store)
        assert refused.exit_code == 1 and "1 of these cells are being run now" in refused.output
    assert len(outcomes(store)) == 4


def test_two_runners_share_the_work(tmp_path):
    """Both start while a third holds every cell, so that they really run at the same time."""
    suite = suite_of(
        tmp_path, "seeds = [1, 2]", f"seeds = {list(range(40))}", TINY.replace("epochs = 2", "epochs = 30")
    )
    store = tmp_path / "store"
    command = [sys.executable, "-m", "fbbench", "run", str(tmp_path / "tiny.toml"), "--store", str(store), "-j", "1"]
    keys = [planned.key for planned in planned_of(suite)]
    with another_process_that_claims(store, keys) as holder, running(command) as first, running(command) as second:
        for runner in (first, second):
            read_until(runner, "80 cells, 0 done")
        holder.kill()
        texts = [runner.communicate(timeout=120)[0] for runner in (first, second)]
        assert [runner.returncode for runner in (first, second)] == [0, 0]
    assert len(outcomes(store)) == 80
    own = [sum(line.startswith("[") and "another runner" not in line for line in text.splitlines()) for text in texts]
    assert sum(own) == 80 and min(own) > 0  # nothing was done twice


def test_a_full_disk_stops_the_run_and_loses_nothing(suite_file, tmp_path, monkeypatch):
    store = tmp_path / "store"
    real, written = store_module.replacing, []

    @contextlib.contextmanager
    def little_room(path, mode="wb"):
        if len(written) >= 2 and path.parent.name == "cells":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        with real(path, mode) as file:
            yield file
        if path.parent.name == "cells":
            written.append(path)

    monkeypatch.setattr(store_module, "replacing", little_room)
    done = call("run", suite_file, "--store", store, "-j", 1)
    assert done.exit_code == 1
    assert "No space left on device" in done.output and "what had ended is stored" in done.output
    assert "Traceback" not in done.output
    assert len(outcomes(store)) == 2 and not Store(store).failures()
    monkeypatch.undo()
    assert call("run", suite_file, "--store", store, "-j", 1).exit_code == 0
    assert len(outcomes(store)) == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_store(suite_file, tmp_path):
    store = tmp_path / "store"
    call("run", suite_file, "--store", store, "-j", 1)
    for folder in (store / "cells", store):
        folder.chmod(0o555)
    try:
        done = call("run", suite_file, "--store", store, "--seeds", 3)
        assert done.exit_code == 1 and "cannot write to the folder" in done.output
        assert call("plan", suite_file, "--store", store).exit_code == 0
        assert call("results", "--store", store).exit_code == 0
    finally:
        for folder in (store, store / "cells"):
            folder.chmod(0o755)


def test_a_store_of_a_newer_version_is_left_alone(suite_file, tmp_path):
    store = tmp_path / "store"
    call("run", suite_file, "--store", store, "-j", 1)
    mark = store / "store.json"
    mark.write_text('{"store_version": 99}')
    before = {p: p.read_bytes() for p in store.rglob("*") if p.is_file()}
    for command in (
        ["run", suite_file, "--seeds", "3"],
        ["plan", suite_file],
        ["status"],
        ["results"],
        ["rm", "--all", "--yes"],
    ):
        done = call(*command, "--store", store)
        assert done.exit_code == 1, command
        assert "was written by a newer fbbench (store version 99, this one knows 2)" in done.output
    assert call("merge", store, "--store", tmp_path / "other").exit_code == 1
    assert {p: p.read_bytes() for p in store.rglob("*") if p.is_file()} == before
    for text in ("[]", '{"store_version": "two"}', "{"):
        mark.write_text(text)
        done = call("run", suite_file, "--store", store)
        assert done.exit_code == 1 and "is not the mark of a result store" in done.output


def test_leftovers_of_killed_writes_are_removed_when_they_are_old(tmp_path):
    store = Store(tmp_path / "store")
    store.prepare()
    old, young = store.cells / ".a.json.x.tmp", store.checkpoints / ".b.npz.x.tmp"
    for path in (old, young):
        path.touch()
    os.utime(old, (1, 1))
    store.prepare()
    assert not old.exists() and young.exists()


def test_an_outcome_that_is_there_is_not_overwritten(suite_file, tmp_path):
    call("run", suite_file, "--store", tmp_path / "store", "-j", 1)
    store, before = Store(tmp_path / "store"), outcomes(tmp_path / "store")
    row = next(iter(store.rows().values()))
    store.write({**row, "outcome": {**row["outcome"], "heldout_accuracy": 99.0}})
    assert outcomes(store.folder) == before


@pytest.fixture
def two_stores(suite_file, tmp_path):
    """Stores with seeds 1, 2 and seeds 1, 2, 3; the first knows of a failed cell as well."""
    a, b = tmp_path / "a", tmp_path / "b"
    assert call("run", suite_file, "--store", a, "-j", 1).exit_code == 0
    assert call("run", suite_file, "--store", b, "-j", 1, "--seeds", 3).exit_code == 0
    row = next(iter(Store(a).rows().values()))
    failure = {name: part for name, part in row.items() if name != "outcome"} | {"error": "E", "traceback": ""}
    Store(a).write_failure({**failure, "identity": {**row["identity"], "seed": 77}})
    return a, b


def test_merge(two_stores, tmp_path):
    a, b = two_stores
    target = tmp_path / "target"
    done = call("merge", a, b, "--store", target)
    assert done.exit_code == 0
    assert "6 added to" in done.output and "4 were there with the same outcome, 0 with another one" in done.output
    assert outcomes(target) == {**outcomes(a), **outcomes(b)}
    assert Store(a).failures() and not Store(target).failures()
    again = call("merge", a, b, "--store", target)
    assert again.exit_code == 0 and "0 added" in again.output


def test_merge_reports_two_outcomes_and_overwrites_nothing(two_stores, tmp_path):
    a, b = two_stores
    path = sorted((a / "cells").iterdir())[0]
    row = json.loads(path.read_text())
    set_accuracy(row, 99.5)
    del row["digest"]
    row["environment"]["cpu"] = "another one"
    path.write_text(json.dumps(row))
    mine = (b / "cells" / path.name).read_bytes()
    done = call("merge", a, "--store", b)
    assert done.exit_code == 1
    text = " ".join(done.output.split())
    assert f"two outcomes {path.stem[:8]} digits" in text and "99.50 % in" in text
    assert "heldout_accuracy, curve_heldout differ; the machines differ in cpu" in text
    assert (b / "cells" / path.name).read_bytes() == mine


def test_merge_goes_on_past_damaged_rows(two_stores, tmp_path):
    a, _ = two_stores
    sorted((a / "cells").iterdir())[0].write_text("{")
    done = call("merge", a, "--store", tmp_path / "target")
    assert (
        done.exit_code == 1 and "not read:" in done.output and "3 added" in done.output and "1 damaged" in done.output
    )


def test_merge_of_what_is_no_store(two_stores, tmp_path):
    a, _ = two_stores
    (tmp_path / "empty").mkdir()
    for names, said in (([tmp_path / "empty"], "is not a result store"), ([tmp_path / "nowhere"], "there is no store")):
        done = call("merge", a, *names, "--store", tmp_path / "target")
        assert done.exit_code == 1 and said in done.output
    assert not (tmp_path / "target").exists()
    assert "the store that is merged into" in call("merge", a, "--store", a).output


def test_two_runs_that_retry_do_not_repeat_each_other(tmp_path):
    """What the first has tried again and seen fail is no failure from before for the second."""
    suite = suite_of(tmp_path)
    store = Store(tmp_path / "store")
    store.prepare()
    planned_cells = planned_of(suite)
    for planned in planned_cells:
        store.write_failure(died(planned, {}, "died long ago"))
    engine = RecordingEngine()
    events = run_cells(planned_cells, store, engine, retry_failed=True)
    next(events)
    store.write_failure(died(planned_cells[1], {}, "died again, elsewhere"))
    ended = [event for event in events if isinstance(event, Finished)]
    assert [planned.key for planned in engine.started] == [planned_cells[i].key for i in (0, 2, 3)]
    assert [event.elsewhere for event in ended].count(True) == 1 and len(ended) == 4


class RecordingEngine:
    """Answers every cell with a failure."""

    how, parallel = {}, 1

    def __init__(self):
        self.started, self.current = [], None

    @property
    def has_room(self):
        return self.current is None

    def start(self, planned):
        self.started.append(planned)
        self.current = planned

    def wait(self, timeout):
        planned, self.current = self.current, None
        return [Answered(planned, died(planned, {}, "died"))]


def test_a_wrong_clock_removes_no_file_that_is_being_written(tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    store.prepare()
    young = store.cells / ".b.json.x.tmp"
    young.touch()
    monkeypatch.setattr(time, "time", lambda: 4e9)
    store.prepare()
    assert young.exists()
