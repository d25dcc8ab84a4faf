"""k nearest neighbours under the Hamming distance (Fix, Hodges 1951; Cover, Hart 1967): the rows themselves vote."""

from typing import Annotated

import numpy as np
from pydantic import Field

from fbbench import kernels
from fbbench.costs import GATES, Costs
from fbbench.kernels.layer import MAX_WIDTH

from .parameters import Count, method
from .protocol import Widths
from .rows import BitsClassifier, with_labels

CHUNK = 128
PIECE = 1 << 14
SAMPLE = 1000
"""Training rows that the training accuracy is of; each has itself as a neighbour."""


@method
class HammingNeighbours(BitsClassifier):
    """k nearest neighbours under the Hamming distance: nothing is trained, all rows are kept to predict.

    Every method is charged the training rows while it trains, so this one fits any budget; but it alone needs them to
    predict, see its memory of inference. Of equally frequent classes
    the one whose rows rank nearer, added up, wins.

    Parameters
    ----------
    n_neighbours : int
    """

    version = 1
    widths = Widths(1, 1, 64)
    most_features = MAX_WIDTH

    n_neighbours: Annotated[int, Field(ge=1, le=1000)] = 5
    epochs: Count = 1

    def _start(self, n_inputs, n_classes):
        self.n_classes_ = n_classes

    def _train(self, rows, labels):
        self.rows_, self.labels_ = rows, labels
        few = slice(SAMPLE)  # all of them would take as long as all of them squared
        return float(np.mean(self._predict(rows[few]) == labels[few]))

    def _predict(self, rows):
        return np.concatenate(
            [self._voted(rows[first : first + CHUNK]) for first in range(0, len(rows), CHUNK)]
        )  # fmt: skip

    def _voted(self, rows):
        k = min(self.n_neighbours, len(self.rows_))
        agreement = np.empty((len(rows), 0), np.int16)
        nearest = np.empty((len(rows), 0), np.intp)
        for first in range(0, len(self.rows_), PIECE):
            found = kernels.active().product(rows, None, self.rows_[first : first + PIECE], None, self.n_features_in_)
            known = np.arange(first, first + found.shape[1])
            both = np.hstack([agreement, found])
            places = np.hstack([nearest, np.broadcast_to(known, found.shape)])
            best = np.argsort(-both.astype(np.int32), axis=1, kind="stable")[:, :k]  # of equally near ones the first
            agreement, nearest = np.take_along_axis(both, best, 1), np.take_along_axis(places, best, 1)
        votes = np.zeros((len(rows), self.n_classes_), dtype=np.int64)
        for place in range(k):
            votes[np.arange(len(rows)), self.labels_[nearest[:, place]]] += (1 << 20) + (k - place)
        return votes.argmax(axis=1)

    def costs(self, task):
        """Distances to all rows are counted; the k best are 16 bits each. Gates of training: none but reading them."""
        best, elements = 48 * self.n_neighbours, task.n_samples * task.n_features
        counted = {"XNOR": GATES["XNOR"] * elements, "popcount": GATES["popcount"] * elements}
        memory = {"data": elements, "nearest": best, "votes": 16 * task.n_classes}
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "distances": CHUNK * (min(PIECE, task.n_samples) + self.n_neighbours) * (2 * 16 + 64 + 64 + 32 + 64),
            },
            gates={"AND": self.batch_size * task.n_features},
            operations={"AND": self.batch_size * task.n_features},
            inference_memory={**memory, "input": task.n_features},
            inference_gates=counted,
        )
