"""BMLP, the multi-layer fully binary trainer.

Colombo, Pittorino, Roveri, *Training multi-layer binary neural networks with random local binary error signals*,
Mach. Learn.: Sci. Technol. 6 (2025) 035015, arXiv:2412.00119.
"""

from dataclasses import replace

from .packed import LayeredNetwork
from .parameters import Arithmetic, Count, method


@method
class MultiLayerBinary(LayeredNetwork):
    """Multi-layer fully binary trainer (BMLP), the method of the paper.

    Parameters as in :class:`fbbench.FullyBinaryNetwork`; ``random_state`` is its seed; ``epochs``, ``batch_size`` and
    ``n_bits`` as in :class:`~fbbench.baselines.rows.BitsClassifier`.
    """

    arithmetic: Arithmetic = "binary"
    clip: Count | None = None
    trained_classifier: bool = False

    version = 1

    def shape(self, task):
        return replace(super().shape(task), trained_classifiers=self.trained_classifier)
