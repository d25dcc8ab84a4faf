import os
import shutil
import signal
import sys
from pathlib import Path

import hypothesis
import pytest
from fbbench.baselines.protocol import METHODS

from fbbench import kernels
from fbbench.datasets import registry
from fbbench.datasets.idx_sets import FASHION_MNIST, TRAINING_FILES

REAL_DATA = os.environ.get("FBBENCH_DATA")

hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.load_profile("default")

# Where tests are started in the background, Ctrl-C is ignored, and commands they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_cache(request, tmp_path_factory, monkeypatch):
    """Keep what this user's cache holds out of the tests; slow ones read its features."""
    if request.node.get_closest_marker("slow") is None and request.node.get_closest_marker("network") is None:
        monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def empty_place(tmp_path, monkeypatch):
    """Run a test in an empty folder that has a cache of its own, as a user who has no data yet."""
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FBBENCH_DATA", "")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    registry.load.cache_clear()
    registry.prepare.cache_clear()
    yield
    registry.load.cache_clear()
    registry.prepare.cache_clear()


@pytest.fixture(params=[name for name in kernels.all_paths() if name != "reference"])
def path(request):
    """Every native path's name; those this machine lacks are skipped (their source runs as avx512-emulated)."""
    if request.param not in kernels.offered():
        pytest.skip(f"this machine does not offer {request.param}")
    return request.param


@pytest.fixture(scope="session")
def real_fashion_mnist():
    """Skip where Fashion-MNIST is not on this machine; tests never download."""
    folders = [FASHION_MNIST.system_folder, Path(os.environ.get("FBBENCH_DATA", "/nowhere")) / "fashion-mnist"]
    if not any((folder / name).is_file() for folder in folders for name in TRAINING_FILES):
        pytest.skip("Fashion-MNIST is not on this machine: set FBBENCH_DATA or install dataset-fashion-mnist")


@pytest.fixture
def real_data(monkeypatch):
    """The user's folder of real data; skip where there is none."""
    name = REAL_DATA
    if not name:
        pytest.skip("FBBENCH_DATA is not set: no real data on this machine")
    monkeypatch.setenv("FBBENCH_DATA", name)
    return Path(name)


@pytest.fixture
def misbehave(tmp_path, monkeypatch):
    """Return a function that makes the method `misbehaving` do one thing; workers find it."""
    shutil.copy(Path(__file__).parent / "support" / "misbehaving.py", tmp_path)
    (tmp_path / "sitecustomize.py").write_text(
        "from fbbench.baselines import protocol\nprotocol.METHODS['misbehaving'] = 'misbehaving:Misbehaving'\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(METHODS, "misbehaving", "misbehaving:Misbehaving")
    monkeypatch.delitem(sys.modules, "misbehaving", raising=False)  # of another test
    return (tmp_path / "how").write_text
