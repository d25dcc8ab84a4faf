"""What a read-out is."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...costs import Costs, NetworkShape
    from ..parameters import NetworkParameters


class ReadOut(abc.ABC):
    """Where the predictions of a network come from; it may learn beside the layers.

    ``name``: what ``readout`` says. ``place``: where it stands in lists.
    """

    name: ClassVar[str] = ""
    place: ClassVar[int] = 100

    def __init__(self, parameters: NetworkParameters) -> None:
        """Make the read-out of a network as it starts."""

    @classmethod
    def check(cls, parameters: NetworkParameters) -> None:
        """Raise ValueError if a network of these parameters cannot be read like this."""

    @abc.abstractmethod
    def scores(self, network: Any, rows: np.ndarray) -> np.ndarray:
        """Return the scores (N, C), integers, that a network gives packed rows."""

    def train_pass(self, n_rows: int, rows_of: Callable) -> None:
        """Learn from all rows once, after an epoch of the layers; ``rows_of(numbers)``: activations and labels."""

    def state_hash(self) -> str:
        """Return the hash of what it has learnt; empty where it learns nothing."""
        return ""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what it has learnt as named plain arrays."""
        return {}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take up what :meth:`to_arrays` returned; ValueError if it is of another read-out."""

    @classmethod
    def charged(cls, costs: Costs, shape: NetworkShape) -> Costs:
        """Return the costs of a network with this read-out, given those with the last layer's classifier."""
        return costs


class KernelReadOut(ReadOut):
    """A read-out that learns nothing, which the kernels have under its name."""

    def scores(self, network: Any, rows: np.ndarray) -> np.ndarray:
        return network.path.scores(network._layers, rows, network.n_threads, self.name)
