"""Whether a method that claims to train without floats does."""

import sys
from pathlib import Path

import numpy as np

import fbbench
from fbbench import exact
from fbbench.bits import pack

from ..watch_floats import LARGE, watched_class
from .subject import N_BITS, Skipped, expect


def check_float_claim(subject):
    """A method that claims to train without floats has none, here or in fbbench, and calls no float library.

    Products of whole numbers that :mod:`fbbench.exact` computes in floats, exactly, are whole numbers."""
    if subject.cls.uses_floats:
        raise Skipped("it says that its training touches floats")
    found = {}
    own = {__file__, sys.modules[watched_class.__module__].__file__, exact.__file__}
    folders = {
        str(Path(sys.modules[subject.cls.__module__].__file__).parent), str(Path(__file__).parent.parent),
        str(Path(fbbench.__file__).parent),
    }  # fmt: skip

    def watch(frame, event, argument):
        file = frame.f_code.co_filename
        if any(f"site-packages/{name}/" in file for name in FLOAT_LIBRARIES):
            found[f"a call of {Path(file).name}"] = "a float library"
            return None
        if not any(file.startswith(folder) for folder in folders) or file in own:
            return None
        place = f"{Path(file).name}:{frame.f_lineno}"
        for name, value in frame.f_locals.items():
            note_floats(found, f"{place} {name}", value)
        return watch

    cls = watched_class(subject.cls, lambda place, value: found.setdefault(f"{place} (in an expression)", value.dtype))
    passes = {"epochs": PASSES} if "epochs" in cls().get_params() else {}
    made = cls(**{**subject.params, **passes, "random_state": 3, "n_bits": N_BITS})
    x, before = pack(subject.x), sys.gettrace()
    sys.settrace(watch)
    try:
        for _ in range(PASSES):
            made.partial_fit(x, subject.y, classes=np.unique(subject.y))
    finally:
        sys.settrace(before)
    for name, value in vars(made).items():
        note_floats(found, f"attribute {name}", value)
    expect(not found, f"uses_floats is False, but floats were seen: {'; '.join(list(found)[:5])}")


PASSES = 3
"""What the first and the last pass do that others do not is seen, too."""

FLOAT_LIBRARIES = ("torch", "jax", "tensorflow", "scipy", "sklearn/linear_model", "sklearn/svm", "sklearn/ensemble",
                   "sklearn/neural_network", "sklearn/neighbors", "sklearn/naive_bayes", "sklearn/tree")  # fmt: skip


def note_floats(found, name, value):
    """Put a name into ``found`` if its value is many floats: an array, or a list of them."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size >= LARGE:
        found[name] = value.dtype
    elif isinstance(value, (list, tuple)):
        if len(value) >= LARGE and isinstance(value[0], (float, np.floating)):
            found[name] = "floats"
        for number, item in enumerate(value[:10]):
            if isinstance(item, np.ndarray):
                note_floats(found, f"{name}[{number}]", item)
