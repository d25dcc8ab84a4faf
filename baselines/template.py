"""TEMPLATE: say in a few words what the method is, and where it comes from (authors, year, arXiv or DOI)."""

import numpy as np
from fbbench.baselines.parameters import Count, method, positional
from fbbench.baselines.rows import Knob, Sized

from fbbench.bits import unpack


@method
class Template(Sized):
    """Perceptron on majorities of three random bits, in integers (replace this; it stands in `fbbench list`).

    Rosenblatt 1958, one perceptron per class: a wrong answer moves the label's weights towards the sample, and the
    answer's away from it.

    Parameters
    ----------
    n_units : int
        Majorities that are read: the method's size, which is matched to a memory budget.
    step : int
        Added to weights for a wrong answer.
    epochs, batch_size, random_state, n_bits : as in :class:`~fbbench.baselines.rows.BitsClassifier`
        The runner sets these.
    """

    version = 1  # count up when the same parameters start to give other results: old rows are run again then
    uses_floats = False  # whether training touches floating-point numbers; the checks look
    reads_integers = True  # whether predicting adds integers of several bits, beside counting bits
    knob = Knob("n_units", step=10)  # a method of one size derives from BitsClassifier and has none

    n_units: Count = positional(500)
    step: Count = 1
    epochs: Count = 10

    def _start(self, n_inputs, n_classes):
        """Make a model of so many input bits and classes."""
        self.order_ = np.random.default_rng(self.random_state)  # all randomness comes from random_state
        self.wires_ = self.order_.integers(0, n_inputs, (self.n_units, 3))
        self.weights_ = np.zeros((n_classes, self.n_units), dtype=np.int32)

    def _units(self, rows):
        """Return what the units say of packed rows: +-1 (n_rows, n_units)."""
        return np.sign(unpack(rows, self.n_features_in_)[:, self.wires_].sum(axis=2, dtype=np.int32))

    def _train(self, rows, labels):
        """Train one epoch on packed rows and class numbers; return the training accuracy, 0..1."""
        order, right = self.order_.permutation(len(rows)), 0
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            values, wanted = self._units(rows[batch]), labels[batch]
            answer = (values @ self.weights_.T).argmax(axis=1)
            right += int((answer == wanted).sum())
            for i in np.flatnonzero(answer != wanted):
                self.weights_[wanted[i]] += self.step * values[i]
                self.weights_[answer[i]] -= self.step * values[i]
        return right / len(rows)

    def _predict(self, rows):
        """Return the class numbers of packed rows."""
        pieces = np.split(rows, range(1000, len(rows), 1000))  # so few are unpacked at once
        return np.concatenate([(self._units(piece) @ self.weights_.T).argmax(axis=1) for piece in pieces])

    # ---- What it costs. A task has n_samples, n_features and n_classes. ----

    def memory(self, task):
        """Return the bits that training needs, by part; 'data' is what all methods hold. It must grow with the knob."""
        return {
            "data": task.n_samples * task.n_features,
            "weights": 32 * self.n_units * task.n_classes,
            "wires": 3 * self.n_units * max(1, (task.n_features - 1).bit_length()),
            "mini-batch": self.batch_size * self.n_units,
        }

    def ledger(self, task):
        """Return the bits that this code really holds, by part: what the checks measure."""
        # Bytes, three of them a unit, sums and signs of so many rows as are predicted at once.
        rows = max(1000, self.batch_size)
        held = rows * (2 * 8 * task.n_features + (3 * 8 + 2 * 32 + 64) * self.n_units)
        return {**super().ledger(task), "wires": 64 * 3 * self.n_units, "unpacked rows": held}

    def gates(self, task):
        """Return the Boolean gates of one mini-batch by kind (fbbench.costs.GATES): 10 for an increment, a
        popcount per element, an integer addition per bit of what is added."""
        elements = self.batch_size * self.n_units * task.n_classes
        majorities = 10 * 3 * self.batch_size * self.n_units
        return {"popcount": majorities, "integer add": 10 * 32 * elements, "increment": 10 * elements}
