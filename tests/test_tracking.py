"""The asv suites are sound: every benchmark is found, and its parameters and setup run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_asv_check(tmp_path):
    asv = Path(sys.executable).parent / "asv"
    if not asv.exists():
        pytest.skip("asv is not installed (fbbench[track])")
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("asv works on a git checkout")
    machine = [asv, "machine", "--yes"]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run(machine, cwd=ROOT, env=environment, check=True, capture_output=True)
    done = subprocess.run(
        [asv, "check", "-E", f"existing:{sys.executable}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No problems found" in done.stdout
