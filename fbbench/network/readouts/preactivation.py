"""The last layer's classifier on pre-activations; not in the paper."""

from typing import ClassVar

from ...costs import preactivation_costs
from .base import KernelReadOut


class PreActivation(KernelReadOut):
    """y = P z of the last layer, in place of P sign(z)."""

    name: ClassVar[str] = "preactivation"
    place: ClassVar[int] = 2

    @classmethod
    def check(cls, parameters):
        if parameters.committee:
            raise ValueError(f"readout {cls.name!r} is for networks without committees")

    @classmethod
    def charged(cls, costs, shape):
        return preactivation_costs(costs, shape)
