"""A cell is the unit of work: one method with its parameters, on one data set, at one budget, for one seed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fbbench.baselines.parameters import checked_parameters
from fbbench.baselines.protocol import METHODS, Checked, Method, Task, method_class

from ... import kernels
from ...costs import total_gates
from ...datasets import describe
from ...files import digest_of
from ...nearest import nearest
from .budgets import NO_SHAPE, budget_title, far_from, matched_shape, parse_budget, task_under
from .suite import MethodEntry, Suite, SuiteError

RESULT_VERSION = 3
"""Changed when the splits, the encoders or the training loop start to give other results for the same cell."""

MOST_CELLS = 250_000
"""Of a suite; more is a slip of the pen."""
NAMES = ("method_id", "label", "budget", "shape")
"""How a suite calls a cell; no part of its identity."""

SET_BY_THE_SUITE = ("epochs", "batch_size", "random_state", "n_bits", "n_threads")
"""Parameters of a method that its entry in a suite must not name."""


@dataclass(frozen=True)
class Cell:
    """What is run, and the names it is shown under.

    params: what the suite gives and the shape means, without what equals the method's default, so that two suites
    that ask for the same thing share its cell. gates: modelled gates of the whole cell, which tell how long it takes.
    """

    dataset: str
    protocol: str
    method: str
    method_version: int
    method_id: str
    label: str
    budget: str
    shape: str
    params: tuple[tuple[str, object], ...]
    epochs: int
    batch_size: int
    seed: int
    gates: int = field(default=0, compare=False)

    def names(self) -> dict[str, str]:
        """Return what the suite calls the cell: a dict of method_id, label, budget and shape."""
        return {name: getattr(self, name) for name in NAMES}

    @property
    def title(self) -> str:
        """The cell in words."""
        return (
            f"{self.dataset}, {self.method_id} {self.shape} (memory of {budget_title(self.budget)}), seed {self.seed}"
        )

    def make(self, **parameters: Any) -> Any:
        """Return its method, not trained, with further parameters."""
        of_suite = {"epochs": self.epochs, "batch_size": self.batch_size}
        return method_class(self.method)(**dict(self.params), **of_suite, **parameters)

    def identity(self, checksum: str | None) -> dict[str, Any]:
        """Return everything that can change the outcome, given the data set's checksum."""
        return {
            "result_version": RESULT_VERSION,
            "kernel_version": kernels.VERSION,
            "dataset": self.dataset,
            "checksum": checksum,
            "protocol": self.protocol,
            "method": self.method,
            "method_version": self.method_version,
            "params": dict(self.params),
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "seed": self.seed,
        }


def cell_key(identity: Mapping[str, Any]) -> str:
    """Return the content hash (hex) of an identity: the name of the cell's file."""
    return digest_of(identity)[:32]


def is_outdated(identity: Mapping[str, Any]) -> bool:
    """Return whether fbbench, its kernels or the method have changed in what they give since a row was made."""
    if identity["result_version"] != RESULT_VERSION or identity["kernel_version"] != kernels.VERSION:
        return True
    name = identity["method"]
    return name in METHODS and method_class(name).version != identity["method_version"]


@dataclass(frozen=True)
class Plan:
    """The cells of a suite; in words, which of its pairs have none and why, and which miss their budget by far."""

    suite: Suite
    cells: list[Cell]
    left_out: list[str]
    far_off: list[str]


def plan(suite: Suite) -> Plan:
    """Return the :class:`Plan` of a suite: the largest data set first, seed by seed, so that a split serves many cells.

    A method that wants floats has no cell on a data set that has none.

    Raises
    ------
    SuiteError
        If a method is unknown, a parameter does not exist or has a wrong value, or no shape fits a budget.
    """
    check_number(suite)
    for entry in suite.methods:  # wrong ones are found even where their data are missing
        method_of(suite, entry)
    cells, left_out, far_off, volume = [], [], [], {}
    for name in suite.datasets:
        dataset = describe(name)
        volume[name] = dataset.n_train * dataset.n_features
        task = task_under(dataset, suite.protocol)
        for entry in suite.methods:
            if name not in (entry.datasets or suite.datasets):
                continue
            method = method_of(suite, entry)
            if lacks := dataset.lacks_input(method(**entry.params).input):
                left_out.append(f"{entry.id} on {name}: {lacks}")
            else:
                cells.extend(cells_of_entry(suite, entry, method, name, task, far_off))
    return Plan(suite, sorted(cells, key=lambda cell: (-volume[cell.dataset], cell.seed)), left_out, far_off)


