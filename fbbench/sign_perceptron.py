"""A perceptron whose weights are bits, on input bits and random units of them: the strictly binary network.

Not in the paper. Units are XNORs of two inputs and majorities of five, drawn at random; those that the classes use
least are drawn anew while it learns. A score is how many bits of a row agree with the weights of a class. A weight is
the sign of a hidden weight, an odd int8 that rows whose label leads its best rival by too little count up and down by
2; how much is too little is counted up and down, too, so that three rows of ten move weights. In the last pass every
weight is asked fifteen times for its vote, and the majority predicts. Bits are counted and counters moved by constants;
beside that, comparisons and random draws. ``docs/binary.md`` tells how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from . import bits, kernels
from .arguments import integer
from .costs.signs import N_VOTES, REDRAWN_OF_TEN
from .kernels import random
from .kernels.reference import pack_above
from .random_units import FAN_IN, OnRandomUnits, UnitsParameters, drawn_wires

__all__ = ["SignParameters", "SignPerceptron"]

HASHED_AS = "fbbench-signs-1"
"""Begins what a state hash is of, and never changes; see :data:`fbbench.perceptron.HASHED_AS`."""

BOUND = 127
INPUT_WEIGHT = 2
"""How often an input that agrees with its weight is counted; a unit is once."""


@dataclass(frozen=True, kw_only=True)
class SignParameters(UnitsParameters):
    """All that makes a perceptron of signs beside its state: as in :class:`SignPerceptron`, whose errors it raises."""

    MOST_EPOCHS = 1 << 15

    epochs: int = 20
    planes: int = 1

    def checked(self) -> dict[str, int]:
        return {**super().checked(), "planes": integer("planes", self.planes, 1, N_VOTES)}


class SignPerceptron(OnRandomUnits):
    """Random units and a perceptron whose weights are bits: trained and read by XNOR, popcount and increments alone.

    Parameters
    ----------
    n_inputs : int
        Bits of a row, D.
    n_classes : int
        C, at least 2.
    n_units : int
        Units, M; 0: the perceptron reads the inputs alone.
    n_pairs : int
        How many of them are the XNOR of two inputs; the others are majorities.
    fan_in : int
        Inputs of a majority: odd, at most 15.
    epochs : int
        Passes over the data that :meth:`train_epoch` will make. Units are drawn anew in the first half of them, and
        votes are counted in the last; passes beyond it count votes anew.
    planes : int
        Bits of a weight that predicts, 1 to 15: how many thresholds its votes are held against. 1, the majority, is the
        network of one-bit weights; 15 the sum of all votes. Training is the same.
    seed : int in [0, 2**64)
        Units, start and order of rows follow from it alone, on any path and machine.

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    FORMAT = "fbbench-signs-1"
    HASHED_AS = HASHED_AS
    COUNTS: ClassVar[dict[str, str]] = {"passes": "_epochs", "margin": "margin"}
    MOST_COUNTED = (1 << 62) - 1
    SAVED, HELD = ("wires", "hidden", "votes"), ("wires", "hidden", "votes", "sign")
    parameters_class = SignParameters

    def __init__(self, n_inputs, n_classes, *, n_units, n_pairs=0, fan_in=FAN_IN, epochs=20, planes=1, seed):
        self._begin(
            SignParameters(
                n_inputs=n_inputs, n_classes=n_classes, n_units=n_units, n_pairs=n_pairs, fan_in=fan_in, epochs=epochs,
                planes=planes, seed=seed,
            )
        )  # fmt: skip

    def _begin(self, parameters):
        self.parameters = parameters
        self.bound, self.input_weight = BOUND, INPUT_WEIGHT
        shape = self.n_classes, self.n_columns
        self.wires = drawn_wires(random.stream(self.seed, random.WIRES), self.n_units, self.fan_in, self.n_inputs)
        self.hidden, self.votes = np.zeros(shape, dtype=np.int8), np.zeros(shape, dtype=np.uint8)
        for of in self._columns():
            self._start(0, np.arange(of.start, of.stop))
        self.sign = pack_above(self.hidden, 0)
        self.margin, self._epochs, self._kept_planes = 0, 0, None

    def _start(self, draw, columns):
        """Set hidden weights of some columns to -1 or +1: bits of stream number ``draw``, a word for 64 columns."""
        key, words = random.stream(self.seed, random.HIDDEN, draw), self.n_columns // 64
        for class_ in range(self.n_classes):
            drawn = random.words(key, class_ * words, words).astype("<u8").view(np.uint8)
            ones = np.unpackbits(drawn, bitorder="little").view(np.int8)[columns]
            self.hidden[class_, columns] = 2 * ones - 1

    def train_epoch(self, x, y):
        """Train on all rows once, one by one, in an order drawn from the perceptron's own seed.

        Parameters
        ----------
        x : ndarray (N, D) of -1, +1, or packed bits, uint64 (N, ceil(D / 64))
        y : integers (N,), 0 .. n_classes - 1

        Returns
        -------
        float
            Accuracy of the weights on every row before it was learnt from.

        Raises
        ------
        ValueError
            If x or y is not what it should be.
        """
        rows, labels = bits.check_samples(x, y, self.n_inputs, self.n_classes)
        order = random.permutation(random.stream(self.seed, random.READING, self._epochs), len(rows))
        n_votes = N_VOTES if self._epochs + 1 >= self.epochs else 0
        self._kept_planes = None
        if n_votes:
            self.votes[:] = 0
        right, piece = 0, self._rows_uninterrupted()
        try:
            for first in range(0, len(order), piece):
                part = order[first : first + piece]
                more, self.margin = kernels.active().train_signs(
                    self, rows, labels, part, self.margin, len(order), first, n_votes
                )
                right += more
        except BaseException:  # Ctrl-C: some votes are none, and signs predict
            self.votes[:] = 0
            raise
        if self._epochs < self.epochs // 2:
            self._draw_units_anew()
        self._epochs += 1
        return right / len(rows)

    def _draw_units_anew(self):
        """Give new wires and a new start to the units whose hidden weights differ least between classes: three of ten;
        of equal ones the first."""
        _, units = self._columns()
        spread = self.hidden[:, units].max(axis=0).astype(np.int16) - self.hidden[:, units].min(axis=0)
        drawn = np.argsort(spread, kind="stable")[: REDRAWN_OF_TEN * self.n_units // 10]
        draw = self._epochs + 1
        key = random.stream(self.seed, random.WIRES, draw)
        self.wires[drawn] = drawn_wires(key, self.n_units, self.fan_in, self.n_inputs)[drawn]
        self._start(draw, units.start + drawn)
        self.sign = pack_above(self.hidden, 0)

    def prediction_planes(self):
        """Return the weights that predict, uint64 (planes, C, words): where the votes lie above a threshold each; the
        weights as they are, once, before votes were counted."""
        if not self.votes.any():
            return self.sign[None].copy()
        thresholds = [N_VOTES * (2 * number + 1) // (2 * self.planes) for number in range(self.planes)]
        return np.stack([pack_above(self.votes, threshold) for threshold in thresholds])

    def decision_function(self, x):
        """Return the scores int64 (N, C) of rows as in :meth:`train_epoch`: bits that agree, of all planes."""
        return kernels.active().sign_scores(self, self._planes(), bits.check_rows(x, self.n_inputs))

    def _planes(self):
        """Return :meth:`prediction_planes`, made once after a pass."""
        if self._kept_planes is None:
            self._kept_planes = self.prediction_planes()
        return self._kept_planes

    def _state(self):
        return {"wires": self.wires.astype("<u4"), "hidden": self._read(self.hidden), "votes": self._read(self.votes)}

    def _check_kept(self, kept):
        wires, hidden, votes = kept["wires"], kept["hidden"], kept["votes"]
        if wires.size and wires.max() >= 2 * self.n_inputs:
            raise ValueError(f"wires must lie below {2 * self.n_inputs}")
        if not (hidden & 1).all() or hidden.min() < -BOUND or votes.max() > N_VOTES:
            raise ValueError(f"hidden weights must be odd, within +-{BOUND}; votes at most {N_VOTES}")

    def _took_up(self):
        self.sign = pack_above(self.hidden, 0)
