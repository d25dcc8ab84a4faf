"""What a method is made of: operations, widths of numbers, whether floats are in it, and how that is known."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fbbench.kernels import _native
from fbbench.kernels.machine_code import OF_THE_SYSTEM, CannotLook, looked_at

from .checks.floats import PASSES, check_float_claim
from .checks.subject import TASK, Failed, Skipped, Subject
from .protocol import Widths, method_class, needs_of, numbers_of
from .watch_floats import LARGE

CLASSES = {"binary": "strictly binary", "integer": "integer", "float": "float"}
"""What methods of these numbers are called. Strictly binary: bits flow, counters count."""


@dataclass(frozen=True)
class Purity:
    """What a method is made of. ``floats``: whether its training touches them; None: its claim does not hold or could
    not be looked at. ``known_by``: sentences."""

    name: str
    kind: str
    training: tuple[str, ...]
    prediction: tuple[str, ...]
    widths: Widths | None
    floats: bool | None
    known_by: tuple[str, ...]


def purity_of(name: str, params: dict[str, Any]) -> Purity:
    """Return what a method, with some parameters, is made of. It is trained on a few made rows while it is watched."""
    cls = method_class(name)
    made = cls(**params)
    costs = made.costs(TASK)
    found = {
        "name": name,
        "kind": CLASSES[numbers_of(made)],
        "training": tuple(costs.operations or costs.gates),
        "prediction": tuple(kind for kind, gates in costs.inference_gates.items() if gates),
        "widths": getattr(made, "widths", None),
    }
    if cls.uses_floats:
        return Purity(**found, floats=True, known_by=("It says so.",))
    said = [watched(name, params), *machine_code()]
    return Purity(**found, floats=None if any(holds is None for holds, _ in said) else False,
                  known_by=tuple(sentence for _, sentence in said))  # fmt: skip


def watched(name: str, params: dict[str, Any]) -> tuple[bool | None, str]:
    """Return whether no float was seen in the Python of a training (None: not so, or not looked), and a sentence."""
    if needs := needs_of(method_class(name)):
        return None, f"Not watched: it needs {', '.join(needs)}."
    try:
        check_float_claim(Subject(name, params))
    except Failed as reason:
        return None, f"Watched while it trained: {reason}."
    except Skipped as reason:
        return None, f"Not watched: {reason}."
    exactly = hasattr(sys.modules[method_class(name).__module__], "integer_product")
    more = " but for products of whole numbers, which fbbench.exact computes in floats, exactly" if exactly else ""
    return True, (
        f"Watched for {PASSES} passes: no expression of its own Python, and no name in fbbench's, held {LARGE} floats "
        f"or more{more}."
    )


def machine_code() -> list[tuple[bool | None, str]]:
    """Return, of every path that is built, whether its machine code is free of floating point, and a sentence."""
    library = Path(_native.__file__)
    try:
        paths = looked_at(library)
    except CannotLook as reason:
        return [(None, f"The kernels' machine code was not looked at: {reason}.")]
    said: list[tuple[bool | None, str]] = []
    for name, seen in paths.items():
        strange = [called for called in seen.of_the_system if called not in OF_THE_SYSTEM]
        what = (
            f"Kernel path {name.replace('_', '-')}: {seen.n_functions} functions, {seen.n_instructions:,} instructions"
        )
        if seen.floating:
            said.append((None, f"{what}, {len(seen.floating)} of floating point, the first in {seen.floating[0]}."))
        elif strange:
            said.append((None, f"{what}; {', '.join(strange)} of the system is called, and not known here."))
        elif seen.through_pointers:
            said.append((None, f"{what}; what is called through a pointer is not known: {seen.through_pointers[0]}."))
        else:
            said.append((True, f"{what}, none of floating point; the system gives memory and threads alone."))
    return said
