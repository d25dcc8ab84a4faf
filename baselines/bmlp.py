"""BMLP, the multi-layer fully binary trainer.

Colombo, Pittorino, Roveri, *Training multi-layer binary neural networks with random local binary error signals*,
Mach. Learn.: Sci. Technol. 6 (2025) 035015, arXiv:2412.00119.
"""

from fbbench.costs import (
    binary_gates,
    binary_inference_gates,
    binary_inference_memory,
    binary_ledger,
    bmlp_memory,
    zero_gates,
)

from .packed import PackedClassifier
from .parameters import Arithmetic, Count, GroupSize, HiddenBits, Scale, Share, Widths
from .rows import HiddenLayers


class MultiLayerBinary(HiddenLayers, PackedClassifier):
    """Multi-layer fully binary trainer (BMLP), the method of the paper.

    Parameters as in :class:`fbbench.FullyBinaryNetwork`; ``random_state`` is its seed, ``n_bits`` as in
    :class:`~fbbench.baselines.packed.PackedClassifier`.
    """

    version = 1

    def __init__(
        self,
        hidden_layers: Widths = (35, 35),
        *,
        group_size: GroupSize = "published",
        robustness: Share = 0.25,
        reinforcement: Scale = 0.5,
        hidden_bits: HiddenBits = 8,
        arithmetic: Arithmetic = "binary",
        clip: Count | None = None,
        trained_classifier: bool = False,
        epochs=50,
        batch_size=100,
        random_state=0,
        n_bits=None,
    ):
        self.hidden_layers = hidden_layers
        self.group_size = group_size
        self.robustness = robustness
        self.reinforcement = reinforcement
        self.hidden_bits = hidden_bits
        self.arithmetic = arithmetic
        self.clip = clip
        self.trained_classifier = trained_classifier
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _network_parameters(self, n_inputs, n_classes):
        return {
            "layer_sizes": (n_inputs, *self.hidden_layers),
            "n_classes": n_classes,
            "group_size": self._group_sizes(),
            "robustness": self.robustness,
            "reinforcement": self.reinforcement,
            "hidden_bits": self.hidden_bits,
            "arithmetic": self.arithmetic,
            "clip": self.clip,
            "trained_classifier": self.trained_classifier,
            "seed": self.random_state,
        }

    def memory(self, task):
        """Return the paper's memory model in bits by part."""
        return bmlp_memory(
            task.n_samples,
            self._sizes(task),
            task.n_classes,
            self.batch_size,
            trained_classifiers=self.trained_classifier,
        )

    def ledger(self, task):
        """Return the bits that this implementation really holds, by part."""
        return binary_ledger(
            task.n_samples,
            self._sizes(task),
            task.n_classes,
            self.batch_size,
            group_sizes=self._group_sizes(),
            hidden_bits=self.hidden_bits,
            ternary=self.arithmetic == "ternary",
            trained_classifiers=self.trained_classifier,
        )

    def gates(self, task):
        """Return the paper's gate model of one mini-batch, by kind."""
        sizes = self._sizes(task)
        return binary_gates(sizes, task.n_classes, self.batch_size, trained_classifiers=self.trained_classifier)

    def zero_gates(self, task):
        """Return the gates of a mini-batch that the planes of zeros take beside the paper's model, by kind."""
        if self.arithmetic == "binary":
            return {}
        return zero_gates(self._sizes(task), task.n_classes, self.batch_size)

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        sizes = self._sizes(task)
        return binary_inference_memory(sizes, task.n_classes, ternary=self.arithmetic == "ternary")

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        return binary_inference_gates(self._sizes(task), task.n_classes)
