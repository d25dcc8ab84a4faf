"""Several small BMLPs inside one memory budget, which vote: what one wide network is worth against many narrow ones."""

from dataclasses import replace

import numpy as np

from fbbench import FullyBinaryNetwork
from fbbench.costs import Costs, times

from .packed import OfLayers
from .parameters import Arithmetic, Count, method

SEED_STEP = 1 << 32
"""Members draw from seeds so far apart, so that no member of one run is a member of the next."""


@method
class Ensemble(OfLayers):
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

    n_members: Count = 3
    arithmetic: Arithmetic = "binary"

    version = 1

    def _start(self, n_inputs, n_classes):
        one = self.network_parameters(n_inputs, n_classes)
        seeds = [(self.random_state + SEED_STEP * member) % (1 << 64) for member in range(self.n_members)]
        self.members_ = [FullyBinaryNetwork.of(replace(one, seed=seed)) for seed in seeds]

    def _train(self, rows, labels):
        return np.mean([member.train_epoch(rows, labels, self.batch_size) for member in self.members_])

    def _predict(self, rows):
        return sum(member.decision_function(rows) for member in self.members_).argmax(axis=1)

    def costs(self, task):
        """The BMLP's, with the weights of all members; they train in turn."""
        one, n = super().costs(task), self.n_members
        return Costs(
            memory=times(one.memory, n, ("weights",)),
            ledger=times(one.ledger, n, ("hidden weights", "visible weights", "local classifiers")),
            gates=times(one.gates, n),
            zero_gates=times(one.zero_gates, n),
            inference_memory=times(one.inference_memory, n, ("visible weights", "classifier")),
            inference_gates=times(one.inference_gates, n),
            operations=times(one.operations, n),
        )
