"""The parameters of a fully binary network: checked once, and the source of its header, ``repr`` and signature."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from ..arguments import boolean, integer, real, sequence
from ..cores import available_cores
from ..kernels import _native
from ..kernels.layer import MAX_WIDTH
from .readouts import READOUTS, ReadOut
from .rules import LOCAL_ERRORS, TrainingRule

ARITHMETICS = ("binary", "ternary")

IF_CHANGED = {"described": "if changed"}
"""Of a parameter that came later: networks that do not use it are described, and hashed, as they were."""
NEVER = {"described": "never"}
"""Of a parameter that changes no result."""


@dataclass(frozen=True, kw_only=True)
class NetworkParameters:
    """All that makes a network beside its state; arguments are normalised, so that equal networks have equal ones.

    Attributes
    ----------
    layer_sizes, n_classes, group_size, ... : as in :class:`~fbbench.FullyBinaryNetwork`
        layer_sizes and group_size are tuples of int, a group size for every layer.
    rule : TrainingRule
        How hidden weights are corrected.

    Raises
    ------
    ValueError
        If one is out of its range, or does not go with another; the message names it.
    """

    layer_sizes: tuple[int, ...]
    n_classes: int
    group_size: tuple[int, ...]
    robustness: float = 0.25
    reinforcement: float = 0.5
    hidden_bits: int = 8
    arithmetic: str = "binary"
    seed: int
    committee: bool = False
    clip: int | None = field(default=None, metadata=IF_CHANGED)
    trained_classifier: bool = field(default=False, metadata=IF_CHANGED)
    readout: str = field(default="last", metadata=IF_CHANGED)
    rule: TrainingRule = field(default=LOCAL_ERRORS, metadata=NEVER)
    n_threads: int = field(default=1, metadata=NEVER)

    def __post_init__(self) -> None:
        sizes = [integer("layer_sizes", size, 1, MAX_WIDTH) for size in sequence("layer_sizes", self.layer_sizes)]
        if len(sizes) < 2:
            raise ValueError(f"layer_sizes must hold the fan-in and at least one layer; got {sizes}")
        if not isinstance(self.arithmetic, str) or self.arithmetic not in ARITHMETICS:
            raise ValueError(f"arithmetic must be 'binary' or 'ternary'; got {self.arithmetic!r}")
        hidden_bits = integer("hidden_bits", self.hidden_bits, 8, 16)
        if hidden_bits not in (8, 16):
            raise ValueError(f"hidden_bits must be 8 or 16; got {self.hidden_bits!r}")
        most = (1 << (hidden_bits - 1)) - 1
        checked = {
            "layer_sizes": tuple(sizes),
            "group_size": group_sizes_for(sizes[1:], self.group_size),
            "hidden_bits": hidden_bits,
            "n_classes": integer("n_classes", self.n_classes, 2, MAX_WIDTH),
            "robustness": real("robustness", self.robustness, 0.0, 1.0),
            "reinforcement": real("reinforcement", self.reinforcement, 0.0, math.inf),
            "seed": integer("seed", self.seed, 0, (1 << 64) - 1),
            "committee": boolean("committee", self.committee),
            "clip": None if self.clip is None else integer("clip", self.clip, 1, most + 1),
            "trained_classifier": boolean("trained_classifier", self.trained_classifier),
            "n_threads": thread_count(self.n_threads),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.trained_classifier and self.committee:
            raise ValueError("trained_classifier is for networks without committees")
        if not isinstance(self.rule, TrainingRule):
            raise ValueError(f"rule must be a TrainingRule; got {self.rule!r:.60}")
        if not isinstance(self.readout, str) or self.readout not in READOUTS:
            raise ValueError(f"readout must be one of {', '.join(READOUTS)}; got {self.readout!r}")
        self.way_out.check(self)
        self.rule.check(self)

    @property
    def way_out(self) -> type[ReadOut]:
        """The kind of read-out that ``readout`` names."""
        return READOUTS[self.readout]

    @property
    def n_inputs(self) -> int:
        """Bits of a row: the fan-in of the first layer."""
        return self.layer_sizes[0]

    @property
    def n_layers(self) -> int:
        """Number of trained layers."""
        return len(self.layer_sizes) - 1

    @property
    def ternary(self) -> bool:
        """Whether zero states exist."""
        return self.arithmetic == "ternary"

    @property
    def bound(self) -> int:
        """Largest hidden weight: 2**(hidden_bits - 1) - 1, or ``clip``; odd in binary arithmetic."""
        most = (1 << (self.hidden_bits - 1)) - 1
        if self.clip is not None:
            most = min(most, self.clip)
        return most if self.ternary else most - 1 + most % 2

    @property
    def hidden_type(self) -> type[np.signedinteger]:
        """The type of hidden weights in memory."""
        return np.int8 if self.hidden_bits == 8 else np.int16

    def n_read(self, number: int) -> int:
        """Bits that the classifier of a layer (counted from 0) reads: its units, or in a committee its groups."""
        n_units = self.layer_sizes[number + 1]
        return n_units // self.group_size[number] if self.committee else n_units

    def described(self) -> dict:
        """Return the parameters that decide what the network does, as JSON holds them."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if is_described(f, getattr(self, f.name))}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
        return {**plain, **self.rule.described()}

    def arguments(self, known: Collection[str]) -> str:
        """Return the parameters whose names are among ``known``, and differ from their defaults or were there from
        the beginning, as a constructor takes them by name."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if is_described(f, getattr(self, f.name))}
        said = {**said, **self.rule.parameters()}
        if self.rule != LOCAL_ERRORS:
            said["rule"] = self.rule
        return ", ".join(
            f"{name}={value!r}" for name, value in said.items()
            if name in known and (name, value) != ("committee", False)
        )  # fmt: skip


def is_described(one: Any, value: Any) -> bool:
    """Return whether a field of this value belongs to a description."""
    described = one.metadata.get("described")
    return described is None or (described == "if changed" and value != one.default)


def group_sizes_for(widths: Sequence[int], group_size: Any) -> tuple[int, ...]:
    """Return the group size of every layer, given one number or one a layer; ValueError unless they divide."""
    if isinstance(group_size, (list, tuple)) or (isinstance(group_size, np.ndarray) and group_size.ndim):
        groups = list(group_size)
        if len(groups) != len(widths):
            raise ValueError(f"group_size must be one number or one per layer ({len(widths)}); got {groups}")
    else:
        groups = [group_size] * len(widths)
    sizes = tuple(integer("group_size", plain(g), 1, MAX_WIDTH) for g in groups)
    for g, n_units in zip(sizes, widths, strict=True):
        if n_units % g:
            raise ValueError(f"group_size must divide the number of units; {g} does not divide {n_units}")
    return sizes


def plain(value: Any) -> Any:
    """Return an array of no dimension as its value."""
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


def thread_count(value: Any) -> int:
    """Return ``value`` as a number of threads this process may run."""
    if integer("n_threads", value, 1, _native.MAX_THREADS) > 1 and value > available_cores():
        raise ValueError(f"n_threads must be at most {available_cores()}, the cores this process may use; got {value}")
    return int(value)
