"""Logistic regression on bits, one class against the others, by scikit-learn's SGDClassifier."""

import numpy as np
from sklearn.linear_model import SGDClassifier

from fbbench.bits import unpack
from fbbench.costs import float_gates, float_inference_gates, float_inference_memory

from .parameters import Positive
from .rows import BitsClassifier

CHUNK = 4096


class Logistic(BitsClassifier):
    """Logistic regression on bits (scikit-learn's SGDClassifier, one class against the others, 64-bit floats).

    Parameters
    ----------
    alpha : float
        Weight of the L2 penalty, which also sets the learning rate's decline (scikit-learn's "optimal" schedule).
    """

    version = 1
    uses_floats = True

    def __init__(self, *, alpha: Positive = 1e-4, epochs=10, batch_size=100, random_state=0, n_bits=None):
        self.alpha = alpha
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _start(self, n_inputs, n_classes):
        self.order_ = np.random.default_rng(self.random_state)
        self.model_ = SGDClassifier(loss="log_loss", alpha=self.alpha, shuffle=False, random_state=0)
        self.numbers_ = np.arange(n_classes)

    def _train(self, rows, labels):
        order, right = self.order_.permutation(len(rows)), 0
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            values = unpack(rows[batch], self.n_features_in_).astype(np.float64)
            if hasattr(self.model_, "coef_"):
                right += int((self.model_.predict(values) == labels[batch]).sum())
            self.model_.partial_fit(values, labels[batch], classes=self.numbers_)
        return right / len(rows)

    def _predict(self, rows):
        return np.concatenate(
            [
                self.model_.predict(unpack(rows[first : first + CHUNK], self.n_features_in_))
                for first in range(0, len(rows), CHUNK)
            ]
        )

    def memory(self, task):
        """Return bits by part: data are held as bits, weights and a mini-batch as 64-bit floats."""
        return {
            "data": task.n_samples * task.n_features,
            "weights": 64 * (task.n_features + 1) * task.n_classes,
            "mini-batch": 64 * self.batch_size * task.n_features,
        }

    def ledger(self, task):
        """Return the bits that are really held: labels and their order, and the rows unpacked to predict."""
        rows = min(CHUNK, task.n_samples)
        return {
            **self.memory(task),
            "labels and order": task.n_samples * (32 + 64 + 64),
            "unpacked rows": (8 + 64) * rows * task.n_features,
        }

    def gates(self, task):
        """Return the gates of one mini-batch by kind, as of a full-precision network of one matrix."""
        return float_gates((task.n_features,), task.n_classes, self.batch_size)

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part (32-bit weights would do)."""
        return float_inference_memory((task.n_features,), task.n_classes, binary_input=True)

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        return float_inference_gates((task.n_features,), task.n_classes)
