"""All layers' classifiers together; not in the paper."""

from __future__ import annotations

from typing import ClassVar

from ...costs import Costs, NetworkShape, vote_costs
from .base import KernelReadOut


class Vote(KernelReadOut):
    """The sum of all layers' scores."""

    name: ClassVar[str] = "vote"
    place: ClassVar[int] = 1

    @classmethod
    def charged(cls, costs: Costs, shape: NetworkShape) -> Costs:
        return vote_costs(costs, shape)
