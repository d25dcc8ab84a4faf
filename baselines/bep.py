"""BEP, binary error propagation: targets travel backwards through the visible weights.

Colombo, Pittorino, Roveri et al., *BEP*, arXiv:2512.04189 (ICLR 2026).
"""

import numpy as np

from fbbench.network import ErrorPropagatingNetwork
from fbbench.network.rules import error_propagation
from fbbench.shapes import divisors

from .packed import LayeredNetwork
from .parameters import Count, Share, Whole, method


@method
class ErrorPropagation(LayeredNetwork):
    """Binary error propagation (BEP): all layers learn from one error at the end, no floats.

    Parameters
    ----------
    hidden_layers : sequence of int
    group_size : int
        Units per group to begin with; in every layer the divisor of its width next to it.
    grow_after : int
        Epochs without a better training accuracy after which groups grow to the next divisor of the width, as long as
        there is one; 0: never. (The source watches held-out error, and does not say for how long.)
    robustness, reinforcement, gate, hidden_bits : as in :class:`fbbench.network.ErrorPropagatingNetwork`
    """

    group_size: Count = 15
    grow_after: Whole = 5
    robustness: Share = 0.5
    gate: Share = 0.05

    network_class = ErrorPropagatingNetwork
    rule = error_propagation.ErrorPropagation()
    version = 1

    def _group_sizes(self):
        return [min(divisors(width), key=lambda g: (abs(g - self.group_size), g)) for width in self.hidden_layers]

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
