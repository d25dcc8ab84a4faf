"""What must not change by accident: accuracy, state, memory, gates. Trainings are run once per commit and read by thin
functions; all values are exact, so any change at all is one."""

import numpy as np
from fbbench.baselines.protocol import METHODS, Task, method_class

from fbbench.costs import total_bits, total_gates

from .data_for_benchmarks import packed_prototypes

TASK = Task(10_000, 1000, 10)
TRAINED = {
    "bmlp_binary": ("bmlp", {"hidden_layers": [135, 135]}),
    "bmlp_ternary": ("bmlp", {"hidden_layers": [135, 135], "arithmetic": "ternary", "hidden_bits": 16}),
    "single_layer": ("single_layer", {"committees": [[165, 15]]}),
    "bep": ("bep", {"hidden_layers": [135, 135]}),
    "recommended": ("recommended", {"n_units": 4000}),
    "one_bit": ("sign_perceptron", {"n_units": 7000, "epochs": 10}),
}
EPOCHS = 10


def trained(name, params):
    """Return what is tracked of a method: dict of numbers."""
    x, y = packed_prototypes(12_000)
    method = method_class(name)(**params, n_bits=1000, random_state=42)
    accuracies = []
    for _ in range(EPOCHS):
        method.partial_fit(x[:10_000], y[:10_000], classes=range(10))
        accuracies.append(100 * float(np.mean(method.predict(x[10_000:]) == y[10_000:])))
    return {
        "accuracy": accuracies[-1],
        "epochs": next((epoch for epoch, a in enumerate(accuracies, start=1) if a >= 80), EPOCHS + 1),
        "state": int(method.state_hash()[:12], 16),
        "memory": total_bits(method.memory(TASK)) // 8,
        "ledger": total_bits(method.ledger(TASK)) // 8,
        "gates": total_gates(method.gates(TASK)),
    }


class Quality:
    """Random prototypes, 10 000 samples, 10 epochs, seed 42."""

    params = (list(TRAINED),)
    param_names = ("method",)
    timeout = 300

    def setup_cache(self):
        return {name: trained(*known) for name, known in TRAINED.items() if known[0] in METHODS}

    def setup(self, found, method):
        if method not in found:
            raise NotImplementedError(f"this commit has no {method}")

    def track_heldout_accuracy(self, found, method):
        return found[method]["accuracy"]

    def track_epochs_to_80(self, found, method):
        return found[method]["epochs"]

    def track_state_hash(self, found, method):
        return found[method]["state"]

    def track_modelled_memory(self, found, method):
        return found[method]["memory"]

    def track_ledger(self, found, method):
        return found[method]["ledger"]

    def track_gates(self, found, method):
        return found[method]["gates"]

    track_heldout_accuracy.unit = "%"
    track_epochs_to_80.unit = "epochs"
    track_state_hash.unit = "first 48 bits"
    track_modelled_memory.unit = track_ledger.unit = "bytes"
    track_gates.unit = "gates per mini-batch"
