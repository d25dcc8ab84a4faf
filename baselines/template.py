"""TEMPLATE: say in a few words what the method is, and where it comes from (authors, year, arXiv or DOI)."""

import numpy as np
from fbbench.baselines.parameters import Count, method
from fbbench.baselines.rows import BitsClassifier

from fbbench.bits import unpack


@method
class Template(BitsClassifier):
    """Perceptron on bits with integer weights (replace this by your method; the first line stands in `fbbench list`).

    Rosenblatt 1958, one perceptron per class: a wrong answer moves the label's weights towards the sample, and the
    answer's away from it.

    Parameters
    ----------
    step : int
        Added to weights for a wrong answer.
    epochs, batch_size, random_state, n_bits : as in :class:`~fbbench.baselines.rows.BitsClassifier`
        The runner sets these.
    """

    version = 1  # count up when the same parameters start to give other results: old rows are run again then
    uses_floats = False  # whether training touches floating-point numbers; the checks look

    step: Count = 1
    epochs: Count = 10

    def _start(self, n_inputs, n_classes):
        """Make a model of so many input bits and classes."""
        self.weights_ = np.zeros((n_classes, n_inputs), dtype=np.int32)
        self.order_ = np.random.default_rng(self.random_state)  # all randomness comes from random_state

    def _train(self, rows, labels):
        """Train one epoch on packed rows and class numbers; return the training accuracy, 0..1."""
        order, right = self.order_.permutation(len(rows)), 0
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            values, wanted = unpack(rows[batch], self.n_features_in_).astype(np.int32), labels[batch]
            answer = (values @ self.weights_.T).argmax(axis=1)
            right += int((answer == wanted).sum())
            for i in np.flatnonzero(answer != wanted):
                self.weights_[wanted[i]] += self.step * values[i]
                self.weights_[answer[i]] -= self.step * values[i]
        return right / len(rows)

    def _predict(self, rows):
        """Return the class numbers of packed rows."""
        return (unpack(rows, self.n_features_in_).astype(np.int32) @ self.weights_.T).argmax(axis=1)

    # ---- What it costs. A task has n_samples, n_features and n_classes. ----

    def memory(self, task):
        """Return the bits that training needs, by part; 'data' is what all methods hold."""
        return {
            "data": task.n_samples * task.n_features,
            "weights": 32 * task.n_features * task.n_classes,
            "mini-batch": 32 * self.batch_size * task.n_features,
        }

    def ledger(self, task):
        """Return the bits that this code really holds, by part: what the checks measure."""
        # Bytes and integers of a mini-batch, or of a thousand rows that are predicted at once.
        return {**super().ledger(task), "unpacked rows": (8 + 32) * max(1000, self.batch_size) * task.n_features}

    def gates(self, task):
        """Return the Boolean gates of one mini-batch by kind: 10 for an increment, a popcount per element likewise."""
        elements = self.batch_size * task.n_features * task.n_classes
        return {"popcount": 10 * elements, "increment": 10 * elements}
