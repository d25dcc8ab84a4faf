"""An averaged integer perceptron on the bits of all layers, which learns while they do; not in the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...costs import Costs, NetworkShape, reader_costs
from ...perceptron import PIECE, Reader
from .base import ReadOut

if TYPE_CHECKING:
    from ..parameters import NetworkParameters


class OnHiddenBits(ReadOut):
    """A :class:`~fbbench.perceptron.Reader` of the activations of all layers.

    Attributes
    ----------
    reader : Reader
    """

    name: ClassVar[str] = "perceptron"
    place: ClassVar[int] = 3

    def __init__(self, parameters: NetworkParameters) -> None:
        self.reader = Reader(sum(parameters.layer_sizes[1:]), parameters.n_classes, seed=parameters.seed)

    @classmethod
    def check(cls, parameters: NetworkParameters) -> None:
        if parameters.committee:
            raise ValueError(f"readout {cls.name!r} is for networks without committees")
        if parameters.ternary:
            raise ValueError(f"readout {cls.name!r} reads bits: it is for binary arithmetic")
        Reader.parameters_of(
            n_inputs=sum(parameters.layer_sizes[1:]), n_classes=parameters.n_classes, seed=parameters.seed
        )

    def scores(self, network: Any, rows: np.ndarray) -> np.ndarray:
        pieces = [rows[first : first + PIECE] for first in range(0, len(rows), PIECE)]
        return np.concatenate([self.reader.decision_function(network.activation_bits(piece)) for piece in pieces])

    def train_pass(self, n_rows: int, rows_of: Callable) -> None:
        self.reader.train_pass(n_rows, rows_of)

    def state_hash(self) -> str:
        return self.reader.state_hash()

    def to_arrays(self) -> dict[str, np.ndarray]:
        return self.reader.to_arrays()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        reader, own = Reader.restored(arrays), self.reader
        if (reader.n_inputs, reader.n_classes, reader.seed) != (own.n_inputs, own.n_classes, own.seed):
            raise ValueError("header and perceptron disagree")
        self.reader = reader

    @classmethod
    def charged(cls, costs: Costs, shape: NetworkShape) -> Costs:
        return reader_costs(costs, shape, rows_at_once=PIECE)
