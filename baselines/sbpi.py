"""A committee of perceptrons trained by SBPI, an alternative to CP+R.

Baldassi, Braunstein, Brunel, Zecchina, *Efficient supervised learning in networks with binary synapses*, PNAS 104
(2007) 11079 (SBPI: stochastic belief-propagation-inspired), in the multi-class committee of arXiv:2412.00119.
"""

import numpy as np

from fbbench import kernels
from fbbench.bits import unpack
from fbbench.costs import (
    Costs,
    binary_gates,
    binary_inference_gates,
    binary_inference_memory,
    committee_memory,
    sbpi_operations,
)
from fbbench.kernels import reference
from fbbench.kernels.layer import MAX_WIDTH
from fbbench.shapes import parse_shape

from .parameters import Committee, HiddenBits, Share, Whole, method, positional
from .protocol import Widths
from .rows import BitsClassifier

CHUNK = 4096


@method
class SBPICommittee(BitsClassifier):
    """Committee of perceptrons trained by SBPI (NumPy; the single-layer method with another rule for its units).

    K1 units stand in K2 groups, whose majorities a fixed random classifier reads. A sample whose prediction is wrong,
    or leads by less than a margin, asks every group for the sign in its label's row. In a group that is wrong the unit
    that is nearest to its threshold gets 2 d x; in a group that is right, every unit that is only just right
    (0 < d z <= theta) gets, with probability ``p``, 2 d x on the synapses that agree already. All updates of a
    mini-batch are added up.

    Parameters
    ----------
    committee : (n_units, n_groups)
    robustness : float
        Margin, as a share of the groups.
    theta : int
        How near to its threshold a unit is only just right; below 2 none is where the fan-in is even.
    p : float
        Probability of the second kind of update, 0.3 to 0.4 in the source.
    hidden_bits : 8 or 16
    """

    version = 1
    most_features = MAX_WIDTH
    width_step = 11

    committee: Committee = positional((44, 4))
    robustness: Share = 0.25
    theta: Whole = 2
    p: Share = 0.3
    hidden_bits: HiddenBits = 8

    def check(self, task):
        """Raise ValueError if a parameter is wrong."""
        super().check(task)
        n_units, n_groups = self.committee
        if n_groups < 1 or n_units % n_groups:
            raise ValueError(f"committee must have units that divide into its groups; got {n_units}, {n_groups}")

    def _start(self, n_inputs, n_classes):
        self.check(None)
        self.random_ = np.random.default_rng(self.random_state)
        n_units, n_groups = self.committee
        self.bound_ = (1 << (self.hidden_bits - 1)) - 1
        drawn = self.random_.integers(-64, 64, size=(n_units, n_inputs)) * 2 + 1  # odd, so that no sign is 0
        self.hidden_ = np.clip(drawn, -self.bound_, self.bound_).astype(np.int8 if self.hidden_bits == 8 else np.int16)
        self.classifier_ = self.random_.choice(np.array([-1, 1], dtype=np.int8), size=(n_classes, n_groups))
        self._set_weights()

    def _set_weights(self):
        self.weights_ = reference.pack_planes(np.where(self.hidden_ > 0, 1, -1).astype(np.int8), False)[0]

    def _forward(self, rows):
        """Return pre-activations (n, units), majorities of the groups (n, groups), scores (n, classes)."""
        z = kernels.active().product(rows, None, self.weights_, None, self.n_features_in_)
        signs = np.where(z >= 0, np.int8(1), np.int8(-1))
        sums = signs.reshape(len(rows), self.committee[1], -1).sum(axis=2, dtype=np.int16)
        groups = np.where(sums >= 0, np.int16(1), np.int16(-1))
        return z, groups, groups @ self.classifier_.T.astype(np.int16)

    def _train(self, rows, labels):
        order, right = self.random_.permutation(len(rows)), 0
        margin = int(self.robustness * self.committee[1])
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            z, groups, scores = self._forward(rows[batch])
            wanted = labels[batch]
            correct = scores.argmax(axis=1) == wanted
            top = np.sort(scores, axis=1)
            triggered = ~correct | (top[:, -1] - top[:, -2] < margin)
            right += int(correct.sum())
            if triggered.any():
                values = unpack(rows[batch][triggered], self.n_features_in_)
                self._update(values, z[triggered], groups[triggered], self.classifier_[wanted[triggered]])
        return right / len(rows)

    def _update(self, values, z, groups, desired):
        n, n_groups = desired.shape
        stability = z.reshape(n, n_groups, -1) * desired[:, :, None].astype(np.int16)
        size = stability.shape[2]
        wrong = np.where(z >= 0, 1, -1).reshape(stability.shape) != desired[:, :, None]
        distance = np.where(wrong, np.abs(stability), np.iinfo(np.int16).max)
        nearest = distance.argmin(axis=2)
        increments = np.zeros(self.hidden_.shape, dtype=np.int32)
        for i, group in zip(*np.nonzero(groups != desired), strict=True):
            unit = group * size + nearest[i, group]
            increments[unit] += 2 * desired[i, group] * values[i]
        just = (groups == desired)[:, :, None] & (stability > 0) & (stability <= self.theta)
        drawn = self.random_.integers(0, 1 << 32, size=just.shape) < int(self.p * (1 << 32))
        for i, group, member in zip(*np.nonzero(just & drawn), strict=True):
            unit = group * size + member
            push = desired[i, group] * values[i]
            agrees = (self.hidden_[unit] > 0) == (push > 0)
            increments[unit] += 2 * push * agrees
        touched = increments.any(axis=1)
        moved = np.clip(self.hidden_[touched] + increments[touched], -self.bound_, self.bound_)
        self.hidden_[touched] = moved.astype(self.hidden_.dtype)
        self._set_weights()

    def _predict(self, rows):
        return np.concatenate(
            [self._forward(rows[first : first + CHUNK])[2].argmax(axis=1) for first in range(0, len(rows), CHUNK)]
        )

    @staticmethod
    def shape_params(shape):
        """Return the parameters of a shape such as ``"44_4"``: units and groups."""
        numbers = parse_shape(shape)
        if len(numbers) != 2:
            raise ValueError(f"a shape must be units and groups such as '44_4'; got {shape!r}")
        n_units, n_groups = numbers
        return {"committee": [n_units, n_groups]}

    @staticmethod
    def shape_of_width(width):
        """Return the shape tried for a width when a budget is matched: groups of eleven."""
        return f"{width}_{width // 11}"

    @property
    def widths(self):
        """Hidden weights are counted, bits predict."""
        return Widths(self.hidden_bits, 1, 32)

    def costs(self, task):
        """The paper's model of the single-layer method; held are a mini-batch's increments, and rows unpacked."""
        n_units, n_groups = self.committee
        sizes = (task.n_features, n_units, n_groups)
        n_weights, rows = task.n_features * n_units, min(CHUNK, task.n_samples)
        return Costs(
            memory=committee_memory(task.n_samples, [sizes], task.n_classes, self.batch_size),
            ledger={
                "data": task.n_samples * task.n_features,
                "labels and order": task.n_samples * (32 + 64 + 64 + 64),
                "hidden weights": self.hidden_bits * n_weights,
                "increments and copies": (32 + 64 + 64 + 2 * self.hidden_bits) * n_weights,
                "mini-batch": 8 * 4 * self.batch_size * task.n_features,
                "pre-activations": (16 + 8 + 16 + 16 + 16) * rows * n_units,
            },
            gates=binary_gates(sizes, task.n_classes, self.batch_size, local_classifiers=False),
            operations=sbpi_operations(*sizes, task.n_classes, self.batch_size, self.hidden_bits, self.p),
            inference_memory=binary_inference_memory(
                sizes[:2], task.n_classes, ternary=False, committee_reads=n_groups
            ),
            inference_gates=binary_inference_gates(sizes, task.n_classes),
        )
