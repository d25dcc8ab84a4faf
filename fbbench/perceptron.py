"""An integer averaged perceptron on bits and on random units of them: the recommended float-free network.

Not in the paper. One hidden layer of units that are the XNOR of two input bits or the majority of a few, some of them
negated, drawn at random and never trained; and an averaged perceptron with margin (Freund, Schapire, Machine Learning
37 (1999) 277; Crammer, Singer, JMLR 3 (2003) 951) that reads the input bits and the units. Its weights are int8, a row
moves them by 1, their average is an integer sum: XNOR, popcount and additions of integers, no float, no gradient.
``docs/beyond.md`` tells how it was found.
"""

from dataclasses import dataclass

import numpy as np

from . import bits, kernels
from .kernels import random
from .random_units import FAN_IN, OnRandomUnits, UnitsParameters, drawn_wires

__all__ = ["MajorityPerceptron", "PerceptronParameters", "Reader"]

HASHED_AS = "fbbench-perceptron-1"
"""Begins what a state hash is of, and never changes, whatever classes and file formats are called: hashes in stored
rows stay comparable. With another one, or other names in ``_described``, methods of perceptrons need a new version."""

BOUND = 127
FIRST_MARGIN = 16
"""Times the number of features. The margin is halved from pass to pass ..."""
HALVINGS = 3
"""... so often, down to twice the number of features. Weights are summed from then on."""
SNAPSHOTS = 25
"""How often in a pass weights are added to the sums, if that does not overflow 16 bits in all passes."""
MOST_SNAPSHOTS = ((1 << 15) - 1) // BOUND
PIECE = 4096
"""Rows of a hidden layer's activations that are held at a time."""


@dataclass(frozen=True, kw_only=True)
class PerceptronParameters(UnitsParameters):
    """All that makes a perceptron beside its state: as in :class:`MajorityPerceptron`, whose errors it raises."""

    MOST_EPOCHS = MOST_SNAPSHOTS

    epochs: int = 10


class MajorityPerceptron(OnRandomUnits):
    """Fixed random units and an averaged integer perceptron that reads them and the inputs.

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
        Passes over the data that :meth:`train_epoch` will make, at most ``MOST_SNAPSHOTS``. The margin depends on the
        number of the pass, and how often weights are summed on how many there are. Passes beyond them have the last
        margin, and the sums start anew when they are full.
    seed : int in [0, 2**64)
        Units and order of rows follow from it alone, on any path and machine.

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    FORMAT = "fbbench-perceptron-1"
    HASHED_AS = HASHED_AS
    SAVED, HELD = ("weights", "sums"), ("wires", "weights", "sums")
    parameters_class = PerceptronParameters

    def __init__(self, n_inputs, n_classes, *, n_units, n_pairs=0, fan_in=FAN_IN, epochs=10, seed):
        self._begin(
            PerceptronParameters(
                n_inputs=n_inputs, n_classes=n_classes, n_units=n_units, n_pairs=n_pairs, fan_in=fan_in, epochs=epochs,
                seed=seed,
            )
        )  # fmt: skip

    def _begin(self, parameters):
        self.parameters = parameters
        self.bound = BOUND
        self.wires = drawn_wires(random.stream(self.seed, random.WIRES), self.n_units, self.fan_in, self.n_inputs)
        self.weights = np.zeros((self.n_classes, self.n_columns), dtype=np.int8)
        self.sums = np.zeros((self.n_classes, self.n_columns), dtype=np.int16)
        self._epochs = 0

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
        margin = self.next_margin()
        if self._epochs >= self.epochs and (self._epochs - self._first_summed()) % self._n_summed() == 0:
            self.sums[:] = 0
        every, right = self._rows_between_sums(len(rows)), 0
        piece = self._rows_uninterrupted()
        for first in range(0, len(order), piece):
            part = order[first : first + piece]
            right += kernels.active().train_perceptron(self, rows, labels, part, margin, first, every)
        self._epochs += 1
        return right / len(rows)

    def next_margin(self):
        """Return the margin of the next pass."""
        return FIRST_MARGIN * self.n_features >> min(self._epochs, HALVINGS)

    def _rows_between_sums(self, n_rows):
        """Return after how many rows weights are summed in this pass; 0: never."""
        if self._epochs < self._first_summed():
            return 0
        return -(-n_rows // min(SNAPSHOTS, MOST_SNAPSHOTS // self._n_summed()))

    def _first_summed(self):
        """Return the number of the first pass whose weights are summed."""
        return min(HALVINGS, self.epochs - 1)

    def _n_summed(self):
        """Return how many passes are summed."""
        return self.epochs - self._first_summed()

    def decision_function(self, x):
        """Return the scores int64 (N, C) of rows as in :meth:`train_epoch`: of the summed weights once there are sums,
        of the weights before."""
        asked = self
        if not self.sums.any():
            asked = MajorityPerceptron.__new__(MajorityPerceptron)
            asked.__dict__ = {**self.__dict__, "sums": self.weights.astype(np.int16)}
        return kernels.active().perceptron_scores(asked, bits.check_rows(x, self.n_inputs))

    def _state(self):
        return {
            "wires": self.wires.astype("<u4"), "weights": self._read(self.weights),
            "sums": self._read(self.sums).astype("<i2"),
        }  # fmt: skip

    def _check_kept(self, kept):
        for name, most in (("weights", BOUND), ("sums", BOUND * MOST_SNAPSHOTS)):
            if kept[name].max() > most or kept[name].min() < -most:
                raise ValueError(f"{name} must lie within +-{most}")


class Reader(MajorityPerceptron):
    """An averaged perceptron without units whose inputs change from pass to pass: it reads the hidden layers of a
    network while these learn. Every pass has the last margin, and only the newest one is averaged.

    Parameters
    ----------
    n_inputs, n_classes, seed : as in :class:`MajorityPerceptron`
    """

    FORMAT = "fbbench-reader-1"

    def __init__(self, n_inputs, n_classes, *, seed):
        super().__init__(n_inputs, n_classes, n_units=0, epochs=1, seed=seed)

    @classmethod
    def parameters_of(cls, **parameters):
        """Return the :class:`PerceptronParameters` of a constructor's arguments (by name); its errors."""
        return PerceptronParameters(n_units=0, epochs=1, **parameters)

    def train_epoch(self, x, y):
        """Train on all rows once, see :meth:`train_pass`; returns nothing."""
        rows, labels = bits.check_samples(x, y, self.n_inputs, self.n_classes)
        self.train_pass(len(rows), lambda numbers: (rows[numbers], labels[numbers]))

    def train_pass(self, n_rows, rows_of):
        """Train on ``n_rows`` rows once, in an order drawn from the seed. ``rows_of(numbers)`` returns some of them, as
        packed rows and int32 labels."""
        order = random.permutation(random.stream(self.seed, random.READING, self._epochs), n_rows)
        margin, every = FIRST_MARGIN * self.n_features >> HALVINGS, self._rows_between_sums(n_rows)
        self.sums[:] = 0
        for first in range(0, n_rows, PIECE):
            rows, labels = rows_of(order[first : first + PIECE])
            kernels.active().train_perceptron(self, rows, labels, np.arange(len(rows)), margin, first, every)
        self._epochs += 1

    def _described(self):
        return {
            "n_inputs": self.n_inputs, "n_classes": self.n_classes, "seed": self.seed, "passes": self._epochs,
        }  # fmt: skip
