"""The last layer's classifier on pre-activations; not in the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ...costs import Costs, NetworkShape, preactivation_costs
from .base import KernelReadOut

if TYPE_CHECKING:
    from ..parameters import NetworkParameters


class PreActivation(KernelReadOut):
    """y = P z of the last layer, in place of P sign(z)."""

    name: ClassVar[str] = "preactivation"
    place: ClassVar[int] = 2

    @classmethod
    def check(cls, parameters: NetworkParameters) -> None:
        if parameters.committee:
            raise ValueError(f"readout {cls.name!r} is for networks without committees")

    @classmethod
    def charged(cls, costs: Costs, shape: NetworkShape) -> Costs:
        return preactivation_costs(costs, shape)
