"""Local errors: every layer learns from what its own classifier says (arXiv:2412.00119, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...costs import Costs, NetworkShape, multilayer_costs
from ...kernels.batches import Batches
from .base import TrainingRule

UNITS_A_THREAD = 64
"""Threads share a layer's units; one with fewer than these of the widest layer would cost more than it brings."""


@dataclass(frozen=True)
class LocalErrors(TrainingRule):
    """The paper's rule; see :mod:`fbbench.network`."""

    name: ClassVar[str] = "local errors"
    place: ClassVar[int] = 0

    def train(self, path: Any, layers: Any, cuts: np.ndarray, batches: Batches, n_threads: int) -> int:
        n_threads = min(n_threads, -(-max(layer.n_units for layer in layers) // UNITS_A_THREAD))
        return super().train(path, layers, cuts, batches, n_threads)

    def costs(self, shape: NetworkShape) -> Costs:
        return multilayer_costs(shape)

    def described(self) -> dict:
        """Return nothing: headers are of before there were other rules."""
        return {}
