"""Suites: what is run, checked before anything starts."""

import itertools
import math
import string
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ...datasets import known_names
from ...datasets.prototypes import PREFIX, parse_prototypes
from ...datasets.split import Protocol
from ...nearest import nearest
from ...shapes import parse_shape
from .budgets import parse_budget
from .suite_errors import check_plain, repeated, shown

MAX_SEED = (1 << 63) - 1
MAX_COUNT = (1 << 31) - 1
MAX_SEEDS = 100_000

MAX_PARAMETERS = 100
MAX_TEXT = 1000
"""Letters of an id or a label."""

MAX_VARIATIONS = 10_000
"""Entries that a grid may make of one method; more is taken for a slip of the pen."""

Count = Annotated[int, Field(strict=True, ge=1, le=MAX_COUNT)]


class SuiteError(ValueError):
    """A suite that cannot be found or is wrong; the message names the file and the key."""


class MethodEntry(BaseModel):
    """One method of a suite, with the shapes it takes at every budget.

    params: parameters of the method. grid: parameter -> list of values, every combination is an entry of its own.
    zip: parameter -> list of values, all of one length, taken in step. An id or label may name varied parameters in
    braces, ``label = "group size {group_size}"``; where it names none, they are put behind it.
    shapes: data set -> budget -> shape; a pair that is not named takes the shape whose memory is nearest.
    layers: how many equal hidden layers are tried to match a budget, in place of two.
    same_shape: take the shape that the budget names, whatever memory that needs.
    settings: data set -> budget -> parameters that hold there, beside or in place of those in params.
    n_seeds: with so many of the suite's seeds, the first; all, where it is not named.
    datasets, budgets: those of the suite's that this method is run on; all, where there are none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(min_length=1, max_length=MAX_TEXT)
    label: str = Field(max_length=MAX_TEXT)
    method: str
    params: dict = Field(default_factory=dict)
    grid: dict[str, list] = Field(default_factory=dict)
    zip: dict[str, list] = Field(default_factory=dict)
    epochs: Count | None = None
    n_seeds: Count | None = None
    shapes: dict[str, dict[str, str]] = Field(default_factory=dict)
    layers: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    same_shape: Annotated[bool, Field(strict=True)] = False
    settings: dict[str, dict[str, dict]] = Field(default_factory=dict)
    datasets: list[str] | None = Field(default=None, min_length=1)
    budgets: list[str] | None = Field(default=None, min_length=1)
    published: str | None = None

    @model_validator(mode="after")
    def check_variation(self) -> Self:
        if max(len(self.params), len(self.grid), len(self.zip)) > MAX_PARAMETERS:
            raise ValueError(f"params, grid and zip may name at most {MAX_PARAMETERS} parameters each")
        if odd := [name for name in (*self.params, *self.grid, *self.zip) if not name.isidentifier()]:
            raise ValueError(f"{shown(odd[0])} is no name of a parameter")
        if twice := repeated([*self.params, *self.grid, *self.zip]):
            raise ValueError(f"parameter {twice!r} must stand in one of params, grid and zip")
        for name, value in self.params.items():
            check_plain(f"params.{name}", value)
        for dataset, of_budgets in self.settings.items():
            for budget, params in of_budgets.items():
                for name, value in params.items():
                    check_plain(f"settings.{dataset}.{budget}.{name}", value)
                    if name in self.grid or name in self.zip:
                        raise ValueError(f"parameter {name!r} is varied, so settings must not name it")
        for where, varied in (("grid", self.grid), ("zip", self.zip)):
            for name, values in varied.items():
                check_plain(f"{where}.{name}", values)
                if not values:
                    raise ValueError(f"{where}.{name} must not be empty")
                if len({as_one(value) for value in values}) < len(values) and where == "grid":
                    raise ValueError(f"grid.{name} must not repeat a value; got {shown(values)}")
        lengths = {name: len(values) for name, values in self.zip.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"zip needs lists of one length, as their values are taken in step; got {shown(lengths)}")
        if self.n_variations > MAX_VARIATIONS:
            raise ValueError(
                f"grid and zip make {self.n_variations} methods of one; at most {MAX_VARIATIONS} are allowed"
            )
        for dataset, shapes in self.shapes.items():
            for budget, shape in shapes.items():
                try:
                    parse_shape(shape)
                except ValueError as error:
                    raise ValueError(f"shapes.{dataset}.{budget}: {error}") from None
        if sum((self.same_shape, bool(self.shapes), self.layers is not None)) > 1:
            raise ValueError("a method must have one of shapes, same_shape = true and layers")
        return self

    @property
    def n_variations(self) -> int:
        """How many methods grid and zip make of it."""
        steps = max((len(values) for values in self.zip.values()), default=1)
        return math.prod(len(values) for values in self.grid.values()) * steps

    def expanded(self) -> list[Self]:
        """Return one entry per combination of grid and zip, with plain params."""
        steps = [dict(zip(self.zip, values, strict=True)) for values in zip(*self.zip.values(), strict=True)] or [{}]
        entries = []
        for step in steps:
            for values in itertools.product(*self.grid.values()):
                varied = {**step, **dict(zip(self.grid, values, strict=True))}
                change = {
                    "id": filled("id", self.id, varied, "[{}]", "{}={}", ","),
                    "label": filled("label", self.label, varied, ", {}", "{} {}", ", "),
                    "params": {**self.params, **varied},
                    "grid": {},
                    "zip": {},
                }
                entries.append(self.model_copy(update=change))
        return entries


def as_one(value: Any) -> Any:
    """Return a value as text that is the same for 0, 0.0 and -0.0, but another for false."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return repr(float(value) + 0.0) if number and abs(value) < 1e300 else repr(value)


