"""What a row was measured with."""

import importlib.metadata
import platform
from pathlib import Path

from .. import kernels
from ..cores import available_cores
from ..kernels import _native

PACKAGES = ("fbbench", "numpy", "scikit-learn", "scipy", "pandas", "torch")


def cpu_model():
    """Return the processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def package_versions():
    """Return the versions of the packages that can change a result or a time, those that are installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def environment():
    """Return a dict of plain values that says what runs here: machine, kernels, compiler, versions."""
    return {
        "cpu": cpu_model(),
        "cores": available_cores(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "kernel_path": kernels.active().name,
        "kernel_paths_offered": list(kernels.offered()),
        "compiler": _native.COMPILER,
        "flags": _native.FLAGS,
        "packages": package_versions(),
    }
