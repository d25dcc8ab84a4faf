"""Memory budgets in words, in bits, and as the shapes that methods take within them."""

import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fbbench.baselines.protocol import Method, Task, method_class

from ...costs import beside_data, in_bytes, match_width, parse_size, total_bits
from ...costs.cost import Parts
from ...datasets.registry import Dataset
from ...shapes import parse_shape

NO_SHAPE = "none"
"""What the shape of a method is called that has none."""

FAR = 0.1
"""Share of what a budget leaves beside the data by which a shape may miss it without a word."""


@dataclass(frozen=True)
class Budget:
    """Some memory: that of a method of a shape on the task at hand, or a number of bits."""

    method: str | None = None
    shape: str | None = None
    bits: int | None = None


def task_under(known: Dataset, protocol: str) -> Task:
    """Return the task that a data set, as described, is under a protocol."""
    return Task(known.sizes(protocol)[0], known.n_features, known.n_classes, known.table_inputs)


def parse_budget(text: str) -> Budget:
    """Return the :class:`Budget` of ``"match bmlp 35_35"``, ``"35_35"`` (the same) or ``"5 MB"`` (10^6 bytes).

    Raises
    ------
    ValueError
        If it is none of these.
    """
    words = text.split()
    if len(words) == 1 and words[0].replace("_", "").isdigit():
        words = ["match", "bmlp", *words]
    if len(words) == 3 and words[0] == "match":
        parse_shape(words[2])
        return Budget(method=words[1], shape=words[2])
    try:
        return Budget(bits=parse_size(text))
    except ValueError as error:
        raise ValueError(
            f"a budget must be a shape of the BMLP such as '35_35', 'match METHOD SHAPE', or a size: {error}"
        ) from None


def budget_title(text: str) -> str:
    """Return a budget as tables call it: the BMLP's are named by their shape alone."""
    return text.removeprefix("match bmlp ")


def budget_bits(budget: Budget, task: Task, batch_size: int) -> float:
    """Return the bits of a :class:`Budget` on a task, by the paper's memory model."""
    if budget.bits is not None:
        return budget.bits
    method = method_class(budget.method)
    return total_bits(method(**method.shape_params(budget.shape), batch_size=batch_size).memory(task))


def far_from(budget: Budget, memory: Parts, task: Task, batch_size: int) -> str | None:
    """Return in words how far some memory is from a :class:`Budget`, None if by less than a tenth.

    Both are taken beside the data, which may be 97 % of the whole and are the same for all.
    """
    asked = budget_bits(budget, task, batch_size) - task.n_samples * task.n_features
    bits = beside_data(memory)
    if abs(bits - asked) <= FAR * asked:
        return None
    if asked <= 0:
        return f"takes {in_bytes(bits)} beside the data, where the budget leaves nothing"
    return (
        f"takes {in_bytes(bits)} beside the data, {100 * (bits / asked - 1):+.0f} % of the {in_bytes(asked)} that the "
        "budget leaves there"
    )


def matched_shape(
    name: str, params: Mapping[str, Any], task: Task, budget: Budget, batch_size: int, layers: int | None = None
) -> str:
    """Return the shape of a method whose memory is nearest to a :class:`Budget`: its own where the budget names it.

    Parameters
    ----------
    name : str
        Of the method.
    params : dict
        Its parameters but the shape's.
    task : Task
    budget : Budget
    batch_size : int
    layers : int, optional
        How many equal hidden layers are tried, in place of two.

    Raises
    ------
    ValueError
        If nothing fits, or layers are named of a method that has none.
    """
    if name == budget.method and budget.shape is not None and layers is None:
        return budget.shape
    method = method_class(name)
    sized = method.width_step is not None
    if layers is not None and not (sized and "n_layers" in inspect.signature(method.shape_of_width).parameters):
        raise ValueError(f"layers are those of hidden layers; {name} has none")
    if not sized:
        return NO_SHAPE
    shape_of = method.shape_of_width if layers is None else functools.partial(method.shape_of_width, n_layers=layers)

    def cost(width: int) -> float:
        return total_bits(method(**params, **method.shape_params(shape_of(width)), batch_size=batch_size).memory(task))

    asked = budget_bits(budget, task, batch_size)
    return shape_of(match_width(asked, cost, step=method.width_step, largest=widest_of(method)))


def widest_of(method: type[Method]) -> int:
    """Return the largest width that is tried of a method."""
    return getattr(method, "widest", 1 << 15)
