"""The most frequent class of the training rows, whatever is asked: what any method must beat."""

import numpy as np

from fbbench.costs import Costs

from .parameters import Count, method
from .rows import BitsClassifier, with_labels


@method
class Majority(BitsClassifier):
    """The most frequent class of the training rows (no learning; the floor of every comparison)."""

    version = 1
    floor = 0.2

    epochs: Count = 1

    def _start(self, n_inputs, n_classes):
        self.counts_ = np.zeros(n_classes, dtype=np.int64)

    def _train(self, rows, labels):
        self.counts_[:] = np.bincount(labels, minlength=len(self.counts_))
        return self.counts_.max() / len(labels)

    def _predict(self, rows):
        return np.full(len(rows), self.counts_.argmax())

    def costs(self, task):
        memory = {"data": task.n_samples * task.n_features, "counts": 64 * task.n_classes}
        return Costs(
            memory=memory,
            ledger=with_labels(memory, task),
            gates={"increment": 10 * self.batch_size},  # one a sample
            operations={"increment": self.batch_size},
            inference_memory={"class": 32},
            inference_gates={"XNOR": 0},
        )
