"""What a training rule is."""

from __future__ import annotations

import abc
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..thresholds import share_below

if TYPE_CHECKING:
    from ...costs import Costs, NetworkShape
    from ...kernels.batches import Batches
    from ..parameters import NetworkParameters


@dataclass(frozen=True)
class TrainingRule(abc.ABC):
    """How a network's hidden weights are corrected. Fields of a subclass are its parameters, each with a default.

    ``name``: what headers of networks call it. ``place``: where it stands in lists.
    """

    name: ClassVar[str] = ""
    place: ClassVar[int] = 100

    def train(self, path: Any, layers: Any, cuts: np.ndarray, batches: Batches, n_threads: int) -> int:
        """Train layers in place by the kernels of a path; return how many rows the last layer had right before.

        Parameters
        ----------
        path : a kernel path
            It has the rule under its name.
        layers : list of Layer
        cuts : ndarray (layers that learn, 64) of uint64
            Of the reinforcement draws, see :func:`fbbench.kernels.random.hit_cuts`.
        batches : Batches
        n_threads : int
        """
        return path.train(layers, cuts, batches, n_threads, self.name)

    @abc.abstractmethod
    def costs(self, shape: NetworkShape) -> Costs:
        """Return what training costs, and predicting by the last layer's classifier."""

    def check(self, parameters: NetworkParameters) -> None:
        """Raise ValueError if the rule cannot train a network of these parameters."""

    def start_classifier(self, drawn: np.ndarray, number: int, parameters: NetworkParameters) -> np.ndarray:
        """Return the fixed classifier of a layer (counted from 0), made of the one that was drawn, (C, n_read)."""
        return drawn

    def margin(self, robustness: float, n_read: int) -> int:
        """Return the lead below which a right prediction triggers a layer."""
        return share_below(robustness, n_read)

    def largest_passing(self, fan_in: int) -> int:
        """Return the largest abs(z) at which a unit passes a target on, of a rule whose targets travel."""
        return 0

    def parameters(self) -> dict:
        """Return the rule's own parameters by name."""
        return dataclasses.asdict(self)

    def described(self) -> dict:
        """Return what a network's header says of the rule: its name and parameters."""
        return {"rule": self.name, **self.parameters()}
