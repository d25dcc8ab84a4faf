"""Tracking over commits: every benchmark runs, exact values are compared exactly, and noise is no alarm."""

import importlib
import json
import math
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from suites import instructions, track

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def asv(tmp_path_factory):
    """Return a function that runs asv with a home of its own on this very environment."""
    program = Path(sys.executable).parent / "asv"
    if not program.exists():
        pytest.skip("asv is not installed (fbbench[track])")
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("asv works on a git checkout")
    home = tmp_path_factory.mktemp("home")
    config = json.loads((ROOT / "asv.conf.json").read_text())
    for key in ("repo", "benchmark_dir"):
        config[key] = str(ROOT / config[key])
    for key in ("results_dir", "env_dir", "html_dir"):
        config[key] = str(home / key)
    (home / "asv.conf.json").write_text(json.dumps(config))

    def run(*arguments):
        command = [program, *arguments, "--config", home / "asv.conf.json"]
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert run("machine", "--yes").returncode == 0
    return run


def test_asv_check(asv):
    done = asv("check", "-E", f"existing:{sys.executable}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No problems found" in done.stdout


def test_every_benchmark_runs(asv):
    """Once each, on the installed package; nothing is saved."""
    fast = f"^(?!{track.NIGHTLY}|bench_device)"
    done = asv("run", "--quick", "--dry-run", "-E", f"existing:{sys.executable}", "--show-stderr", "--bench", fast)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout, done.stdout
    for name in ("bench_kernels.Product", "bench_quality.Quality.track_gates", "bench_baselines", "bench_import",
                 "bench_instructions", "bench_memory", "bench_predict", "bench_train.Threads"):  # fmt: skip
        assert name in done.stdout


def test_the_device_benchmark_counts_the_same_twice(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "suites")
    benchmark = importlib.import_module("bench_device").Device()
    asked = [values[0] for values in benchmark.params]
    try:
        benchmark.setup(*asked)
    except NotImplementedError as missing:
        pytest.skip(str(missing))
    first, second = (benchmark.track_instructions_of_learning(*asked) for _ in range(2))
    assert first == second > 50_000 and 3_000 < benchmark.track_instructions_of_a_prediction(*asked) < 20_000


@pytest.mark.parametrize("name", ["asv.conf.json", "suites/asv.torch.conf.json"])
def test_environments_have_what_the_project_needs_and_pins(name):
    config = json.loads((ROOT / name).read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    needed = {text.split(">=")[0] for text in project["dependencies"]} | ({"torch"} if "torch" in name else set())
    required = config["matrix"]["req"]
    assert set(required) == needed | {"setuptools", "Cython", "pip+asv_runner"}
    assert all(required[package] == [pins[package].strip()] for package in needed)
    assert required["pip+asv_runner"] == ["0.2.5"]
    assert ("torch" in required) == ("torch" in name)
    assert config["matrix"]["env_nobuild"]["OMP_NUM_THREADS"] == ["1"]


def test_exact_values_are_compared_exactly():
    old = {
        "q.track_heldout_accuracy (bmlp)": 92.0,
        "q.track_ledger (bmlp)": 100,
        "q.track_state_hash (bmlp)": 5,
        "gone": 1,
    }
    new = {
        "q.track_heldout_accuracy (bmlp)": 91.8,
        "q.track_ledger (bmlp)": 99,
        "q.track_state_hash (bmlp)": 6,
        "new": 1,
    }
    found = {name: verdict for name, _, _, verdict in track.changes_between(old, new)}
    assert found == {
        "q.track_heldout_accuracy (bmlp)": "worse", "q.track_ledger (bmlp)": "better",
        "q.track_state_hash (bmlp)": "other state", "gone": "lost",
    }  # fmt: skip
    assert track.changes_between(old, old) == []


def test_instructions_may_become_fewer_and_half_a_percent_more():
    name = "i.Instructions.track_instructions ('gcc', 'avx2', '{}')"
    old = {name.format(work): 1000 for work in ("a", "b", "c", "d", "e")}
    new = dict(zip(old, (1005, 1006, 995, 900, 1000), strict=True))
    assert [(after, verdict) for _, _, after, verdict in track.changes_between(old, new)] == [
        (1006, "more instructions"), (900, track.FEWER),
    ]  # fmt: skip


@pytest.fixture
def gated(monkeypatch):
    """Return a function that gates a commit, given what benchmarks say of the base and of it."""

    def gate(*values):
        left = list(values)
        for name, value in {
            "refuse_changes": lambda: None, "asv": lambda *arguments, **options: 0, "commit_of": lambda name: name,
            "values_of": lambda *arguments: left.pop(0),
        }.items():  # fmt: skip
            monkeypatch.setattr(track, name, value)
        return CliRunner().invoke(track.main, ["gate", "main"])

    return gate


@pytest.mark.parametrize("after, status", [(900, 0), (1004, 0), (1010, 1), (None, 1)])
def test_the_gate_tells_instructions_and_judges_them(gated, after, status):
    new = {"i.track_instructions (x)": after, "q.track_gates (y)": 5}
    done = gated({"i.track_instructions (x)": 1000}, {k: value for k, value in new.items() if value is not None})
    assert done.exit_code == status, done.output
    told = "nothing" if after is None else f"{after:,} ({100 * (after / 1000 - 1):+.2f} %)"
    assert f"i.track_instructions (x): 1,000 -> {told}" in done.output


@pytest.mark.parametrize("old, new", [({}, {"q.track_gates (y)": 5}), ({"q.track_gates (y)": 5}, {})])
def test_nothing_to_compare_is_no_judgement(gated, old, new):
    done = gated(old, new)
    assert done.exit_code == 2 and "nothing was compared" in done.output


def test_noise_is_the_largest_ratio_either_way():
    assert track.noise_between({"a": 1.0, "b": 2.0}, {"a": 1.1, "b": 1.0, "c": 5.0}) == pytest.approx(math.log(2))
    assert track.noise_between({}, {}) == 0


def test_results_are_read_by_benchmark_and_parameters(tmp_path):
    (tmp_path / "machine").mkdir()
    content = {
        "result_columns": ["result", "params"],
        "results": {"t.time_x": [[1.0, None, math.nan, 4.0], [["'a'", "'b'"], ["1", "2"]]], "t.track_y": [[7], []]},
    }
    (tmp_path / "machine" / "abcdef12-env.json").write_text(json.dumps(content))
    assert track.values_of(tmp_path, "abcdef1234") == {
        "t.time_x ('a', 1)": 1.0,
        "t.time_x ('b', 2)": 4.0,
        "t.track_y ()": 7,
    }
    assert track.values_of(tmp_path, "fedcba") == {}


def test_a_changed_checkout_is_refused(monkeypatch):
    monkeypatch.setattr(track, "git", lambda *arguments: " M fbbench/network.py")
    monkeypatch.setattr(track, "asv", None)
    for command in (["run"], ["gate", "main"], ["compare", "main"]):
        done = CliRunner().invoke(track.main, command)
        assert done.exit_code == 2 and "commit or stash first" in done.output and "network.py" in done.output


def test_an_unknown_commit_is_said(monkeypatch):
    monkeypatch.setattr(track, "refuse_changes", lambda: None)
    monkeypatch.setattr(track, "asv", lambda *arguments, **options: 0)
    done = CliRunner().invoke(track.main, ["gate", "no-such-commit"])
    assert done.exit_code == 2 and "there is no commit 'no-such-commit'" in done.output


@pytest.fixture
def compared(monkeypatch):
    """Return a function that compares a commit, given what its comparisons say one after another."""

    def compare(*comparisons):
        left, asked = list(comparisons), []

        def ratios_of(base, bench, factor, *, keep):
            asked.append((bench, keep))
            return left.pop(0)

        for name, value in {
            "refuse_changes": lambda: None, "asv": lambda *arguments, **options: 0, "commit_of": lambda name: name,
            "values_of": lambda *arguments: {"t.time_a (1)": 1.0}, "saved": dict, "ratios_of": ratios_of,
        }.items():  # fmt: skip
            monkeypatch.setattr(track, name, value)
        return CliRunner().invoke(track.main, ["compare", "main"]), asked

    return compare


def test_what_is_slower_each_time_is_flagged(compared):
    slow = {"t.time_a (1)": 1.5, "t.time_b ()": 1.0}
    done, asked = compared(slow, slow, slow)
    assert done.exit_code == 1
    assert "slower: t.time_a (1): 1.50, 1.50, 1.50 times main's" in done.output
    assert "slower: t.time_b" not in done.output and "t.time_b (): 1.00 times main's" in done.output
    assert asked == [(track.TIMES, True), (r"t\.time_a", False), (r"t\.time_a", False)]


def test_what_is_slower_only_once_is_no_alarm(compared):
    done, asked = compared({"t.time_a (1)": 1.5, "t.time_b ()": 1.5}, {"t.time_a (1)": 1.05, "t.time_b ()": 1.0})
    assert done.exit_code == 0 and len(asked) == 2
    assert "2 times compared, 0 slower in each of 2 comparisons" in done.output


def test_a_benchmark_that_fails_now_is_flagged(compared):
    done, _ = compared(*[{"t.time_a (1)": math.inf}] * 3)
    assert done.exit_code == 1 and "inf" in done.output


def test_every_plant_of_the_proof_has_its_place():
    """The text that a slowdown is planted into had moved to another file, and the proof ended before it began."""
    from suites.prove_tracking import PLANTS, ROOT, planted

    for plants in PLANTS.values():
        for name, old, new in plants:
            assert planted((ROOT / name).read_text(), name, old, new).count(new) == 1


@pytest.mark.slow
def test_one_percent_of_one_kernel_is_flagged_and_nothing_is_not():
    """By instructions, in a scratch clone that is built anew for every commit."""
    if why := instructions.refused():
        pytest.skip(why)
    command = [sys.executable, "-m", "suites.prove_tracking", "--times", "2"]
    for part in ("accuracy", "one percent", "nothing by instructions"):
        command += ["--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "All shown." in done.stdout, done.stdout[-3000:] + done.stderr[-3000:]
