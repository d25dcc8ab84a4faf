"""The fully binary network trained by binary error propagation (BEP, arXiv:2512.04189)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..arguments import integer
from ..kernels.layer import Layers
from .fully_binary import FullyBinaryNetwork
from .parameters import NetworkParameters, group_sizes_for
from .rules.error_propagation import ErrorPropagation


class ErrorPropagatingNetwork(FullyBinaryNetwork):
    """A fully binary network whose layers learn from targets that travel backwards (BEP). Strictly +-1.

    Parameters
    ----------
    layer_sizes, n_classes, group_size, robustness, reinforcement, hidden_bits, seed, n_threads
        As in :class:`~fbbench.FullyBinaryNetwork`; robustness (default 0.5) is that of the label's lead.
    gate : float in [0, 1]
        nu: a unit passes its target on where abs(z) <= floor(nu * fan-in).

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    def __init__(
        self,
        layer_sizes: Any,
        n_classes: Any,
        *,
        group_size: Any,
        robustness: float = 0.5,
        reinforcement: float = 0.5,
        gate: float = 0.05,
        hidden_bits: int = 8,
        seed: int,
        n_threads: int = 1,
    ) -> None:
        super().__init__(
            layer_sizes, n_classes, group_size=group_size, robustness=robustness, reinforcement=reinforcement,
            gate=gate, hidden_bits=hidden_bits, seed=seed, n_threads=n_threads,
        )  # fmt: skip

    @classmethod
    def parameters_of(cls, *, gate: float = 0.05, rule: Any = None, robustness: float = 0.5, **parameters: Any) -> Any:
        """Return the :class:`NetworkParameters` of a constructor's arguments."""
        rule = ErrorPropagation(gate=gate) if rule is None else rule
        if not isinstance(rule, ErrorPropagation):
            raise ValueError(f"rule must be error propagation; got {rule!r:.60}")
        return NetworkParameters(robustness=robustness, rule=rule, **parameters)

    @property
    def gate(self) -> float:
        """nu, of the rule."""
        return self.rule.gate

    def gates(self) -> np.ndarray:
        """Return the largest abs(z) at which a unit of each layer passes its target on, (layers,) int64."""
        return np.array([layer.gate for layer in self._layers], dtype=np.int64)

    def set_group_size(self, group_size: Any) -> None:
        """Change the units per group of every layer, which training goes on with."""
        sizes = group_sizes_for(self.layer_sizes[1:], [integer("group_size", g, 1, 1 << 15) for g in group_size])
        for g, layer in zip(sizes, self._layers, strict=True):
            layer.group_size = g
        self._layers = Layers(self._layers)
        self.parameters = replace(self.parameters, group_size=sizes)
