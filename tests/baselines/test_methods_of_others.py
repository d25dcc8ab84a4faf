"""A method of another package joins by itself; a broken one harms nobody."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import call
from fbbench.baselines.protocol import METHODS, method_class


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that installs a package folder for processes that are started afterwards."""

    def install(package):
        target = tmp_path / "site"
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
        done = subprocess.run(
            [*command, "--target", str(target), str(package)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        monkeypatch.setenv("PYTHONPATH", str(target))

    return install


def fbbench(*arguments, cwd):
    command = [sys.executable, "-m", "fbbench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=300)


def test_the_example_of_the_documentation_joins_the_comparison(tmp_path, installed):
    """A method of another package, written from the docs alone: installed by pip, listed, checked and run."""
    pytest.importorskip("setuptools")
    text = (Path(__file__).parents[2] / "docs" / "adding-a-baseline.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.S)[1]
    project, method, whole, tuning = re.findall(r"```toml\n(.*?)```", text, re.S)[:4]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 25
    package = tmp_path / "voting"
    package.mkdir()
    (package / "voting.py").write_text(code)
    (package / "pyproject.toml").write_text(project)
    installed(package)
    listed = fbbench("list", cwd=tmp_path)
    assert "voting" in listed.stdout and "Votes of bits" in listed.stdout, listed.stderr
    checked = fbbench("check-baseline", "voting", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (tmp_path / "tune.toml").write_text(
        tuning.replace('method = "mine"', 'method = "voting"').replace("step = [1, 2, 4]", "nothing = [1, 2]")
    )
    planned = fbbench("plan", "tune.toml", cwd=tmp_path)  # all of it is right but the parameter that voting lacks
    assert "unknown parameter 'nothing'" in planned.stderr, planned.stdout + planned.stderr
    (tmp_path / "whole.toml").write_text(whole.replace("fashion_mnist", "digits"))
    assert fbbench("plan", "whole.toml", "--cells", cwd=tmp_path).stdout.count("voting") == 2
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\ntitle = "Mine"\ndatasets = ["digits"]\nbudgets = ["35_35"]\nseeds = [1, 2]\nepochs = 2\n'
        + method
    )
    run = fbbench("run", "mine.toml", "--store", "store", cwd=tmp_path)
    assert run.returncode == 0 and "2 now" in run.stdout, run.stdout + run.stderr


def test_new_baseline_writes_a_package_that_passes(tmp_path, installed):
    pytest.importorskip("setuptools")
    done = call("new-baseline", "my_own", "--folder", tmp_path / "my_own")
    assert done.exit_code == 0 and {p.name for p in (tmp_path / "my_own").iterdir()} == {
        "my_own.py", "test_my_own.py", "pyproject.toml",
    }  # fmt: skip
    assert "class MyOwn(Sized)" in (tmp_path / "my_own" / "my_own.py").read_text()
    installed(tmp_path / "my_own")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        str(tmp_path / "my_own" / "test_my_own.py"),
        "-p",
        "no:cacheprovider",
    ]
    tested = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300)
    assert tested.returncode == 0 and "passed" in tested.stdout, tested.stdout + tested.stderr
    again = call("new-baseline", "my_own", "--folder", tmp_path / "my_own")
    assert again.exit_code == 1 and "is there already" in again.output
    for name in ("My", "1st", "class", "a-b"):
        assert call("new-baseline", name, "--folder", tmp_path / "x").exit_code == 2
    assert not (tmp_path / "x").exists()


def test_a_module_must_have_one_method(monkeypatch):
    monkeypatch.setitem(METHODS, "labels", "fbbench.baselines.labels")
    with pytest.raises(ValueError, match="must define one class"):
        method_class("labels")


def test_a_broken_package_of_somebody_else_is_named_and_harms_nobody(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setitem(METHODS, "lost", "no_such_module:Lost")
    monkeypatch.setitem(METHODS, "nameless", "fbbench.baselines.bmlp:Nameless")
    done = call("list")
    assert (
        done.exit_code == 0
        and "no_such_module" in done.output
        and "has no class Nameless" in " ".join(done.output.split())
    )
    assert call("check-baseline", "nameless").exit_code == 1


@pytest.mark.parametrize("name", ["bmlp", "json", "fbbench"])
def test_a_name_that_is_taken_is_refused(tmp_path, name):
    done = call("new-baseline", name, "--folder", tmp_path / "x")
    assert done.exit_code == 2 and "already" in done.output and not (tmp_path / "x").exists()
