"""The most frequent class of the training rows, whatever is asked: what any method must beat."""

import numpy as np

from .rows import BitsClassifier


class Majority(BitsClassifier):
    """The most frequent class of the training rows (no learning; the floor of every comparison)."""

    version = 1
    floor = 0.2

    def __init__(self, *, epochs=1, batch_size=100, random_state=0, n_bits=None):
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _start(self, n_inputs, n_classes):
        self.counts_ = np.zeros(n_classes, dtype=np.int64)

    def _train(self, rows, labels):
        self.counts_[:] = np.bincount(labels, minlength=len(self.counts_))
        return self.counts_.max() / len(labels)

    def _predict(self, rows):
        return np.full(len(rows), self.counts_.argmax())

    def memory(self, task):
        """Return bits by part: the data as all methods hold them, and a counter per class."""
        return {"data": task.n_samples * task.n_features, "counts": 64 * task.n_classes}

    def gates(self, task):
        """Return the gates of one mini-batch by kind: an increment a sample (10 gates)."""
        return {"increment": 10 * self.batch_size}

    def inference_memory(self, task):
        """Return the bits of predicting one sample: the class."""
        return {"class": 32}

    def inference_gates(self, task):
        """Return the gates of predicting one sample: none."""
        return {"XNOR": 0}
