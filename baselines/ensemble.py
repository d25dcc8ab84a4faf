"""Several small BMLPs inside one memory budget, which vote: what one wide network is worth against many narrow ones."""

import numpy as np

from fbbench import FullyBinaryNetwork
from fbbench.costs import (
    binary_gates,
    binary_inference_gates,
    binary_inference_memory,
    binary_ledger,
    bmlp_memory,
    zero_gates,
)

from .parameters import Arithmetic, Count, GroupSize, HiddenBits, Scale, Share, Widths
from .rows import BitsClassifier, HiddenLayers

SEED_STEP = 1 << 32
"""Members draw from seeds so far apart, so that no member of one run is a member of the next."""


class Ensemble(HiddenLayers, BitsClassifier):
    """A vote of several BMLPs (arXiv:2412.00119) that share one memory budget and differ in their seeds.

    Parameters
    ----------
    hidden_layers : sequence of int
        Of every member.
    n_members : int
    group_size, robustness, reinforcement, hidden_bits, arithmetic
        As in :class:`~fbbench.baselines.bmlp.MultiLayerBinary`.

    Scores (integers, those of the last classifiers) are added; the lowest class wins a tie.
    """

    version = 1

    def __init__(
        self, hidden_layers: Widths = (35, 35), *, n_members: Count = 3, group_size: GroupSize = "published",
        robustness: Share = 0.25, reinforcement: Scale = 0.5, hidden_bits: HiddenBits = 8,
        arithmetic: Arithmetic = "binary", epochs=50, batch_size=100, random_state=0, n_bits=None,
    ):  # fmt: skip
        self.hidden_layers = hidden_layers
        self.n_members = n_members
        self.group_size = group_size
        self.robustness = robustness
        self.reinforcement = reinforcement
        self.hidden_bits = hidden_bits
        self.arithmetic = arithmetic
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _parameters(self, n_inputs, n_classes, member):
        return {
            "layer_sizes": (n_inputs, *self.hidden_layers), "n_classes": n_classes, "group_size": self._group_sizes(),
            "robustness": self.robustness, "reinforcement": self.reinforcement, "hidden_bits": self.hidden_bits,
            "arithmetic": self.arithmetic, "seed": (self.random_state + SEED_STEP * member) % (1 << 64),
        }  # fmt: skip

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`."""
        super().check(task)
        FullyBinaryNetwork.check_parameters(**self._parameters(task.n_features, task.n_classes, 0))

    def _start(self, n_inputs, n_classes):
        self.members_ = [
            FullyBinaryNetwork(**self._parameters(n_inputs, n_classes, member)) for member in range(self.n_members)
        ]

    def _train(self, rows, labels):
        return np.mean([member.train_epoch(rows, labels, self.batch_size) for member in self.members_])

    def _predict(self, rows):
        return sum(member.decision_function(rows) for member in self.members_).argmax(axis=1)

    def memory(self, task):
        """Return bits by part: the paper's model of the BMLP with the weights of all members; they train in turn."""
        one = bmlp_memory(task.n_samples, self._sizes(task), task.n_classes, self.batch_size)
        return {**one, "weights": self.n_members * one["weights"]}

    def ledger(self, task):
        """Return the bits that are really held, by part."""
        one = binary_ledger(
            task.n_samples, self._sizes(task), task.n_classes, self.batch_size, group_sizes=self._group_sizes(),
            hidden_bits=self.hidden_bits, ternary=self.arithmetic == "ternary",
        )  # fmt: skip
        of_each = ("hidden weights", "visible weights", "local classifiers")
        return {name: bits * (self.n_members if name in of_each else 1) for name, bits in one.items()}

    def gates(self, task):
        """Return the gates of one mini-batch by kind, of all members."""
        one = binary_gates(self._sizes(task), task.n_classes, self.batch_size)
        return {kind: self.n_members * count for kind, count in one.items()}

    def zero_gates(self, task):
        """Return the gates of a mini-batch that the planes of zeros take beside these, by kind."""
        if self.arithmetic == "binary":
            return {}
        one = zero_gates(self._sizes(task), task.n_classes, self.batch_size)
        return {kind: self.n_members * count for kind, count in one.items()}

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        one = binary_inference_memory(self._sizes(task), task.n_classes, ternary=self.arithmetic == "ternary")
        return {
            name: bits * (self.n_members if name in ("visible weights", "classifier") else 1)
            for name, bits in one.items()
        }

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        one = binary_inference_gates(self._sizes(task), task.n_classes)
        return {kind: self.n_members * count for kind, count in one.items()}
