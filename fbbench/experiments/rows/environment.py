"""What a row was measured with."""

import functools
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from ... import kernels
from ...cores import available_cores
from ...kernels import _native
from ...places import REPOSITORY

PACKAGES = ("fbbench", "numpy", "scikit-learn", "scipy", "pandas", "torch", "distributed")


def cpu_model() -> str:
    """Return the processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@functools.lru_cache(maxsize=1)
def package_versions() -> dict[str, str]:
    """Return the versions of the packages that can change a result or a time, those that are installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def source_commit(folder: Path = REPOSITORY) -> tuple[str | None, bool | None]:
    """Return (commit, whether tracked files differ from it) of a checkout; (None, None) if fbbench runs from none."""
    if not (folder / ".git").exists() or not (folder / "fbbench").is_dir():
        return None, None
    git = ("git", "-C", str(folder))
    try:
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit, bool(changed.strip())


@functools.lru_cache(maxsize=1)
def unchanging() -> dict[str, Any]:
    """Return the part of :func:`environment` that stays the same while a process runs."""
    commit, dirty = source_commit()
    return {
        "cpu": cpu_model(),
        "instruction_sets": sorted(_native.detect()),
        "cores_of_machine": os.cpu_count(),
        "cores": available_cores(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "kernel_paths_offered": list(kernels.offered()),
        "compiler": _native.COMPILER,
        "flags": _native.FLAGS,
        "packages": package_versions(),
        "commit": commit,
        "dirty": dirty,
    }


def environment() -> dict[str, Any]:
    """Return a dict of plain values that says what runs here.

    Machine (``cores``: what this process may use, by affinity and container quota), kernel path and what else is
    offered, compiler, versions, and the commit where fbbench runs from a checkout (``dirty``: with changes).
    """
    return {"kernel_path": kernels.active().name, **unchanging()}
