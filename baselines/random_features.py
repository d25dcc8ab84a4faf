"""The control that tells what hidden learning is worth: all hidden layers but the last stay as they were drawn."""

import hashlib
import itertools

import numpy as np

from fbbench import FullyBinaryNetwork, kernels
from fbbench.costs import binary_gates, binary_inference_gates, binary_inference_memory, binary_ledger, bmlp_memory
from fbbench.costs.gates import GATES
from fbbench.kernels import reference

from .parameters import GroupSize, HiddenBits, Scale, Share, Widths
from .rows import BitsClassifier, HiddenLayers

CHUNK = 4096


class RandomFeatures(HiddenLayers, BitsClassifier):
    """The binary network with all hidden layers but the last frozen at random (what hidden learning is worth).

    The last hidden layer is trained by the rule of the paper (arXiv:2412.00119, section 3); the bits it reads are those
    of an untrained BMLP of the same seed.

    Parameters
    ----------
    hidden_layers : sequence of int
        At least two widths.
    group_size : "published" or int
        Of the trained layer.
    robustness, reinforcement, hidden_bits : as in :class:`fbbench.FullyBinaryNetwork`
    """

    version = 1

    def __init__(
        self, hidden_layers: Widths = (35, 35), *, group_size: GroupSize = "published", robustness: Share = 0.25,
        reinforcement: Scale = 0.5, hidden_bits: HiddenBits = 8, epochs=50, batch_size=100, random_state=0, n_bits=None,
    ):  # fmt: skip
        self.hidden_layers = hidden_layers
        self.group_size = group_size
        self.robustness = robustness
        self.reinforcement = reinforcement
        self.hidden_bits = hidden_bits
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _networks(self, n_inputs, n_classes):
        """Return the arguments of the frozen network and of the trained layer."""
        frozen, last = list(self.hidden_layers[:-1]), self.hidden_layers[-1]
        if not frozen:
            raise ValueError("hidden_layers must be at least two widths: all but the last are frozen")
        common = {"hidden_bits": self.hidden_bits, "seed": self.random_state}
        return (
            {"layer_sizes": (n_inputs, *frozen), "n_classes": n_classes, "group_size": 1, **common},
            {
                "layer_sizes": (frozen[-1], last), "n_classes": n_classes, "group_size": self._group_sizes()[-1],
                "robustness": self.robustness, "reinforcement": self.reinforcement, **common,
            },
        )  # fmt: skip

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`."""
        super().check(task)
        for parameters in self._networks(task.n_features, task.n_classes):
            FullyBinaryNetwork.check_parameters(**parameters)

    def _start(self, n_inputs, n_classes):
        frozen, trained = self._networks(n_inputs, n_classes)
        self.weights_ = [
            reference.pack_planes(np.where(hidden > 0, 1, -1), False)[0]
            for hidden in map(FullyBinaryNetwork(**frozen).hidden_weights, range(len(frozen["layer_sizes"]) - 1))
        ]
        self.network_ = FullyBinaryNetwork(**trained)
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

    def memory(self, task):
        """Return bits by part: the paper's model of the BMLP, with a bit a weight where nothing is trained."""
        full = bmlp_memory(task.n_samples, self._sizes(task), task.n_classes, self.batch_size)
        frozen = sum(a * b for a, b in zip(self._sizes(task), self.hidden_layers[:-1], strict=False))
        return {**full, "weights": full["weights"] - 8 * frozen, "frozen weights": frozen}

    def ledger(self, task):
        """Return the bits that are really held: the frozen layers' bits of all samples are kept, too."""
        before, last = self.hidden_layers[-2], self.hidden_layers[-1]
        trained = binary_ledger(
            task.n_samples, (before, last), task.n_classes, self.batch_size, group_sizes=self._group_sizes()[-1:],
            hidden_bits=self.hidden_bits, ternary=False,
        )  # fmt: skip
        features = trained.pop("data")
        widest = max(self.hidden_layers[:-1])
        return {
            "data": task.n_samples * task.n_features,
            "features": 2 * features,
            "frozen weights": self.memory(task)["frozen weights"],
            "unpacked rows": (16 + 64 + 64 + 8) * min(CHUNK, task.n_samples) * widest,
            **trained,
        }

    def gates(self, task):
        """Return the gates of one mini-batch by kind: forward through all layers, backward and update in the last."""
        sizes = self._sizes(task)
        trained = binary_gates(sizes[-2:], task.n_classes, self.batch_size)
        elements = self.batch_size * sum(a * b for a, b in itertools.pairwise(sizes[:-1]))
        forward = {"XNOR": GATES["XNOR"] * elements, "popcount": GATES["popcount"] * elements}
        return {kind: count + forward.get(kind, 0) for kind, count in trained.items()}

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        return binary_inference_memory(self._sizes(task), task.n_classes, ternary=False)

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        return binary_inference_gates(self._sizes(task), task.n_classes)
