"""The fully binary network trained by binary error propagation (BEP): credit travels through all layers.

Colombo, Pittorino, Roveri et al., *BEP*, arXiv:2512.04189 (ICLR 2026). One fixed classifier at the end; a sample whose
label leads the best other class by less than r K triggers; targets go backwards, a*_l = sign(W^T (g a*_{l+1})), where g
keeps the units with abs(z) <= nu K; then every layer corrects the easiest wrong unit of each group, as in
:mod:`fbbench.network`, all layers from the same state.
"""

import math

import numpy as np

from . import kernels
from .arguments import integer, real
from .kernels import random
from .network import FullyBinaryNetwork

__all__ = ["ErrorPropagatingNetwork", "equiangular"]

MAX_LAYERS = 64
FLIPS_PER_BIT = 8


class ErrorPropagatingNetwork(FullyBinaryNetwork):
    """A fully binary network whose layers learn from targets that travel backwards (BEP). Strictly +-1.

    Parameters
    ----------
    layer_sizes, n_classes, group_size, robustness, reinforcement, hidden_bits, seed, n_threads
        As in :class:`~fbbench.FullyBinaryNetwork`; robustness is that of the label's lead.
    gate : float in [0, 1]
        nu: a unit passes its target on where abs(z) <= floor(nu * fan-in).

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    def __init__(
        self, layer_sizes, n_classes, *, group_size, robustness=0.5, reinforcement=0.5, gate=0.05, hidden_bits=8, seed,
        n_threads=1,
    ):  # fmt: skip
        self.gate = real("gate", gate, 0.0, 1.0)
        super().__init__(
            layer_sizes, n_classes, group_size=group_size, robustness=robustness, reinforcement=reinforcement,
            hidden_bits=hidden_bits, seed=seed, n_threads=n_threads,
        )  # fmt: skip

    @classmethod
    def check_parameters(cls, *, gate=0.05, **parameters):
        """Raise the error that the constructor would raise for these arguments, without drawing a weight."""
        real("gate", gate, 0.0, 1.0)
        super().check_parameters(**parameters)

    def _set_parameters(self, *arguments, **keywords):
        super()._set_parameters(*arguments, **keywords)
        if self.n_layers > MAX_LAYERS:
            raise ValueError(f"layer_sizes must name at most {MAX_LAYERS} layers; got {self.n_layers}")

    @classmethod
    def from_arrays(cls, hidden, classifiers, *, gate=0.05, rule=None, **keywords):
        """Make a network from given hidden weights and classifiers, see :meth:`FullyBinaryNetwork.from_arrays`."""
        network = super().from_arrays(hidden, classifiers, **keywords)
        if network.ternary or network.committee or network.trained_classifier:
            raise ValueError("error propagation is for binary arithmetic, fixed classifiers and no committees")
        network.gate = real("gate", gate, 0.0, 1.0)
        return network

    def _start_classifier(self, number, n_read):
        drawn = super()._start_classifier(number, n_read)
        return equiangular(drawn, self.seed) if number == self.n_layers - 1 else drawn

    def _set_state(self, padded_hidden, classifiers):
        super()._set_state(padded_hidden, classifiers)
        for layer in self._layers:  # an integer lead is below r K where it is below the next integer
            layer.margin = math.ceil(self.robustness * layer.n_units)

    def set_group_size(self, group_size):
        """Change the units per group of every layer, which training goes on with."""
        sizes = [integer("group_size", g, 1, 1 << 15) for g in group_size]
        for g, layer in zip(sizes, self._layers, strict=True):
            if layer.n_units % g:
                raise ValueError(f"group_size must divide the number of units; {g} does not divide {layer.n_units}")
        for g, layer in zip(sizes, self._layers, strict=True):
            layer.group_size = g
        self.group_size = tuple(sizes)

    def _train_piece(self, cuts, x, y, piece, batch_size):
        propagate = kernels.active().propagate
        return propagate(self._layers, cuts, self.gates(), x, y, piece, batch_size, self._steps, self.n_threads)

    def gates(self):
        """Return the largest abs(z) at which a unit of each layer passes its target on, (layers,) int64."""
        return np.array([math.floor(self.gate * layer.fan_in) for layer in self._layers], dtype=np.int64)

    def _repr_of_rule(self):
        return f"gate={self.gate}, "

    def _described(self):
        return {**super()._described(), "gate": self.gate, "rule": "error propagation"}


def equiangular(rows, seed, alpha=1.0):
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


def cost(total, squares, n_pairs, alpha):
    """Return the sum of n values plus alpha times their variance, from their sum and sum of squares."""
    return total + alpha * (squares / n_pairs - (total / n_pairs) ** 2)
