"""Training epochs, and what must not change by accident: accuracy, memory and gates."""

import numpy as np

from baselines.protocol import Task, method_class
from fbbench import FullyBinaryNetwork, kernels
from fbbench.bits import pack
from fbbench.costs import total_bits, total_gates
from fbbench.datasets import random_prototypes


def packed_prototypes(n_samples):
    source = random_prototypes(n_samples)
    return pack(source.features), source.labels


class Epoch:
    params = ([name for name in kernels.offered() if name in kernels.ORDER], ["binary", "ternary"], [135, 525])
    param_names = ("path", "arithmetic", "width")

    def setup_cache(self):
        return packed_prototypes(2000)

    def setup(self, data, path, arithmetic, width):
        self.network = FullyBinaryNetwork((1000, width, width), 10, group_size=15, arithmetic=arithmetic, seed=0)

    def time_epoch(self, data, path, arithmetic, width):
        with kernels.use(path):
            self.network.train_epoch(*data)


class Quality:
    """One training per commit, read by thin functions."""

    timeout = 120

    def setup_cache(self):
        x, y = packed_prototypes(12_000)
        method = method_class("bmlp")([135, 135], n_bits=1000, random_state=42)
        for _ in range(10):
            method.partial_fit(x[:10_000], y[:10_000], classes=range(10))
        task = Task(10_000, 1000, 10)
        return {
            "accuracy": 100 * float(np.mean(method.predict(x[10_000:]) == y[10_000:])),
            "state": int(method.state_hash()[:12], 16),
            "memory": total_bits(method.memory(task)) / 8e6,
            "ledger": total_bits(method.ledger(task)) / 8e6,
            "gates": total_gates(method.gates(task)),
        }

    def track_heldout_accuracy(self, found):
        return found["accuracy"]

    track_heldout_accuracy.unit = "%"

    def track_state_hash(self, found):
        return found["state"]

    track_state_hash.unit = "first 48 bits"

    def track_modelled_memory(self, found):
        return found["memory"]

    track_modelled_memory.unit = "MB"

    def track_ledger(self, found):
        return found["ledger"]

    track_ledger.unit = "MB"

    def track_gates(self, found):
        return found["gates"]

    track_gates.unit = "gates per mini-batch"
