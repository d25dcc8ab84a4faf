"""The hot loops, and the choice of which rendering of them runs.

Paths: ``reference`` (NumPy), ``portable`` (C without special instructions), ``popcnt``, ``avx2`` and ``avx512``
(VPOPCNTDQ, BITALG, BW) for x86, ``neon`` for ARM, and ``avx512-emulated`` (the AVX-512 product built for any machine:
slow, for tests). All give the same bits. The fastest one that the machine offers is used; ``FBBENCH_KERNELS`` forces
one.
"""

import contextlib
import functools
import importlib.util
import os

if importlib.util.find_spec(f"{__name__}._native") is None:
    raise ImportError("the kernels are not built: run `make install` in the clone, then .venv/bin/fbbench")

from . import _native, reference

VERSION = 1
"""Changed when the kernels start to give another state for the same network and data."""

ORDER = tuple(name for name in _native.PATHS if name not in _native.FOR_TESTS)
"""Native paths, the fastest first; ``paths.def`` lists them."""

_chosen = None


def all_paths():
    """Return the names of every path, whether or not this machine can run it."""
    return ("reference", *sorted(_native.PATHS))


@functools.cache
def offered():
    """Return the names of the paths this machine can run, the fastest first."""
    features = _native.detect()
    here = [name for name, needed in _native.NEEDS.items() if needed <= features]
    return (*here, "reference")


def load(name):
    """Return the path called ``name``.

    Raises
    ------
    ValueError
        If there is no such path, or this machine lacks the instructions it needs.
    """
    if name not in all_paths():
        raise ValueError(
            f"kernel path (FBBENCH_KERNELS or --path) must be one of {', '.join(all_paths())}; got {name!r}"
        )
    if name not in offered():
        raise ValueError(
            f"kernel path (FBBENCH_KERNELS) {name!r} needs instructions that this machine does not offer; "
            f"it offers {', '.join(offered())}"
        )
    return reference if name == "reference" else _native.PATHS[name]


def active():
    """Return the path in use: the one set by :func:`use`, else ``FBBENCH_KERNELS``, else the fastest."""
    if _chosen is not None:
        return _chosen
    return found(os.environ.get("FBBENCH_KERNELS"))


@functools.cache
def found(name):
    """Return the path called ``name``, the fastest where that is None or empty; the machine is looked at once."""
    return load(name or offered()[0])


@contextlib.contextmanager
def use(name):
    """Use the path called ``name`` inside a ``with`` block."""
    global _chosen
    before, _chosen = _chosen, load(name)
    try:
        yield _chosen
    finally:
        _chosen = before
