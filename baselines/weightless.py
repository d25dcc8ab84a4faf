"""What weightless networks share: tuples of input bits that address memories, counts, and bleaching."""

import numpy as np

from fbbench.bits import unpack
from fbbench.costs import GATES
from fbbench.kernels import random

from .parameters import Count, Share, method
from .rows import Knob, Sized

AT_ONCE = 1 << 20
"""Tuples that are looked up at once."""
COUNTER_BITS = 8
MOST = (1 << COUNTER_BITS) - 1
"""Where counters saturate."""


@method
class Weightless(Sized):
    """Base of weightless networks: every class has ``n_nodes`` memories of counters, each addressed by a tuple of
    ``address_bits`` input bits drawn at random, the same for all classes. A class's response to a row is how many of
    its memories have seen the row's tuple more often than the bleaching threshold.

    The threshold is chosen on a share of the training rows, of a pass over the others; these are added afterwards. A
    subclass says how a memory counts: ``_empty(n_classes)``; ``_addresses(tuples)``; ``_add(addresses, labels)``;
    ``_counts(addresses, number)``, those of a class.

    Parameters
    ----------
    n_nodes : int
        Memories of a class.
    address_bits : int
        Bits of a tuple.
    choosing_share : float
        Share of the training rows that the threshold is chosen on; 0: the threshold is 0.
    """

    knob = Knob("n_nodes", largest=1 << 17)

    choosing_share: Share = 0.1
    epochs: Count = 1

    def _start(self, n_inputs, n_classes):
        stream = random.stream(self.random_state, random.ROWS, 4)
        n_wires = self.n_nodes * self.address_bits
        turns = -(-n_wires // n_inputs)  # every input is read once before any is read again
        orders = [random.permutation(random.stream(stream, random.ROWS, turn), n_inputs) for turn in range(turns)]
        self.wires_ = np.concatenate(orders)[:n_wires].reshape(self.n_nodes, self.address_bits)
        self.memories_, self.threshold_ = self._empty(n_classes), 0

    @property
    def _rows_at_once(self):
        return min(2048, max(8, AT_ONCE // self.n_nodes))

    def _pieces(self, n_rows):
        """Yield slices of rows, few enough to be looked up at once."""
        for first in range(0, n_rows, self._rows_at_once):
            yield slice(first, first + self._rows_at_once)

    def _tuples(self, rows):
        """Return the bits (n_rows, n_nodes, address_bits), 0 or 1, that packed rows put on the wires."""
        return (unpack(rows, self.n_features_in_) > 0)[:, self.wires_]

    def _train(self, rows, labels):
        order = np.random.default_rng(self.random_state).permutation(len(rows))
        n_choosing = int(self.choosing_share * len(rows))
        others, choosing = order[n_choosing:], order[:n_choosing]
        self._count(rows[others], labels[others])
        if n_choosing:
            self.threshold_ = self._chosen(rows[choosing], labels[choosing])
            self._count(rows[choosing], labels[choosing])
        return float(np.mean(self._predict(rows) == labels))

    def _count(self, rows, labels):
        for piece in self._pieces(len(rows)):
            self._add(self._addresses(self._tuples(rows[piece])), labels[piece])

    def _responses(self, rows, thresholds):
        """Return (thresholds, rows, classes): how many memories of a class have counted a row's tuple more often."""
        addresses, n_classes = self._addresses(self._tuples(rows)), len(self.memories_)
        found = np.empty((len(thresholds), len(rows), n_classes), dtype=np.int32)
        for number in range(n_classes):
            counts = self._counts(addresses, number)
            for place, threshold in enumerate(thresholds):
                found[place, :, number] = np.count_nonzero(counts > threshold, axis=1)
        return found

    def _chosen(self, rows, labels):
        """Return the threshold that judges most rows right; of several, the lowest."""
        thresholds = np.unique(np.geomspace(1, MOST, 24).astype(int)) - 1
        right = np.zeros(len(thresholds), dtype=np.int64)
        for piece in self._pieces(len(rows)):
            right += (self._responses(rows[piece], thresholds).argmax(axis=2) == labels[piece]).sum(axis=1)
        return int(thresholds[right.argmax()])

    def _predict(self, rows):
        return np.concatenate(
            [self._responses(rows[piece], [self.threshold_])[0].argmax(axis=1) for piece in self._pieces(len(rows))]
        )

    def _wire_bits(self, n_inputs):
        """Return the bits of the wires: each names an input. They could be drawn again, and are charged."""
        return self.n_nodes * self.address_bits * max(1, (n_inputs - 1).bit_length())

    def _rows_held(self, task, *, bytes_of_tuple):
        """Return the bits of what a piece of rows takes while it is read: bits, tuples, addresses, counts."""
        rows = min(self._rows_at_once, task.n_samples)
        return 8 * rows * (2 * task.n_features + self.n_nodes * (self.address_bits + bytes_of_tuple))

    def _vote_gates(self, n_classes):
        """Return the gates of adding up the answers of all memories for a row, by kind."""
        return {"popcount": GATES["popcount"] * self.n_nodes * n_classes}
