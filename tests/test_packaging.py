"""What is pinned where agrees, and what a clone, an archive or a wheel lacks is said in a sentence."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pinned(path):
    found = re.findall(r"^([A-Za-z0-9_.\-]+)==([^\s;\\]+)", path.read_text(), flags=re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


def test_the_lock_file_agrees_with_the_constraints():
    constraints, lock = pinned(ROOT / "constraints.txt"), pinned(ROOT / "lock.txt")
    assert len(lock) > 40 and "torch" not in lock
    differing = {name: (version, constraints[name]) for name, version in lock.items()
                 if name in constraints and constraints[name] != version}  # fmt: skip
    assert not differing
    blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", (ROOT / "lock.txt").read_text(), flags=re.MULTILINE))
    assert all("--hash=sha256:" in block for block in blocks if block.strip())


def test_workflows_are_pinned_by_commit_and_keep_no_credentials():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text()
        for used in re.findall(r"uses: (\S+)", text):
            assert re.fullmatch(r"[\w.\-/]+@[0-9a-f]{40}", used), (path.name, used)
        assert text.count("actions/checkout@") == text.count("persist-credentials: false"), path.name
        assert "\npermissions: {}\n" in text, path.name


@pytest.fixture
def unbuilt(tmp_path):
    """A clone whose kernels are not built."""
    for name in ("fbbench", "baselines", "suites", "paper"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.so", "__pycache__", "out", "results")
        )
    return tmp_path


def run(folder, *command, **environment):
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
    )  # fmt: skip


def test_an_unbuilt_clone_says_what_to_do(unbuilt):
    """It said "circular import"."""
    for code in ("import fbbench.kernels", "from fbbench import FullyBinaryNetwork"):
        done = run(unbuilt, "-c", code)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            "ImportError: the kernels are not built: run `make install` in the clone, then .venv/bin/fbbench"
        )
    done = run(unbuilt, "-m", "fbbench", "run", "quick")
    assert done.returncode == 1 and "the kernels are not built: run `make install`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_without_the_packages_says_what_to_do(unbuilt):
    """It said "No module named click" (or sklearn)."""
    done = run(unbuilt, "-S", "-m", "fbbench", "list")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "is missing in" in done.stderr and "run `make install` in the clone" in done.stderr


def test_methods_are_in_the_package_alone():
    """A top-level `baselines` is another project's on the index; installed together they mixed into one folder."""
    import fbbench.baselines.bmlp

    assert fbbench.baselines.__name__ == "fbbench.baselines"
    setup = (ROOT / "setup.py").read_text()
    assert '"fbbench.baselines": "baselines"' in setup
    for path in [*ROOT.glob("fbbench/**/*.py"), *ROOT.glob("baselines/*.py"), *ROOT.glob("tests/*.py")]:
        assert not re.search(r"^\s*(from|import) baselines\b", path.read_text(), flags=re.MULTILINE), path
