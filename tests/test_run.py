"""`fbbench run`: stores every cell as it ends, goes on where it was, fails clearly, writes nothing by halves."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_suites import TINY

from fbbench.cli import main
from fbbench.datasets import DataUnavailable, registry
from fbbench.experiments import Store, load_suite, plan
from fbbench.experiments.summary import cell_rows, summarise


@pytest.fixture
def suite_file(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def contents(folder):
    """Every outcome, without what may differ from run to run."""
    timed = {"seconds_per_epoch", "wall_seconds", "environment", "jobs"}
    rows = {}
    for path in Path(folder).glob("*.json"):
        row = json.loads(path.read_text())
        rows[path.name] = {k: v for k, v in row.items() if k not in timed}
    return rows


def test_run_and_run_again(suite_file, tmp_path):
    store = tmp_path / "store"
    first = run(suite_file, "--store", store, "-j", 2)
    assert first.exit_code == 0, first.output
    assert "4 cells, 0 done already" in first.output
    assert "held-out accuracy" in first.output and "±" in first.output
    assert len(contents(store)) == 4
    stamps = {p: p.stat().st_mtime_ns for p in store.iterdir()}
    second = run(suite_file, "--store", store)
    assert second.exit_code == 0 and "4 done already" in second.output
    assert stamps == {p: p.stat().st_mtime_ns for p in store.iterdir()}
    more = run(suite_file, "--store", store, "--seeds", 3)
    assert "6 cells, 4 done already" in more.output
    assert len(contents(store)) == 6


def test_a_row_says_what_it_is(suite_file, tmp_path):
    run(suite_file, "--store", tmp_path / "store", "-j", 1)
    row = next(r for r in Store(tmp_path / "store").rows().values() if r["identity"]["method"] == "bmlp")
    assert row["selection"] == "last epoch" and row["encoder_saw_heldout"] is True  # digits, published
    assert row["heldout_accuracy"] == pytest.approx(row["curve_heldout"][-1], abs=1e-4)
    assert len(row["curve_heldout"]) == len(row["curve_train"]) == 2
    assert row["memory_bits"] == sum(row["memory_parts"].values())
    assert row["gates_per_batch"] == sum(row["gates_by_kind"].values())
    assert len(row["state_hash"]) == 64
    assert {"cpu", "kernel_path", "compiler", "packages", "python"} <= set(row["environment"])


def test_number_of_processes_does_not_change_results(suite_file, tmp_path):
    for jobs in (1, 3):
        assert run(suite_file, "--store", tmp_path / str(jobs), "-j", jobs).exit_code == 0
    assert contents(tmp_path / "1") == contents(tmp_path / "3")


def test_a_lost_cell_is_run_again(suite_file, tmp_path):
    store = tmp_path / "store"
    run(suite_file, "--store", store, "-j", 1)
    before = contents(store)
    next(store.glob("*.json")).unlink()
    assert "3 done already" in run(suite_file, "--store", store, "-j", 1).output
    assert contents(store) == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_and_started_again(how, tmp_path):
    """A stop in the middle loses cells in flight only, and what is stored afterwards is that of a quiet run."""
    longer = TINY.replace("seeds = [1, 2]", "seeds = [1, 2, 3, 4, 5, 6]").replace("epochs = 2", "epochs = 1000")
    path, store = tmp_path / "tiny.toml", tmp_path / "store"
    path.write_text(longer)
    command = [sys.executable, "-m", "fbbench", "run", str(path), "--store", str(store), "-j", "1"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while len(contents(store)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, how) if how == signal.SIGKILL else process.send_signal(how)
    output = process.communicate(timeout=60)[0].decode()
    stopped_at = len(contents(store))
    assert stopped_at >= 2
    if how == signal.SIGINT:
        assert process.returncode == 130 and "goes on from there" in output and "Traceback" not in output, output
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{stopped_at} done already" in done.stdout
    quiet = tmp_path / "quiet"
    subprocess.run([*command[:-3], str(quiet), "-j", "2"], check=True, capture_output=True)
    assert contents(store) == contents(quiet)


def test_missing_data_is_said_and_the_rest_runs(suite_file, tmp_path, monkeypatch):
    def unavailable(protocol):
        raise DataUnavailable("Fashion-MNIST is not on this machine: three ways")

    registry.load.cache_clear()
    known = registry.DATASETS["fashion_mnist"]
    gone = type(known)(**{**known.__dict__, "loader": unavailable})
    monkeypatch.setitem(registry.DATASETS, "fashion_mnist", gone)
    path = tmp_path / "two.toml"
    path.write_text(TINY.replace('["digits"]', '["digits", "fashion_mnist"]'))
    done = run(path, "--store", tmp_path / "store", "-j", 1)
    registry.load.cache_clear()
    assert done.exit_code == 0, done.output
    assert "Left out: fashion_mnist" in done.output and "three ways" in done.output
    assert len(contents(tmp_path / "store")) == 4


def test_a_failing_cell_fails_alone(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.replace('params = { arithmetic = "ternary" }', 'params = { arithmetic = "tertiary" }'))
    done = run(path, "--store", tmp_path / "store", "-j", 1)
    assert done.exit_code == 1
    assert "failed" in done.output and "arithmetic must be 'binary' or 'ternary'" in done.output
    assert len(contents(tmp_path / "store")) == 2  # the committee's


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nothing"], "no suite 'nothing'"),
        (["quick", "--datasets", "digitz"], "did you mean 'digits'"),
        (["quick", "--seeds", "0"], "seeds"),
        (["quick", "--jobs", "0"], "jobs"),
        (["quick", "--sedes", "3"], "--seeds"),
    ],
)
def test_bad_arguments(arguments, message):
    done = run(*arguments)
    assert done.exit_code != 0 and message in done.output and "Traceback" not in done.output


def test_bad_stores(suite_file, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    done = run(suite_file, "--store", file)
    assert done.exit_code == 1 and "cannot write to the folder" in done.output
    store = tmp_path / "store"
    run(suite_file, "--store", store, "-j", 1)
    path = next(store.glob("*.json"))
    content = path.read_text()
    for damaged, message in (
        (content[: len(content) // 2], "not a whole result file"),
        (content.replace('"store_version": 1', '"store_version": 99'), "newer fbbench"),
        (content.replace('"seed": ', '"seed": 7'), "does not belong"),
        ("[]", "not a whole result file"),
    ):
        path.write_text(damaged)
        done = run(suite_file, "--store", store)
        assert done.exit_code == 1 and message in done.output.replace("\n", " ") and path.name in done.output


def test_leftovers_are_not_read(suite_file, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / ".abc.json.xyz.tmp").write_text("{")
    assert run(suite_file, "--store", store, "-j", 1).exit_code == 0


def test_rows_that_differ_are_not_averaged(suite_file, tmp_path):
    run(suite_file, "--store", tmp_path / "store", "-j", 1)
    rows = cell_rows(plan(load_suite(suite_file)), Store(tmp_path / "store"))
    summary = summarise(rows)
    assert summary.n_seeds.tolist() == [2, 2]
    rows.loc[0, "encoder"] = "another one"
    with pytest.raises(ValueError, match="differ in encoder"):
        summarise(rows)


def test_two_versions_of_the_data_are_not_mixed(suite_file, tmp_path):
    store = Store(tmp_path / "store")
    run(suite_file, "--store", store.folder, "-j", 1)
    row = next(iter(store.rows().values()))
    identity = {**row.pop("identity"), "checksum": "other"}
    row.pop("store_version")
    store.write(identity, row)
    with pytest.raises(ValueError, match="two versions of the data"):
        cell_rows(plan(load_suite(suite_file)), store)


def test_a_damaged_data_set_is_left_out_and_the_others_run(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"x")
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    registry.load.cache_clear()
    suite = tmp_path / "small.toml"
    suite.write_text(
        """
        name = "small"
        title = "Small"
        protocol = "published"
        datasets = ["fashion_mnist", "digits"]
        budgets = ["35_35"]
        seeds = [42]
        epochs = 1
        batch_size = 100
        [[methods]]
        id = "bmlp"
        label = "BMLP"
        method = "bmlp"
        """
    )
    arguments = ["run", str(suite), "--store", str(tmp_path / "rows")]
    done = CliRunner().invoke(main, arguments)
    text = " ".join(done.output.split())
    assert done.exit_code == 1
    assert "Left out: fashion_mnist:" in text and "is not a whole gzip file" in text
    assert len(list((tmp_path / "rows").glob("*.json"))) == 1
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "nowhere"))
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1 and "FBBENCH_DATA must name a folder" in " ".join(done.output.split())
    registry.load.cache_clear()


def test_protocol_can_be_named_on_the_command_line(tmp_path, suite_file):
    assert run(suite_file, "--store", tmp_path / "s", "-j", 1, "--protocol", "strict").exit_code == 0
    rows = list(Store(tmp_path / "s").rows().values())
    assert {row["identity"]["protocol"] for row in rows} == {"strict"}
    assert {row["encoder_saw_heldout"] for row in rows} == {False}
    assert run(suite_file, "--store", tmp_path / "s", "--protocol", "best").exit_code == 2
