"""Nearest centroid under the Hamming distance: every class is the bitwise majority of its training rows."""

import numpy as np

from fbbench import kernels
from fbbench.bits import pack, unpack
from fbbench.costs import Costs, binary_inference_gates
from fbbench.kernels.layer import MAX_WIDTH

from .parameters import Count, method
from .protocol import Widths
from .rows import BitsClassifier, with_labels

CHUNK = 4096


@method
class NearestCentroid(BitsClassifier):
    """Nearest centroid under the Hamming distance (bitwise majority of each class).

    One pass, integers alone: counts of +1 per class and bit, their majority, then XNOR and popcount. What a single
    binary layer knows that never learns from its mistakes.
    """

    version = 1
    widths = Widths(32, 1, 32)
    most_features = MAX_WIDTH

    epochs: Count = 1

    def _start(self, n_inputs, n_classes):
        self.centroids_ = np.zeros((n_classes, 0), dtype=np.uint64)
        self.absent_ = np.zeros(0, dtype=np.intp)

    def _train(self, rows, labels):
        sums = np.zeros((len(self.centroids_), self.n_features_in_), dtype=np.int32)
        for first in range(0, len(rows), CHUNK):
            values = unpack(rows[first : first + CHUNK], self.n_features_in_)
            for number in range(len(sums)):
                of_class = values[labels[first : first + CHUNK] == number]
                sums[number] += of_class.sum(axis=0, dtype=np.int32)
        self.centroids_ = pack(np.where(sums >= 0, 1, -1).astype(np.int8))
        self.absent_ = np.flatnonzero(np.bincount(labels, minlength=len(sums)) == 0)  # have no centroid
        return np.mean(self._predict(rows) == labels)

    def _predict(self, rows):
        nearest = []
        for first in range(0, len(rows), CHUNK):
            agreement = kernels.active().product(
                rows[first : first + CHUNK], None, self.centroids_, None, self.n_features_in_
            )
            agreement[:, self.absent_] = np.iinfo(agreement.dtype).min
            nearest.append(agreement.argmax(axis=1))
        return np.concatenate(nearest)

    def costs(self, task):
        """Counts are 32-bit integers; an increment (10 gates) a bit; some rows are unpacked to bytes, twice."""
        weights = task.n_features * task.n_classes
        memory = {"data": task.n_samples * task.n_features, "counts": 32 * weights, "centroids": weights}
        unpacked = 2 * 8 * min(CHUNK, task.n_samples) * task.n_features
        return Costs(
            memory=memory,
            ledger={**with_labels(memory, task), "unpacked rows": unpacked},
            gates={"increment": 10 * self.batch_size * task.n_features},
            inference_memory={"centroids": weights, "input": task.n_features},
            inference_gates=binary_inference_gates((task.n_features,), task.n_classes),
            operations={"integer add, a bit": 32 * self.batch_size * task.n_features},
        )