def filled(key: str, template: str, varied: Mapping[str, Any], around: str, each: str, between: str) -> str:
    """Return a template with the varied parameters in its braces, or behind it where it has none."""
    try:
        fields = [field[1:] for field in string.Formatter().parse(template) if field[1] is not None]
    except ValueError as error:
        raise ValueError(f"{key} = {template!r}: {error}") from None
    named = [name for name, _, _ in fields]
    if any(form or conversion for _, form, conversion in fields):
        raise ValueError(f"{key} = {template!r}: braces must hold the name of a parameter and nothing else")
    for name in named:
        if name not in varied:
            raise ValueError(f"{key} = {template!r} names {name!r}, which is not varied{nearest(name, varied)}")
    if named or not varied:
        return template.format_map(varied)
    return template + around.format(between.join(each.format(name, value) for name, value in varied.items()))


class Suite(BaseModel):
    """A grid: data sets x methods x budgets x seeds.

    budgets: see :func:`~fbbench.experiments.planning.budgets.parse_budget`. budgets_of: data set -> those of them
    that it is run at; all, where it is not named. reported: the experiment of paper/reported.csv whose figures tables
    put beside. expected_core_minutes: what its author saw it take, on one core; shown where the store has no rows to
    tell from. cell_seconds: how long a cell may take; one that takes longer is ended and counts as failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    title: str
    protocol: Protocol = "published"
    datasets: list[str] = Field(min_length=1)
    budgets: list[str] = Field(min_length=1)
    budgets_of: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(default_factory=dict)
    reported: str = "exp1_budget"
    seeds: list[Annotated[int, Field(strict=True)]] = Field(min_length=1)
    epochs: Count
    batch_size: Count = 100
    expected_core_minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    cell_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    methods: list[MethodEntry] = Field(min_length=1)
    _path: Path | None = PrivateAttr(default=None)
    _called: str | None = PrivateAttr(default=None)

    @field_validator("methods")
    @classmethod
    def expand(cls, methods: list[MethodEntry]) -> list[MethodEntry]:
        if (n := sum(method.n_variations for method in methods)) > MAX_VARIATIONS:
            raise ValueError(f"grids and zips make {n} methods; at most {MAX_VARIATIONS} are allowed")
        return [entry for method in methods for entry in method.expanded()]

    @model_validator(mode="after")
    def check_names(self, info: ValidationInfo) -> Self:
        also = (info.context or {}).get("also", ())
        for name in self.datasets:
            check_dataset("datasets", name, also)
        for budget in self.budgets:
            parse_budget(budget)
        for name, budgets in self.budgets_of.items():
            if name not in self.datasets:
                raise ValueError(f"budgets_of: {name!r} is not in datasets{nearest(name, self.datasets)}")
            for budget in budgets:
                if budget not in self.budgets:
                    raise ValueError(f"budgets_of.{name}: {budget!r} is not in budgets{nearest(budget, self.budgets)}")
        for entry in self.methods:
            for key in ("shapes", "settings"):
                for name in getattr(entry, key):
                    check_dataset(f"method {entry.id!r}: {key}", name, also)
                    if name not in self.datasets:
                        raise ValueError(
                            f"method {entry.id!r}: {key} name {name!r}, which the suite's datasets do not"
                            f"{nearest(name, self.datasets)}"
                        )
                for budget in (budget for of_budgets in getattr(entry, key).values() for budget in of_budgets):
                    if budget not in self.budgets:
                        raise ValueError(
                            f"method {entry.id!r}: {key} name a budget {budget!r} that is not in budgets"
                            f"{nearest(budget, self.budgets)}"
                        )
            sizes = [budget for budget in entry.budgets or self.budgets if parse_budget(budget).shape is None]
            if entry.same_shape and sizes:
                raise ValueError(
                    f"method {entry.id!r}: same_shape needs budgets named after a shape ('35_35'); got {sizes[0]!r}"
                )
            for key, known in (("datasets", self.datasets), ("budgets", self.budgets)):
                for name in getattr(entry, key) or ():
                    if name not in known:
                        raise ValueError(
                            f"method {entry.id!r}: {key} name {name!r}, which the suite's {key} do not"
                            f"{nearest(name, known)}"
                        )
        for what, values in (
            ("datasets", self.datasets),
            ("budgets", self.budgets),
            ("seeds", self.seeds),
            ("methods (id)", [m.id for m in self.methods]),
            ("methods (label)", [m.label for m in self.methods]),
        ):
            if (twice := repeated(values)) is not None:
                raise ValueError(f"{what} must not repeat a value; {twice!r} stands there twice")
        if min(self.seeds) < 0 or max(self.seeds) > MAX_SEED:
            raise ValueError(f"seeds must lie in 0 .. {MAX_SEED}; got {shown(self.seeds)}")
        return self

    @property
    def where(self) -> str:
        """What an error calls the suite: its file."""
        return f"suite {self.name}" if self._path is None else str(self._path)

    @property
    def called(self) -> str:
        """How a command line names it."""
        return self._called or self.name

    def budgets_at(self, dataset: str, entry: MethodEntry) -> list[str]:
        """Return the budgets at which a method is run on a data set, in order."""
        at_data = self.budgets_of.get(dataset, self.budgets)
        return [budget for budget in self.budgets if budget in at_data and budget in (entry.budgets or self.budgets)]

    def narrowed(
        self,
        n_seeds: int | None = None,
        datasets: Sequence[str] | None = None,
        protocol: str | None = None,
        methods: Sequence[str] | None = None,
        budgets: Sequence[str] | None = None,
    ) -> Self:
        """Return the suite with fewer (or more, consecutive) seeds, only some data sets, methods (by id) and budgets,
        another protocol."""
        change: dict[str, Any] = {} if protocol is None else {"protocol": protocol}
        if n_seeds is not None:
            if n_seeds < 1:
                raise SuiteError(f"the number of seeds must be at least 1; got {n_seeds}")
            if n_seeds > MAX_SEEDS:
                raise SuiteError(f"the number of seeds must be at most {MAX_SEEDS}; got {n_seeds}")
            next_seed = max(self.seeds) + 1
            seeds = [*self.seeds, *range(next_seed, next_seed + max(0, n_seeds - len(self.seeds)))][:n_seeds]
            if max(seeds) > MAX_SEED:
                raise SuiteError(f"{n_seeds} seeds from {self.seeds[0]} on would go beyond {MAX_SEED}, the largest")
            change["seeds"] = seeds
        if datasets is not None:
            change["datasets"] = self._named("data set", datasets, self.datasets)
        if methods is not None:
            every = [entry.id for entry in self.methods]
            of_grids = {name: [known for known in every if known.startswith(f"{name}[")] for name in methods}
            ids = self._named("method", [one for name in methods for one in of_grids[name] or [name]], every)
            change["methods"] = [entry for entry in self.methods if entry.id in ids]
        if budgets is not None:
            change["budgets"] = self._named("budget", budgets, self.budgets)
        return self.model_copy(update=change)

    def _named(self, what: str, names: Sequence[str], known: Sequence[str]) -> list[str]:
        """Return those of the suite's names that are asked for, in its order; SuiteError if one is not the suite's."""
        for name in names:
            if name not in known:
                raise SuiteError(
                    f"suite {self.name} has no {what} {name!r}{nearest(name, known)}; it has {', '.join(known)}"
                )
        return [name for name in known if name in names]

    def with_seeds_of(self, rows: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return the suite with its seeds and all that stored rows (by key) have."""
        seeds = sorted({row["identity"]["seed"] for row in rows.values()} | set(self.seeds))
        return self.model_copy(update={"seeds": seeds})


def check_dataset(key: str, name: str, also: Collection[str] = ()) -> None:
    """Raise ValueError, with the nearest name, if there is no such data set, nor any of some other names."""
    if name.startswith(PREFIX):
        parse_prototypes(name)
    elif name not in also and name not in (names := known_names()):
        raise ValueError(f"{key}: unknown data set {name!r}{nearest(name, names)}")
