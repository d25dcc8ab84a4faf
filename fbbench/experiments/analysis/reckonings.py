"""What a mini-batch of a method costs, reckoned in the ways that claims speak of: gates by the model, gates that were
synthesized, energy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

from fbbench.baselines.protocol import Counted, Method, Task, method_class, zeros_of

from ...costs import GATES, total_gates
from ...costs.energy import PLACES, training_picojoules
from ...costs.operations import NUMBERS, synthesized, synthesized_area
from ...datasets import describe
from ..planning.budgets import task_under

Reckoning = Literal["model", "model with output classifier", "synthesized", "area", "energy of logic",
                    "energy with 8 kB SRAM", "energy with SRAM", "energy with DRAM"]  # fmt: skip
"""The paper's model; as the authors' notebook has it; gates that were synthesized, and their area in NAND2; energy by
where weights live."""

RECKONINGS: tuple[str, ...] = get_args(Reckoning)

WHERE = {
    "energy of logic": "nowhere", "energy with 8 kB SRAM": "SRAM of 8 kB", "energy with SRAM": "SRAM of 1 MB",
    "energy with DRAM": "DRAM",
}  # fmt: skip
assert set(WHERE.values()) == set(PLACES)


def task_of(identity: Mapping[str, Any]) -> Task:
    """Return the task of a stored row, from its identity."""
    return task_under(describe(identity["dataset"]), identity["protocol"])


def method_of(identity: Mapping[str, Any]) -> Method:
    """Return the method of a stored row, from its identity, not trained."""
    return method_class(identity["method"])(**identity["params"], batch_size=identity["batch_size"])


def synthesized_of_row(identity: Mapping[str, Any]) -> float:
    """Return the synthesized gates of a mini-batch of a stored row; nan where its method or data set are not here, or
    it does not count its operations."""
    try:
        return reckoned(method_of(identity), task_of(identity), "synthesized")
    except (ImportError, KeyError, TypeError, ValueError):
        return math.nan


def reckoned(
    made: Method, task: Task, by: str = "model", numbers: str | None = None, sign_inputs: bool | None = None
) -> float:
    """Return what a mini-batch of a method costs: gates, NAND2s, or picojoules.

    Parameters
    ----------
    made : Method
    task : Task
    by : str
        See RECKONINGS. Gates by the model have those of ternary arithmetic's zeros.
    numbers : str, optional
        Of products and sums, where the method is a float network, see NUMBERS; its own, where they are not named.
    sign_inputs : bool, optional
        Whether a float network uses that its inputs are +-1; as it does, where it is not said.

    Raises
    ------
    ValueError
        If the method does not count its operations, and they are asked for; or if it takes rows one by one, and what
        it moves is asked for: weights would move with every row.
    """
    if by.startswith("model"):
        found = total_gates(made.gates(task)) + zeros_of(made, task)
        found += of_output_classifier(made, task) if by != "model" else 0
        return found - (of_sign_products(made, task) if sign_inputs else 0)
    operations = operations_of(made, task, numbers, sign_inputs)
    if by == "synthesized":
        return sum(synthesized(operations).values())
    if by == "area":
        return sum(synthesized_area(operations).values())
    if by != "energy of logic" and getattr(made, "row_by_row", False):
        raise ValueError(f"{type(made).__name__} takes rows one by one; what it moves in a mini-batch is not reckoned")
    row_bits = task.n_features * (getattr(made, "value_bits", 1) if made.input == "float" else 1)
    return training_picojoules(operations, made.memory(task), row_bits, made.batch_size, WHERE[by])


def of_output_classifier(made: Method, task: Task) -> float:
    """Return the gates that the authors' notebook adds for a local classifier of the output matrix; a float network has
    none."""
    if made.uses_floats:
        return 0
    return (GATES["XNOR"] + GATES["popcount"]) * made.batch_size * task.n_classes**2


def of_sign_products(made: Method, task: Task) -> float:
    """Return the gates that the model charges a float network for multiplying by inputs that are +-1, less the XNORs
    that flip signs; 0 of any other method."""
    if not hasattr(made, "operations_in"):
        return 0
    flips = made.operations_in(task, "float32", True).get("XNOR", 0)
    return (GATES["float multiply"] - GATES["XNOR"]) * flips


def operations_of(made: Method, task: Task, numbers: str | None = None, sign_inputs: bool | None = None) -> dict:
    """Return the operations of a mini-batch of a method; ValueError if it does not count them."""
    if numbers is not None and numbers not in NUMBERS:
        raise ValueError(f"numbers must be one of {', '.join(NUMBERS)}; got {numbers!r}")
    if hasattr(made, "operations_in"):
        return made.operations_in(task, numbers, sign_inputs)
    found = made.operations(task) if isinstance(made, Counted) else {}
    if not found:
        raise ValueError(f"{type(made).__name__} does not count its operations")
    return dict(found)
