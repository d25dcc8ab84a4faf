"""Rows to be trained on, as every training rule of every path takes them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batches:
    """Rows to be trained on, mini-batch by mini-batch.

    Attributes
    ----------
    rows : ndarray (N, words) of uint64
        Packed bits.
    labels : ndarray (N,) of int32
    order : ndarray (n,) of int64
        Numbers of rows, in the order in which they are taken.
    batch_size : int
    first_step : int
        Number of the first mini-batch, which random draws follow.
    """

    rows: np.ndarray
    labels: np.ndarray
    order: np.ndarray
    batch_size: int
    first_step: int

    def numbered(self):
        """Yield (number of the step, numbers of its rows) of every mini-batch."""
        for number, first in enumerate(range(0, len(self.order), self.batch_size)):
            yield self.first_step + number, self.order[first : first + self.batch_size]
