"""Binary error propagation (BEP): credit travels through all layers.

Colombo, Pittorino, Roveri et al., *BEP*, arXiv:2512.04189 (ICLR 2026). One fixed classifier at the end; a sample whose
label leads the best other class by less than r K triggers; targets go backwards, a*_l = sign(W^T (g a*_{l+1})), where g
keeps the units with abs(z) <= nu K; then every layer corrects the easiest wrong unit of each group, as in
:mod:`fbbench.network`, all layers from the same state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...arguments import real
from ...costs import Costs, NetworkShape, propagation_costs
from ...kernels import random
from ..thresholds import share_above, share_below
from .base import TrainingRule

if TYPE_CHECKING:
    from ..parameters import NetworkParameters

MAX_LAYERS = 64
FLIPS_PER_BIT = 8


@dataclass(frozen=True)
class ErrorPropagation(TrainingRule):
    """Targets that travel backwards. Strictly +-1, fixed classifiers, no committees.

    Parameters
    ----------
    gate : float in [0, 1]
        nu: a unit passes its target on where abs(z) <= floor(nu * fan-in).
    """

    name: ClassVar[str] = "error propagation"
    place: ClassVar[int] = 1

    gate: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "gate", real("gate", self.gate, 0.0, 1.0))

    def check(self, parameters: NetworkParameters) -> None:
        if parameters.ternary or parameters.committee or parameters.trained_classifier:
            raise ValueError("error propagation is for binary arithmetic, fixed classifiers and no committees")
        if parameters.n_layers > MAX_LAYERS:
            raise ValueError(f"layer_sizes must name at most {MAX_LAYERS} layers; got {parameters.n_layers}")

    def start_classifier(self, drawn: np.ndarray, number: int, parameters: NetworkParameters) -> np.ndarray:
        """Return the last layer's with nearly equal angles; the others are not used."""
        return equiangular(drawn, parameters.seed) if number == parameters.n_layers - 1 else drawn

    def margin(self, robustness: float, n_read: int) -> int:
        """Return the lead; a whole number lies below r K where it lies below the next whole number."""
        return share_above(robustness, n_read)

    def largest_passing(self, fan_in: int) -> int:
        return share_below(self.gate, fan_in)

    def costs(self, shape: NetworkShape) -> Costs:
        return propagation_costs(shape)


def equiangular(rows: np.ndarray, seed: int, alpha: float = 1.0) -> np.ndarray:
    """Return +-1 rows whose angles are nearly equal and wide, by greedy flips of random bits (source, section 3).

    A flip stays if it lowers sum of <p_i, p_j> over pairs + alpha times their variance.

    Parameters
    ----------
    rows : ndarray (C, K) of +-1
        Where it starts.
    seed : int
    alpha : float
    """
    p = rows.astype(np.int64).copy()
    n_rows, width = p.shape
    products, n_pairs = p @ p.T, n_rows * (n_rows - 1) // 2
    pairs = products[np.triu_indices(n_rows, 1)]
    total, squares = int(pairs.sum()), int((pairs**2).sum())
    draws = random.words(random.stream(seed, random.CLASSIFIER, MAX_LAYERS), 0, FLIPS_PER_BIT * n_rows * width)
    for i, k in zip(
        (draws % np.uint64(n_rows)).tolist(), ((draws >> np.uint64(32)) % np.uint64(width)).tolist(), strict=True
    ):
        change = -2 * p[i, k] * p[:, k]
        change[i] = 0
        new_total = total + int(change.sum())
        new_squares = squares + int((change * (2 * products[i] + change)).sum())
        if cost(new_total, new_squares, n_pairs, alpha) < cost(total, squares, n_pairs, alpha):
            p[i, k] = -p[i, k]
            products[i] += change
            products[:, i] += change
            total, squares = new_total, new_squares
    return p.astype(np.int8)


def cost(total: float, squares: float, n_pairs: int, alpha: float) -> float:
    """Return the sum of n values plus alpha times their variance, from their sum and sum of squares."""
    return total + alpha * (squares / n_pairs - (total / n_pairs) ** 2)
