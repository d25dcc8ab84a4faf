"""What one method costs, together: memory, ledger and gates of training, and memory and gates of predicting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

Parts = Mapping[str, float]
"""Bits by part, or gates by kind."""


@dataclass(frozen=True, kw_only=True)
class NetworkShape:
    """What the costs of a fully binary network follow from.

    Attributes
    ----------
    n_samples, n_classes, batch_size : int
    layer_sizes : tuple of int
        Fan-in, then the widths.
    group_sizes : tuple of int
        One per layer.
    hidden_bits : int
        Width of hidden weights.
    ternary : bool
        Signs have a second plane, which tells zeros.
    trained_classifiers : bool
    """

    n_samples: int
    layer_sizes: tuple[int, ...]
    n_classes: int
    batch_size: int
    group_sizes: tuple[int, ...]
    hidden_bits: int = 8
    ternary: bool = False
    trained_classifiers: bool = False

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of every layer."""
        return self.layer_sizes[1:]

    @property
    def n_units(self) -> int:
        """Units of all layers."""
        return sum(self.widths)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The costs of a method at a problem's shape, each by part or by kind.

    Attributes
    ----------
    memory : dict of str to int
        Bits of training in the paper's model.
    ledger : dict of str to int
        Bits of training that the implementation really holds.
    gates : dict of str to int
        Gates of one mini-batch in the paper's model.
    zero_gates : dict of str to int
        Gates of a mini-batch that ternary arithmetic takes beside them.
    inference_memory, inference_gates : dict of str to int
        Bits and gates of predicting one sample.
    operations : dict of str to int
        Operations that a mini-batch executes at most, nothing left out, see :mod:`fbbench.costs.operations`; none where
        a method does not count them.
    """

    memory: Parts
    ledger: Parts
    gates: Parts
    zero_gates: Parts = field(default_factory=dict)
    inference_memory: Parts = field(default_factory=dict)
    inference_gates: Parts = field(default_factory=dict)
    operations: Parts = field(default_factory=dict)

    def with_(self, **changed: Parts) -> Costs:
        """Return these costs with some parts or kinds of some of them added or replaced."""
        return replace(self, **{name: {**getattr(self, name), **parts} for name, parts in changed.items()})


def times(parts: Parts, n: int, only: tuple[str, ...] | None = None) -> dict[str, float]:
    """Return parts or kinds, all or some of them, n times."""
    return {name: n * value if only is None or name in only else value for name, value in parts.items()}


def added(several: Iterable[Parts]) -> dict[str, float]:
    """Return parts or kinds, summed over several."""
    total: dict[str, float] = {}
    for parts in several:
        for name, value in parts.items():
            total[name] = total.get(name, 0) + value
    return total