def check_number(suite: Suite) -> None:
    """Raise SuiteError if a suite has more cells than anybody waits for."""
    places = sum(
        len(suite.budgets_at(name, entry))
        for name in suite.datasets for entry in suite.methods if name in (entry.datasets or suite.datasets)
    )  # fmt: skip
    if (n := places * len(suite.seeds)) > MOST_CELLS:
        raise SuiteError(
            f"{suite.where} has {n:,} cells, {len(suite.seeds):,} seeds each; at most {MOST_CELLS:,} are planned"
        )


def method_of(suite: Suite, entry: MethodEntry) -> type[Method]:
    """Return the class of an entry's method; SuiteError if there is none, or it lacks a parameter."""
    where = f"{suite.where}: method {entry.id!r}"
    try:
        method = method_class(entry.method)
    except ValueError as error:
        raise SuiteError(f"{where}: {error}{nearest(entry.method, METHODS)}") from None
    for params in (entry.params, *(params for of_budgets in entry.settings.values() for params in of_budgets.values())):
        check_parameter_names(where, method, params)
    return method


def cells_of_entry(
    suite: Suite, entry: MethodEntry, method: type[Method], dataset: str, task: Task, far_off: list[str]
) -> list[Cell]:
    """Return the cells of one method on one data set; say in ``far_off`` which shapes miss their budget."""
    where = f"{suite.where}: method {entry.id!r}"
    defaults = method().get_params(deep=False)
    cells = []
    for budget in suite.budgets_at(dataset, entry):
        try:
            here = checked_parameters(method, {**entry.params, **entry.settings.get(dataset, {}).get(budget, {})})
            asked = parse_budget(budget)
            named = asked.shape if entry.same_shape else entry.shapes.get(dataset, {}).get(budget)
            if named and method.width_step is None:
                raise ValueError(f"{entry.method} has no shape; got {named!r}")
            shape = named or matched_shape(entry.method, here, task, asked, suite.batch_size, entry.layers)
            params = {**here, **method.shape_params(shape)}
            made = method(**params, batch_size=suite.batch_size)
            if isinstance(made, Checked):
                made.check(task)
            epochs = entry.epochs or suite.epochs
            miss = far_from(asked, made.memory(task), task, suite.batch_size)
            if miss and shape not in (
                asked.shape,
                NO_SHAPE,
            ):  # of one shape with the budget's, it is not memory that is compared
                far_off.append(f"{entry.id} on {dataset} at {budget_title(budget)}: {shape} {miss}")
            gates = (
                total_gates(made.gates(task)) * epochs * -(-task.n_samples // made.sample_divisor // suite.batch_size)
            )
        except Exception as error:  # costs are the method's own code
            kind = "" if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: "
            raise SuiteError(f"{where} on {dataset} at the budget {budget!r}: {kind}{error}") from None
        said = {name: value for name, value in params.items() if json.dumps(value) != json.dumps(defaults[name])}
        cells.extend(
            Cell(
                dataset=dataset,
                protocol=suite.protocol,
                method=entry.method,
                method_version=method.version,
                method_id=entry.id,
                label=entry.label,
                budget=budget,
                shape=shape,
                params=tuple(sorted(said.items())),
                epochs=epochs,
                batch_size=suite.batch_size,
                seed=seed,
                gates=gates,
            )
            for seed in suite.seeds[: entry.n_seeds]
        )
    return cells


def check_parameter_names(where: str, method: type[Method], params: Iterable[str]) -> None:
    """Raise SuiteError, with the nearest name, if a method has no such parameter, or the suite or the shape sets it."""
    of_shape = () if method.width_step is None else method.shape_params(method.shape_of_width(method.width_step))
    known = [name for name in method().get_params(deep=False) if name not in SET_BY_THE_SUITE and name not in of_shape]
    for name in params:
        if name in of_shape:
            raise SuiteError(f"{where}: parameter {name!r} follows from the shape; name it in shapes, or a budget")
        if name in SET_BY_THE_SUITE:
            raise SuiteError(f"{where}: parameter {name!r} is set by the suite or the runner, not by a method's params")
        if name not in known:
            raise SuiteError(f"{where}: unknown parameter {name!r}{nearest(name, known)}; it has {', '.join(known)}")
