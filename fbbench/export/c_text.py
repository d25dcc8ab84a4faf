"""Pieces of C: the files that headers are made of, tables, definitions, and a struct that starts with values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

SOURCES = Path(__file__).with_name("c")


def source(name: str) -> str:
    """Return one of the C files that headers are made of."""
    return (SOURCES / name).read_text(encoding="utf-8")


def words32(bits: np.ndarray, n_bits: int) -> np.ndarray:
    """Return rows of 64-bit words as rows of as many 32-bit words as ``n_bits`` fill."""
    return np.ascontiguousarray(bits, dtype="<u8").view("<u4")[:, : -(-n_bits // 32)]


def kind_of(values: np.ndarray) -> str:
    """Return C's type of an array's integers."""
    return f"{'u' if values.dtype.kind == 'u' else ''}int{8 * values.dtype.itemsize}_t"


def values_of(values: np.ndarray) -> str:
    """Return the numbers of an array as C has them between braces."""
    digits = {4: "0x{:08x}", 8: "0x{:016x}u"}.get(values.dtype.itemsize) if values.dtype.kind == "u" else None
    told = [digits.format(int(v)) for v in values.ravel()] if digits else list(map(str, values.ravel()))
    lines = ["    " + ", ".join(told[at : at + 8]) + "," for at in range(0, len(told), 8)]
    return "\n".join(["{", *lines, "}"])


def table(kind: str, name: str, values: np.ndarray, *, constant: bool = True) -> str:
    """Return an array of C, constant or one that a program may write to."""
    return f"static {'const ' if constant else ''}{kind} {name}[{values.size}] = {values_of(values)};"


def defines(**values: int) -> str:
    """Return definitions of C's preprocessor."""
    return "\n".join(f"#define {name} {int(value)}" for name, value in values.items())


@dataclass
class State:
    """What a program changes, as one struct ``fbb_state``: arrays by name, then counters."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    counters: dict[str, tuple[str, int]] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        """Return the struct as a little-endian machine with natural alignment has it."""
        kinds = {"int32_t": "<i4", "uint64_t": "<u8"}
        members = [*self.arrays.values(), *(np.array([v], dtype=kinds[kind]) for kind, v in self.counters.values())]
        held = b""
        for member in members:
            held += bytes(-len(held) % member.dtype.itemsize) + member.astype(member.dtype.newbyteorder("<")).tobytes()
        return held + bytes(-len(held) % max(member.dtype.itemsize for member in members))

    def text(self) -> str:
        """Return the struct with its values."""
        members = [f"    {kind_of(array)} {name}[{array.size}];" for name, array in self.arrays.items()]
        members += [f"    {kind} {name};" for name, (kind, _) in self.counters.items()]
        starts = [*map(values_of, self.arrays.values()), *(str(value) for _, value in self.counters.values())]
        return "\n".join(["static struct {", *members, "} fbb_state = {", ",\n".join(starts), "};"])


@dataclass(frozen=True)
class CHeader:
    """A C99 header.

    Attributes
    ----------
    text : str
        Of one file: tables, ``fbb_scores`` and ``fbb_predict``, which take a packed row of 32-bit words; with training
        ``fbb_learn``.
    table_bytes : int
        Of constants: weights, classifiers, wires.
    stack_bytes : int
        Of the largest arrays that a prediction has on the stack.
    state : bytes
        What training changes, ``fbb_state``, as it starts on a little-endian machine; empty without training.
    work_bytes : int
        Of what training holds beside it.
    """

    text: str
    table_bytes: int
    stack_bytes: int
    state: bytes = b""
    work_bytes: int = 0


def header_of(model: Any, about: str, parts: list[str], **sizes: Any) -> CHeader:
    """Return a header of parts, with a comment that says what it is; ``sizes``: other attributes of a CHeader."""
    header = CHeader("", **sizes)
    calls = "fbb_learn(rows, labels, n), fbb_predict(row)" if header.state else "fbb_predict(row)"
    comment = (
        f"/* {type(model).__name__}: {about}.\n   {told_bytes(header)}. State {model.state_hash()[:16]}.\n"
        f"   Call {calls} or fbb_scores(row, scores). */"
    )
    guard = "#ifndef FBB_MODEL_H\n#define FBB_MODEL_H\n#include <stdint.h>"
    text = "\n\n".join([comment, guard, *(part.strip() for part in parts), "#endif"]) + "\n"
    return replace(header, text=text)


def told_bytes(header: CHeader) -> str:
    """Return a header's sizes in words."""
    sizes = {
        "tables": header.table_bytes, "arrays on the stack": header.stack_bytes, "what learns": len(header.state),
        "a mini-batch's work": header.work_bytes,
    }  # fmt: skip
    return ", ".join(f"{n_bytes:,} bytes of {name}" for name, n_bytes in sizes.items() if n_bytes)
