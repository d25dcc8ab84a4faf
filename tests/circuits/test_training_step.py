"""A whole layer trained by circuits alone ends in the state of the library: nothing was left out of the count."""

import numpy as np
import pytest

from fbbench.circuits import netlist_of
from fbbench.costs import NetworkShape, synthesized
from fbbench.costs.operations import multilayer_operations
from fbbench.kernels import random, reference
from fbbench.network import FullyBinaryNetwork

D, K, C, G, BATCH, STEPS = 64, 15, 5, 5, 10, 200
"""Of the circuit `bmlp_row`."""


def small_problem():
    """Return 2 000 rows of +-1 near five prototypes, of which training errs on some to the end."""
    rng = np.random.default_rng(1)
    prototypes = rng.integers(0, 2, (C, D))
    y = rng.integers(0, C, BATCH * STEPS)
    x = prototypes[y] ^ (rng.random((len(y), D)) < 0.3)
    return 2 * x.astype(np.int8) - 1, y


def drawn_weights(layer, step, threshold):
    """Return which weights the reinforcement draws, (K, D) bool: from the library's stream of random words."""
    words = reference.bernoulli(random.derive(layer.stream, step), random.hit_cuts(threshold), K * layer.in_words)
    return reference.unpack_planes(words.reshape(K, -1), None, D) > 0


class CircuitLayer:
    """Hidden weights (K, D) that are read and moved by netlists alone; NumPy only lays wires."""

    def __init__(self, hidden, classifier):
        self.hidden, self.classifier = hidden.astype(np.int64), classifier > 0
        self.row, self.add, self.end = (netlist_of(name) for name in ("bmlp_row", "accumulate_8", "settle_8"))
        self.gates = 0

    def signs(self):
        """Return the visible weights as bits: what `settle` gave, or the sign bit of the start weights."""
        return self.hidden > 0

    def train(self, x, y, drawn):
        """Train on a mini-batch: every row by `bmlp_row`, every weight by `accumulate` and `settle`. Returns which rows
        triggered, and which were right."""
        n = len(x)
        self.gates += n * self.row.n_gates
        given = self.row.simulate(
            x=x > 0,
            w=np.tile(self.signs().reshape(1, -1), (n, 1)),
            p=np.tile(self.classifier.reshape(1, -1), (n, 1)),
            label=y,
        )
        if given["triggered"].any():
            sums = np.zeros(K * D, dtype=np.uint64)
            units = np.arange(K, dtype=np.uint64)
            for row in range(n):
                chosen = np.flatnonzero((given["chosen"][row] >> units) & np.uint64(1))
                if not len(chosen):
                    continue
                touched = (chosen[:, None] * D + np.arange(D)).reshape(-1)  # the weights of the chosen units alone
                sums[touched] = self.add.simulate(
                    sum=sums[touched],
                    x=np.tile(x[row] > 0, len(chosen)),
                    desired=np.repeat((given["desired"][row] >> chosen.astype(np.uint64)) & np.uint64(1), D),
                    chosen=np.ones(len(touched), dtype=np.uint64),
                )["moved"]
                self.gates += len(touched) * self.add.n_gates
            self.gates += K * D * self.end.n_gates
            settled = self.end.simulate(h=self.hidden.reshape(-1) & 255, sum=sums, drawn=drawn.reshape(-1))
            self.hidden = settled["settled"].astype(np.uint8).view(np.int8).astype(np.int64).reshape(K, D)
            assert np.array_equal(settled["w"].reshape(K, D) > 0, self.signs())
        return given["triggered"], given["right"]


def charged():
    """Return what a mini-batch of the layer is charged in synthesized gates, but for its random draws."""
    shape = NetworkShape(n_samples=1, layer_sizes=(D, K), n_classes=C, batch_size=BATCH, group_sizes=(G,))
    gates = synthesized(multilayer_operations(shape))
    return sum(gates.values()) - gates["draw"]


def test_circuits_train_to_the_librarys_state():
    """Two epochs of 200 mini-batches: right predictions of each, and in the end the hash of the state; the gates that
    were executed are not above those charged, but for what small circuits differ from those that give the prices."""
    x, y = small_problem()
    network = FullyBinaryNetwork([D, K], C, group_size=G, arithmetic="binary", hidden_bits=8, robustness=0.25, seed=3)
    circuits = CircuitLayer(network.hidden_weights(0), network.classifier(0))
    layer, accuracy, triggered, drawn_at_all = network._layers[0], 0.0, 0, 0
    for epoch in range(2):
        right = 0
        for step in range(STEPS):
            rows = slice(step * BATCH, (step + 1) * BATCH)
            drawn = drawn_weights(layer, epoch * STEPS + step, network.reinforcement_threshold(D, accuracy))
            fired, hit = circuits.train(x[rows], y[rows], drawn)
            assert network.train_batch(x[rows], y[rows], accuracy) == int(hit.sum())
            right, triggered, drawn_at_all = (
                right + int(hit.sum()),
                triggered + int(fired.sum()),
                drawn_at_all + drawn.sum(),
            )
        accuracy = right / len(x)
    assert 0.05 < triggered / (2 * len(x)) < 0.95 and drawn_at_all > 1000, "rows that trigger and rows that do not"
    assert 0.7 * 2 * STEPS * charged() < circuits.gates < 1.05 * 2 * STEPS * charged()
    arrays = {**network.to_arrays(), "hidden_0": circuits.hidden.astype(np.int8)}
    assert FullyBinaryNetwork.restored(arrays).state_hash() == network.state_hash()
    arrays["hidden_0"][3, 7] += 2 if arrays["hidden_0"][3, 7] < 0 else -2
    with pytest.raises(ValueError, match="checksum"):
        FullyBinaryNetwork.restored(arrays)
