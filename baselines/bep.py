"""BEP, binary error propagation: targets travel backwards through the visible weights.

Colombo, Pittorino, Roveri et al., *BEP*, arXiv:2512.04189 (ICLR 2026).
"""

import numpy as np

from fbbench.costs import binary_gates, binary_inference_gates, binary_inference_memory, binary_ledger, bmlp_memory
from fbbench.costs.gates import GATES
from fbbench.propagating import ErrorPropagatingNetwork

from .packed import PackedClassifier
from .parameters import Count, HiddenBits, Scale, Share, Whole, Widths
from .rows import HiddenLayers


class ErrorPropagation(HiddenLayers, PackedClassifier):
    """Binary error propagation (BEP): all layers learn from one error at the end, no floats.

    Parameters
    ----------
    hidden_layers : sequence of int
    group_size : int
        Units per group to begin with; in every layer the divisor of its width next to it.
    grow_after : int
        Epochs without a better training accuracy after which groups grow to the next divisor of the width, as long as
        there is one; 0: never. (The source watches held-out error, and does not say for how long.)
    robustness, reinforcement, gate, hidden_bits : as in :class:`fbbench.propagating.ErrorPropagatingNetwork`
    """

    network_class = ErrorPropagatingNetwork
    version = 1

    def __init__(
        self, hidden_layers: Widths = (35, 35), *, group_size: Count = 15, grow_after: Whole = 5,
        robustness: Share = 0.5, reinforcement: Scale = 0.5, gate: Share = 0.05, hidden_bits: HiddenBits = 8, epochs=50,
        batch_size=100, random_state=0, n_bits=None,
    ):  # fmt: skip
        self.hidden_layers = hidden_layers
        self.group_size = group_size
        self.grow_after = grow_after
        self.robustness = robustness
        self.reinforcement = reinforcement
        self.gate = gate
        self.hidden_bits = hidden_bits
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _group_sizes(self):
        return [min(divisors(width), key=lambda g: (abs(g - self.group_size), g)) for width in self.hidden_layers]

    def _network_parameters(self, n_inputs, n_classes):
        return {
            "layer_sizes": (n_inputs, *self.hidden_layers), "n_classes": n_classes, "group_size": self._group_sizes(),
            "robustness": self.robustness, "reinforcement": self.reinforcement, "gate": self.gate,
            "hidden_bits": self.hidden_bits, "seed": self.random_state,
        }  # fmt: skip

    def _start(self, n_inputs, n_classes):
        super()._start(n_inputs, n_classes)
        self.best_, self.waited_ = -1.0, 0

    def _train(self, rows, labels):
        accuracy = self.network_.train_epoch(rows, labels, self.batch_size)
        self.best_, self.waited_ = (accuracy, 0) if accuracy > self.best_ else (self.best_, self.waited_ + 1)
        if self.grow_after and self.waited_ >= self.grow_after:
            self.network_.set_group_size(
                [next((d for d in divisors(width) if d > g), g)
                 for width, g in zip(self.hidden_layers, self.network_.group_size, strict=True)]
            )  # fmt: skip
            self.waited_ = 0
        return accuracy

    def checkpoint(self):
        """Return the state as named plain arrays, what the schedule remembers among them."""
        remembered = np.array([self.best_, self.waited_])
        return {"schedule": remembered, **super().checkpoint()}

    def restore(self, arrays):
        """Go on from what :meth:`checkpoint` returned, bit for bit."""
        super().restore(arrays)
        self.best_, self.waited_ = float(arrays["schedule"][0]), int(arrays["schedule"][1])

    def memory(self, task):
        """Return bits by part, in the spirit of the paper's model of the BMLP: one classifier at the end, and a target
        bit beside every activation; W^T needs no copy where columns can be read."""
        model = bmlp_memory(task.n_samples, self._sizes(task), task.n_classes, self.batch_size)
        model["local classifier"] = self.hidden_layers[-1] * task.n_classes
        return {**model, "targets": self.batch_size * sum(self.hidden_layers)}

    def ledger(self, task):
        """Return the bits that are really held: pre-activations of all layers, targets, W^T and a plane of ones."""
        sizes, groups = self._sizes(task), self._group_sizes()
        held = binary_ledger(
            task.n_samples, sizes, task.n_classes, self.batch_size, group_sizes=groups, hidden_bits=self.hidden_bits,
            ternary=False,
        )  # fmt: skip
        padded = [-(-width // 64) * 64 for width in self.hidden_layers]
        between = sum(a * b for a, b in zip(self.hidden_layers[:-1], padded[1:], strict=True))
        return {
            **held,
            "activations": self.batch_size * len(sizes) * max(sizes),
            "propagation": self.batch_size * ((16 + 16 + 4) * sum(padded) + 16 * 64 * len(padded) + 2 * sizes[0]),
            "W^T": 2 * between + 4 * between,
        }

    def gates(self, task):
        """Return the gates of one mini-batch by kind, in the spirit of the paper's model: the BMLP's without local
        classifiers, and a product with W^T for every layer but the first."""
        gates = binary_gates(self._sizes(task), task.n_classes, self.batch_size, local_classifiers=False)
        back = self.batch_size * sum(
            a * b for a, b in zip(self.hidden_layers[:-1], self.hidden_layers[1:], strict=True)
        )
        return {
            kind: count + GATES.get(kind, 0) * (back if kind != "increment" else 0) for kind, count in gates.items()
        }

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        return binary_inference_memory(self._sizes(task), task.n_classes, ternary=False)

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        return binary_inference_gates(self._sizes(task), task.n_classes)


def divisors(number):
    """Return the divisors of a number, the smallest first."""
    return [d for d in range(1, number + 1) if number % d == 0]
