"""Logistic regression on bits, one class against the others, by scikit-learn's SGDClassifier."""

import numpy as np
from sklearn.linear_model import SGDClassifier

from fbbench.bits import unpack
from fbbench.costs import Costs, float_gates, float_inference_gates, float_inference_memory

from .parameters import Count, Positive, method
from .rows import BitsClassifier

CHUNK = 4096


@method
class Logistic(BitsClassifier):
    """Logistic regression on bits (scikit-learn's SGDClassifier, one class against the others, 64-bit floats).

    Parameters
    ----------
    alpha : float
        Weight of the L2 penalty, which also sets the learning rate's decline (scikit-learn's "optimal" schedule).
    """

    version = 1
    uses_floats = True

    alpha: Positive = 1e-4
    epochs: Count = 10

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

    def costs(self, task):
        """Data are held as bits, weights and a mini-batch as 64-bit floats; the gates are those of a full-precision
        network of one matrix, and 32-bit weights would do to predict."""
        memory = {
            "data": task.n_samples * task.n_features,
            "weights": 64 * (task.n_features + 1) * task.n_classes,
            "mini-batch": 64 * self.batch_size * task.n_features,
        }
        held = {
            "labels and order": task.n_samples * (32 + 64 + 64),
            "unpacked rows": (8 + 64) * min(CHUNK, task.n_samples) * task.n_features,
        }
        sizes = (task.n_features,)
        return Costs(
            memory=memory,
            ledger={**memory, **held},
            gates=float_gates(sizes, task.n_classes, self.batch_size),
            inference_memory=float_inference_memory(sizes, task.n_classes, binary_input=True),
            inference_gates=float_inference_gates(sizes, task.n_classes),
        )
