"""Fixed units over the bits of a row, and what perceptrons that read them have in common.

A unit is the XNOR of two input bits or the majority of a few of them, some of them negated; wires are drawn at random.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from .arguments import integer
from .costs import in_bytes, total_bits
from .from_parameters import FromParameters
from .kernels import random
from .kernels._native import MOST_FEATURES
from .kernels.layer import words_of
from .saved import header_in, read_saved, write_saved

FAN_IN = 5
"""Of the recommended majorities."""
DRAW_CHUNK = 1 << 15
"""Wires drawn at a time, so that drawing them needs little memory beside them."""
UNINTERRUPTED = 20_000_000_000
"""Rows times weights that are read in one piece: about a third of a second on a processor with AVX-512."""


def recommended_pairs(n_units):
    """Return how many of some recommended units are XNORs of two inputs: a quarter."""
    return n_units // 4


def units_within(memory_model, n_bits, n_samples, n_inputs, n_classes, *, pairs_of=recommended_pairs, fan_in=FAN_IN):
    """Return the most units of a perceptron that takes at most some bits with its data; never more than kernels read.

    Parameters
    ----------
    memory_model : callable
        Its memory by part: :func:`fbbench.costs.perceptron_memory` or :func:`fbbench.costs.sign_memory`.
    n_bits, n_samples, n_inputs, n_classes : int
    pairs_of : callable
        How many of so many units are pairs.
    fan_in : int

    Raises
    ------
    ValueError
        If not even the inputs alone fit; the message says what they take.
    """

    def taken(n_units):
        size = {"n_units": n_units, "n_pairs": pairs_of(n_units), "fan_in": fan_in}
        return total_bits(memory_model(n_samples, n_inputs, n_classes, **size))

    if taken(0) > n_bits:
        raise ValueError(
            f"{taken(0)} bits ({in_bytes(taken(0))}) are the least for {n_samples} rows of {n_inputs} bits and their "
            f"perceptron; got {n_bits} ({in_bytes(n_bits)})"
        )
    low, high = 0, MOST_FEATURES - 64 * words_of(n_inputs)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if taken(middle) <= n_bits else (low, middle - 1)
    return low


def drawn_wires(key, n_units, fan_in, n_inputs):
    """Return the wires uint32 (units, fan-in) of a stream: 2 * input + (1 where it is negated)."""
    wires = np.empty(n_units * fan_in, dtype=np.uint32)
    for first in range(0, len(wires), DRAW_CHUNK):
        draws = random.words(key, first, min(DRAW_CHUNK, len(wires) - first)) >> np.uint64(32)
        wires[first : first + len(draws)] = draws * np.uint64(2 * n_inputs) >> np.uint64(32)
    return wires.reshape(n_units, fan_in)


@dataclass(frozen=True, kw_only=True)
class UnitsParameters:
    """All that makes a perceptron on random units beside its state; ValueError if one is out of its range. A subclass
    says how many passes there may be, and checks what it has more."""

    MOST_EPOCHS: ClassVar[int]

    n_inputs: int
    n_classes: int
    n_units: int
    n_pairs: int = 0
    fan_in: int = FAN_IN
    epochs: int
    seed: int

    def __post_init__(self) -> None:
        for name, value in self.checked().items():
            object.__setattr__(self, name, value)

    def checked(self) -> dict[str, int]:
        """Return the parameters, checked, by name."""
        checked = {
            "n_inputs": integer("n_inputs", self.n_inputs, 1, MOST_FEATURES),
            "n_classes": integer("n_classes", self.n_classes, 2, 1 << 15),
            "n_units": integer("n_units", self.n_units, 0, MOST_FEATURES),
            "n_pairs": integer("n_pairs", self.n_pairs, 0, self.n_units),
            "fan_in": integer("fan_in", self.fan_in, 3 if self.n_pairs else 1, 15),
            "epochs": integer("epochs", self.epochs, 1, self.MOST_EPOCHS),
            "seed": integer("seed", self.seed, 0, (1 << 64) - 1),
        }
        if checked["fan_in"] % 2 == 0:
            raise ValueError(f"fan_in must be odd, so that there is always a majority; got {self.fan_in}")
        if 64 * (words_of(self.n_inputs) + words_of(self.n_units)) > MOST_FEATURES:
            raise ValueError(
                f"inputs and units, each in whole words of 64, must be at most {MOST_FEATURES}; got {self.n_inputs} "
                f"and {self.n_units}"
            )
        return checked


class OnRandomUnits(FromParameters):
    """Base of perceptrons that read inputs and random units. A subclass has ``parameters_class``, the methods that are
    not there, and says what is kept of it:

    - ``FORMAT``, ``HASHED_AS``: what its files and its state hashes begin with;
    - ``COUNTS``: attributes that its header has beside the parameters, by their name there; ``MOST_COUNTED``: the most
      that they may be;
    - ``SAVED``: arrays that its files have; ``HELD``: all that training writes to.
    """

    FORMAT: str
    HASHED_AS: str
    COUNTS: ClassVar[dict[str, str]] = {"passes": "_epochs"}
    MOST_COUNTED = (1 << 63) - 1
    SAVED: tuple[str, ...]
    HELD: tuple[str, ...]

    @property
    def n_features(self):
        """F: inputs and units, what is read."""
        return self.n_inputs + self.n_units

    @property
    def n_columns(self):
        """Features in whole words of 64, inputs and units apart."""
        return 64 * (words_of(self.n_inputs) + words_of(self.n_units))

    def _columns(self):
        """Return where, among the padded columns, the inputs and the units lie: two slices."""
        first = 64 * words_of(self.n_inputs)
        return slice(0, self.n_inputs), slice(first, first + self.n_units)

    def _read(self, padded):
        """Return the columns that belong to inputs and units, without the padding."""
        return np.concatenate([padded[:, of] for of in self._columns()], axis=1)

    def _set(self, padded, features):
        """Set the columns of inputs and units from :meth:`_read`'s form."""
        inputs, units = self._columns()
        padded[:, inputs], padded[:, units] = features[:, : self.n_inputs], features[:, self.n_inputs :]

    def _rows_uninterrupted(self):
        """Return how many rows are learnt from in one piece; between two of them Ctrl-C is heard."""
        return max(64, UNINTERRUPTED // (self.n_classes * self.n_columns) // 64 * 64)

    def decision_function(self, x):
        """Return scores (N, C) of rows, +-1 or packed bits."""
        raise NotImplementedError

    def _state(self):
        """Return the arrays that decide what it does next, by name, little-endian, in the order of the hash."""
        raise NotImplementedError

    def _check_kept(self, kept):
        """Raise ValueError if arrays that were saved, by name, hold what none of it can hold."""
        raise NotImplementedError

    def _took_up(self):
        """Set what follows from the arrays that were saved."""

    def _described(self):
        return {**asdict(self.parameters), **{name: getattr(self, own) for name, own in self.COUNTS.items()}}

    def state_hash(self):
        """Return the SHA-256 (hex) of everything that decides what the perceptron does next; see ``HASHED_AS``."""
        digest = hashlib.sha256(json.dumps({"format": self.HASHED_AS, **self._described()}, sort_keys=True).encode())
        for array in self._state().values():
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def to_arrays(self):
        """Return the perceptron as named plain arrays, a JSON header among them: what :meth:`save` writes."""
        header, state = {"format": self.FORMAT, **self._described()}, self._state()
        return {
            "header": np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8),
            "state_hash": np.frombuffer(bytes.fromhex(self.state_hash()), dtype=np.uint8),
            **{name: state[name] for name in self.SAVED},
        }

    @classmethod
    def restored(cls, arrays):
        """Return the perceptron that :meth:`to_arrays` described; it goes on training as the first would have.

        Raises
        ------
        ValueError, KeyError
            If an array is missing, altered, or something else.
        """
        header = header_in(arrays)
        if header.pop("format") != cls.FORMAT:
            raise ValueError(f"not format {cls.FORMAT}")
        counted = {own: integer(name, header.pop(name), 0, cls.MOST_COUNTED) for name, own in cls.COUNTS.items()}
        perceptron = cls.of(cls.parameters_of(**header))
        perceptron.__dict__.update(counted)
        kept = {name: np.asarray(arrays[name]) for name in cls.SAVED}
        for name, array in kept.items():
            own = getattr(perceptron, name)
            shape = own.shape if name == "wires" else (perceptron.n_classes, perceptron.n_features)
            if array.dtype != own.dtype or array.shape != shape:
                raise ValueError(f"{name} must be {own.dtype} {shape}")
        perceptron._check_kept(kept)
        for name, array in kept.items():
            if name == "wires":
                perceptron.wires[:] = array
            else:
                perceptron._set(getattr(perceptron, name), array)
        perceptron._took_up()
        if perceptron.state_hash() != np.asarray(arrays["state_hash"]).tobytes().hex():
            raise ValueError("its content does not match its own checksum")
        return perceptron

    def __setstate__(self, state):
        # joblib may hand back read-only memory maps; training writes in place.
        self.__dict__.update({**state, **{name: np.array(state[name]) for name in self.HELD}})

    def predict(self, x):
        """Return the predicted classes (N,): argmax of the scores, the lowest class among equals."""
        return self.decision_function(x).argmax(axis=1)

    def __repr__(self):
        named = asdict(self.parameters)
        first, named["seed"] = (named.pop("n_inputs"), named.pop("n_classes")), named.pop("seed")  # the seed last
        rest = ", ".join(f"{name}={value}" for name, value in named.items())
        return f"{type(self).__name__}({first[0]}, {first[1]}, {rest})"

    def save(self, path):
        """Write the perceptron to ``path`` (NPZ without pickles), whole or not at all."""
        write_saved(path, self.to_arrays())

    @classmethod
    def load(cls, path):
        """Read a perceptron that :meth:`save` wrote. Never runs code from the file.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is truncated, altered, or something else.
        """
        return read_saved(path, cls.restored, f"file written by {cls.__name__}.save")
