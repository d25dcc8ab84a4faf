"""`fbbench run`: stores every cell as it ends, goes on where it was, fails clearly, writes nothing by halves."""

import json
import platform

import pytest
from click.testing import CliRunner
from fbbench.baselines.protocol import METHODS
from stores import TINY, cells_of, outcomes

from fbbench.cli import main
from fbbench.datasets import DataUnavailable, registry
from fbbench.experiments import Store, load_suite
from fbbench.experiments.analysis.summary import cell_rows, summarise
from fbbench.experiments.planning import agenda


@pytest.fixture
def suite_file(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def test_run_and_run_again(suite_file, tmp_path):
    store = tmp_path / "store"
    first = run(suite_file, "--store", store, "-j", 2)
    assert first.exit_code == 0, first.output
    assert "4 cells, 0 done already" in first.output
    assert "held-out accuracy" in first.output and "±" in first.output
    assert len(outcomes(store)) == 4
    stamps = {p: p.stat().st_mtime_ns for p in store.glob("cells/*")}
    second = run(suite_file, "--store", store)
    assert second.exit_code == 0 and "4 done already" in second.output
    assert stamps == {p: p.stat().st_mtime_ns for p in store.glob("cells/*")}
    more = run(suite_file, "--store", store, "--seeds", 3)
    assert "6 cells, 4 done already" in more.output
    assert len(outcomes(store)) == 6


def test_a_row_says_what_it_is(suite_file, tmp_path):
    run(suite_file, "--store", tmp_path / "store", "-j", 1)
    row = next(r for r in Store(tmp_path / "store").rows().values() if r["identity"]["method"] == "bmlp")
    outcome, run_of = row["outcome"], row["run"]
    assert outcome["selection"] == "last epoch" and outcome["encoder_saw_heldout"] is True  # digits, published
    assert outcome["heldout_accuracy"] == pytest.approx(outcome["curve_heldout"][-1], abs=1e-4)
    assert len(outcome["curve_heldout"]) == len(outcome["curve_train"]) == 2
    assert outcome["memory_bits"] == sum(outcome["memory_parts"].values())
    assert outcome["gates_per_batch"] == sum(outcome["gates_by_kind"].values())
    assert len(outcome["state_hash"]) == 64 and outcome["parameters"]["hidden_bits"] == 8
    assert len(run_of["epoch_wall_seconds"]) == len(run_of["epoch_cpu_seconds"]) == 2
    assert 1e6 < run_of["peak_memory_bytes"] < 1e9 and run_of["peak_memory_of"] in ("cell", "process")
    taken = run_of["training_memory_bytes"]
    assert taken is None or 0 < taken < run_of["peak_memory_bytes"]
    assert taken is not None or platform.libc_ver()[0] != "glibc" or run_of["peak_memory_of"] == "process"
    assert run_of["wall_seconds"] > sum(run_of["epoch_wall_seconds"])
    assert 0 < run_of["predict_one_seconds"] < run_of["wall_seconds"] > run_of["predict_thousand_seconds"] > 0
    assert (run_of["engine"], run_of["jobs"]) == ("local", 1)
    environment = row["environment"]
    assert {"cpu", "instruction_sets", "cores", "kernel_path", "compiler", "platform", "python"} <= set(environment)
    assert environment["packages"]["numpy"] and set(environment) >= {"commit", "dirty"}


def test_number_of_processes_does_not_change_results(tmp_path):
    pytest.importorskip("torch")
    path = tmp_path / "tiny.toml"
    path.write_text(
        TINY + '[[methods]]\nid = "adam"\nlabel = "Adam"\nmethod = "float_mlp"\nparams.optimizer = "adam"\n'
    )
    for jobs in (1, 4):
        assert run(path, "--store", tmp_path / str(jobs), "-j", jobs).exit_code == 0
    assert outcomes(tmp_path / "1") == outcomes(tmp_path / "4")
    assert len(outcomes(tmp_path / "1")) == 6
    assert {row["run"]["jobs"] for row in Store(tmp_path / "4").rows().values()} == {4}


def test_a_cell_asked_for_twice_is_run_once_and_shown_twice(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.replace('budgets = ["35_35"]', 'budgets = ["35_35", "match bmlp 35_35"]'))
    done = run(path, "--store", tmp_path / "s", "-j", 2)
    assert done.exit_code == 0 and "6 cells, 0 done" in done.output  # the committee has two shapes
    assert len(outcomes(tmp_path / "s")) == 6
    line = next(line for line in done.output.splitlines() if line.startswith("│ BMLP"))
    assert line.count("±") == 2


def test_a_lost_cell_is_run_again(suite_file, tmp_path):
    store = tmp_path / "store"
    run(suite_file, "--store", store, "-j", 1)
    before = outcomes(store)
    next(store.glob("cells/*.json")).unlink()
    assert "3 done already" in run(suite_file, "--store", store, "-j", 1).output
    assert outcomes(store) == before


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
    assert len(outcomes(tmp_path / "store")) == 4


@pytest.fixture
def explosive(tmp_path, monkeypatch):
    """A module with a method that fails in its second epoch, while a file `fuse` is there; returns (suite, fuse)."""
    fuse = tmp_path / "fuse"
    fuse.touch()
    (tmp_path / "explosive.py").write_text(EXPLOSIVE.format(fuse=str(fuse)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "from fbbench.baselines import protocol\nprotocol.METHODS['explosive'] = 'explosive:Explosive'\n"
    )
    monkeypatch.setitem(METHODS, "explosive", "explosive:Explosive")
    path = tmp_path / "tiny.toml"
    path.write_text(
        TINY.replace('id = "ours"\nlabel = "BMLP"\nmethod = "bmlp"', 'id = "bang"\nlabel = "B"\nmethod = "explosive"')
    )
    return path, fuse


EXPLOSIVE = """
import os, pathlib
from fbbench.baselines.bmlp import MultiLayerBinary

class Explosive(MultiLayerBinary):
    def partial_fit(self, X, y, classes=None):
        if hasattr(self, "network_") and pathlib.Path({fuse!r}).exists():
            how = pathlib.Path({fuse!r}).read_text()
            if how == "kill":
                os.kill(os.getpid(), 9)
            if how == "nan":
                self.training_accuracy_ = float("nan")
                return self
            if how == "exit":
                os._exit(3)
            if how == "kill once":
                pathlib.Path({fuse!r}).unlink()
                os.kill(os.getpid(), 9)
            raise RuntimeError("[bang] in the middle")
        return super().partial_fit(X, y, classes)
"""


def test_a_failing_cell_fails_alone_and_is_retried_when_asked(explosive, tmp_path):
    suite, fuse = explosive
    store = tmp_path / "store"
    done = run(suite, "--store", store, "-j", 1)
    assert done.exit_code == 1
    assert "failed digits, bang 35_35 (memory of 35_35), seed 1: RuntimeError: [bang] in the middle" in done.output
    assert len(outcomes(store)) == 2  # the committee's
    failures = Store(store).failures()
    assert len(failures) == 2
    for row in failures.values():
        assert 'raise RuntimeError("[bang] in the middle")' in row["traceback"] and row["environment"]["cpu"]
    again = run(suite, "--store", store, "-j", 1)
    assert again.exit_code == 1 and "2 failed before (--retry-failed runs them again)" in again.output
    assert "2 failed; tracebacks" in again.output
    fuse.unlink()
    last = run(suite, "--store", store, "-j", 1, "--retry-failed")
    assert last.exit_code == 0, last.output
    assert len(outcomes(store)) == 4 and not Store(store).failures() and not list(store.glob("failed/*"))


@pytest.mark.parametrize(
    "how, said", [("kill", "was killed by SIGKILL, perhaps for lack of memory"), ("exit", "ended with exit status 3")]
)
def test_a_worker_that_dies_takes_its_cell_alone(explosive, tmp_path, how, said):
    suite, fuse = explosive
    fuse.write_text(how)
    store = tmp_path / "store"
    done = run(suite, "--store", store, "-j", 2)
    assert done.exit_code == 1 and f"the process that ran it {said}" in done.output
    assert len(outcomes(store)) == 2 and len(Store(store).failures()) == 2


def test_an_outcome_that_is_no_number_is_a_failure(explosive, tmp_path):
    suite, fuse = explosive
    fuse.write_text("nan")
    done = run(suite, "--store", tmp_path / "store", "-j", 1)
    assert done.exit_code == 1 and len(outcomes(tmp_path / "store")) == 2
    assert all(
        "training_accuracy_ must be a number in 0..1; got nan" in row["error"]
        for row in Store(tmp_path / "store").failures().values()
    )


def test_a_worker_that_dies_once_is_replaced(explosive, tmp_path):
    suite, fuse = explosive
    fuse.write_text("kill once")
    store = tmp_path / "store"
    done = run(suite, "--store", store, "-j", 1)
    assert done.exit_code == 0, done.output
    assert len(outcomes(store)) == 4


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
    assert done.exit_code == 1 and "is a file, not a result store" in done.output
    store = tmp_path / "store"
    run(suite_file, "--store", store, "-j", 1)
    path, other = sorted(store.glob("cells/*.json"))[:2]
    content, another = path.read_text(), other.read_text()
    for damaged, message in (
        (content[: len(content) // 2], "not a whole result file"),
        (content.replace('"store_version": 2', '"store_version": 99'), "newer fbbench"),
        (content.replace('"seed": ', '"seed": 7'), "altered since it was written"),
        (another, "does not belong"),
        ("[]", "not a whole result file"),
        (content.replace('"run"', '"ran"'), "it has parts beside it that are not known: 'ran'"),
        (json.dumps({**json.loads(content), "run": None}), "run must be named values; got None"),
    ):
        path.write_text(damaged)
        done = run(suite_file, "--store", store)
        assert done.exit_code == 1 and message in done.output.replace("\n", " ") and path.name in done.output


def test_leftovers_are_not_read(suite_file, tmp_path):
    store = tmp_path / "store"
    for folder in ("cells", "failed", "checkpoints"):
        (store / folder).mkdir(parents=True)
        (store / folder / f".{'a' * 32}.json.xyz.tmp").write_text("{")
    assert run(suite_file, "--store", store, "-j", 1).exit_code == 0
    assert len(outcomes(store)) == 4


def test_rows_of_other_data_do_not_disturb_a_run(suite_file, tmp_path):
    store = Store(tmp_path / "store")
    run(suite_file, "--store", store.folder, "-j", 1)
    row = next(iter(store.rows().values()))
    store.write({**row, "identity": {**row["identity"], "checksum": "other"}})
    done = run(suite_file, "--store", store.folder, "-j", 1)
    assert done.exit_code == 0 and "(5 before, 5 now)" in done.output and "4 done already" in done.output
    iris = tmp_path / "iris.toml"
    iris.write_text(
        TINY.replace("digits", "iris").replace("[methods.shapes]", "").replace('iris = { 35_35 = "44_4" }', "")
    )
    assert run(iris, "--store", store.folder, "-j", 1).exit_code == 0
    assert CliRunner().invoke(main, ["results", str(iris), "--store", str(store.folder)]).exit_code == 0


def test_more_processes_than_cores_are_noted(suite_file, tmp_path):
    assert "cores that may be used" in run(suite_file, "--store", tmp_path / "s", "-j", 999).output
    assert "cores that may be used" not in run(suite_file, "--store", tmp_path / "s", "-j", 1).output


def test_rows_that_differ_are_not_averaged(suite_file, tmp_path):
    run(suite_file, "--store", tmp_path / "store", "-j", 1)
    rows = cell_rows(cells_of(load_suite(suite_file)), Store(tmp_path / "store").rows())
    summary = summarise(rows)
    assert summary.n_seeds.tolist() == [2, 2]
    rows.loc[0, "encoder"] = "another one"
    with pytest.raises(ValueError, match="differ in encoder; they must not be mixed"):
        summarise(rows)


def test_two_versions_of_the_data_are_not_mixed(suite_file, tmp_path):
    store = Store(tmp_path / "store")
    run(suite_file, "--store", store.folder, "-j", 1)
    row = next(iter(store.rows().values()))
    store.write({**row, "identity": {**row["identity"], "checksum": "other"}})
    with pytest.raises(ValueError, match="two versions of the data, checksums"):
        cell_rows(cells_of(load_suite(suite_file)), store.rows())


def test_a_method_whose_package_is_missing_is_left_out(tmp_path, monkeypatch):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY + '[[methods]]\nid = "sgd"\nlabel = "SGD"\nmethod = "float_mlp"\n')
    monkeypatch.setattr(agenda.importlib.util, "find_spec", lambda name: None)
    done = run(path, "--store", tmp_path / "s", "-j", 1)
    assert done.exit_code == 0 and len(outcomes(tmp_path / "s")) == 4
    text = "float_mlp: it needs torch, which is not installed; pip install 'fbbench[float]'"
    assert f"Left out: {text}" in " ".join(done.output.split())


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
    assert "Left out: fashion_mnist:" in text and "does not hold the official content" in text
    assert len(outcomes(tmp_path / "rows")) == 1
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "nowhere"))
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1 and "FBBENCH_DATA must name a folder" in " ".join(done.output.split())
    registry.load.cache_clear()


def test_protocol_can_be_named_on_the_command_line(tmp_path, suite_file):
    assert run(suite_file, "--store", tmp_path / "s", "-j", 1, "--protocol", "strict").exit_code == 0
    rows = list(Store(tmp_path / "s").rows().values())
    assert {row["identity"]["protocol"] for row in rows} == {"strict"}
    assert {row["outcome"]["encoder_saw_heldout"] for row in rows} == {False}
    assert run(suite_file, "--store", tmp_path / "s", "--protocol", "best").exit_code == 2
