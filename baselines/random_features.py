"""The control that tells what hidden learning is worth: all hidden layers but the last stay as they were drawn."""

import hashlib
import itertools
from dataclasses import replace

import numpy as np

from fbbench import FullyBinaryNetwork, kernels
from fbbench.costs import GATES, added, summed
from fbbench.kernels import reference

from .packed import OfLayers
from .parameters import method

CHUNK = 4096


@method
class RandomFeatures(OfLayers):
    """The binary network with all hidden layers but the last frozen at random (what hidden learning is worth).

    The last hidden layer is trained by the rule of the paper (arXiv:2412.00119, section 3); the bits it reads are those
    of an untrained BMLP of the same seed.

    Parameters
    ----------
    hidden_layers : sequence of int
        At least two widths.
    group_size : "published", int, or one a layer
        That of the trained layer counts.
    robustness, reinforcement, hidden_bits : as in :class:`fbbench.FullyBinaryNetwork`
    """

    version = 1

    def _networks(self, n_inputs, n_classes):
        """Return the parameters of the frozen network and of the trained layer."""
        frozen, last = list(self.hidden_layers[:-1]), self.hidden_layers[-1]
        if not frozen:
            raise ValueError("hidden_layers must be at least two widths: all but the last are frozen")
        whole = self.network_parameters(n_inputs, n_classes)
        return (
            replace(whole, layer_sizes=(n_inputs, *frozen), group_size=1),
            replace(whole, layer_sizes=(frozen[-1], last), group_size=whole.group_size[-1:]),
        )

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`."""
        super().check(task)
        self._networks(task.n_features, task.n_classes)

    def _start(self, n_inputs, n_classes):
        frozen, trained = self._networks(n_inputs, n_classes)
        self.weights_ = [
            reference.pack_planes(np.where(hidden > 0, 1, -1), False)[0]
            for hidden in map(FullyBinaryNetwork.of(frozen).hidden_weights, range(frozen.n_layers))
        ]
        self.network_ = FullyBinaryNetwork.of(trained)
        self._seen = None

    def _features(self, rows):
        """Return the bits of the last frozen layer."""
        product, widths = kernels.active().product, [self.n_features_in_, *self.hidden_layers[:-1]]
        chunks = []
        for first in range(0, len(rows), CHUNK):
            bits = rows[first : first + CHUNK]
            for weights, fan_in in zip(self.weights_, widths, strict=False):
                z = product(bits, None, weights, None, fan_in)
                bits = reference.pack_planes(np.where(z >= 0, 1, -1), False)[0]
            chunks.append(bits)
        return np.concatenate(chunks)

    def _train(self, rows, labels):
        content = hashlib.sha256(rows).digest()  # an array may be changed in place between two epochs
        if self._seen is None or self._seen[0] != content:  # frozen features are the same in every epoch
            self._seen = (content, self._features(rows))
        return self.network_.train_epoch(self._seen[1], labels, self.batch_size)

    def _predict(self, rows):
        return self.network_.predict(self._features(rows))

    def state_hash(self):
        """Return the state hash of the trained layer."""
        return self.network_.state_hash()

    def costs(self, task):
        """The paper's model of the BMLP, with a bit a weight where nothing is trained; forward through all layers,
        backward and update in the last. The frozen layers' bits of all samples are held, too."""
        sizes, whole = self._sizes(task), super().costs(task)
        last = replace(self.shape(task), layer_sizes=sizes[-2:], group_sizes=tuple(self._group_sizes()[-1:]))
        trained = self.rule.costs(last)
        frozen = sum(a * b for a, b in itertools.pairwise(sizes[:-1]))
        forward = {kind: GATES[kind] * self.batch_size * frozen for kind in ("XNOR", "popcount")}
        held = dict(trained.ledger)
        features = held.pop("data")
        rows = min(CHUNK, task.n_samples)
        return replace(
            whole,
            memory={**whole.memory, "weights": whole.memory["weights"] - 8 * frozen, "frozen weights": frozen},
            ledger={
                "data": task.n_samples * task.n_features,
                "features": 2 * features,
                "frozen weights": frozen,
                "unpacked rows": (16 + 64 + 64 + 8) * rows * max(self.hidden_layers[:-1]),
                **held,
            },
            gates=added([trained.gates, forward]),
            operations=summed(trained.operations, {"unit, an element": self.batch_size * frozen}),
        )
