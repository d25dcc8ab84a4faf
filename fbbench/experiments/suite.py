"""Suite files: what is run, in TOML, checked before anything starts."""

import difflib
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..datasets import known_names
from ..datasets.prototypes import PREFIX, parse_prototypes
from ..datasets.split import PROTOCOLS
from ..shapes import parse_shape

PACKAGE_FOLDER = Path(__file__).parent.parent / "suites"
REPOSITORY_FOLDER = Path(__file__).parent.parent.parent / "suites"


class SuiteError(ValueError):
    """A suite that cannot be found or is wrong; the message names the file and the key."""


class MethodEntry(BaseModel):
    """One method of a suite, with the shapes it takes at every budget.

    shapes: data set -> budget -> shape; a pair that is not named takes the shape whose memory is nearest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    label: str
    method: str
    params: dict = Field(default_factory=dict)
    epochs: int | None = Field(default=None, ge=1)
    shapes: dict[str, dict[str, str]] = Field(default_factory=dict)
    published: str | None = None


class Suite(BaseModel):
    """A grid: data sets x methods x budgets x seeds. A budget is the memory of the BMLP of that shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    protocol: Literal[PROTOCOLS] = "published"
    datasets: list[str] = Field(min_length=1)
    budgets: list[str] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    epochs: int = Field(ge=1)
    batch_size: int = Field(default=100, ge=1)
    methods: list[MethodEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def check_names(self):
        names = known_names()
        for name in [*self.datasets, *(d for m in self.methods for d in m.shapes)]:
            if name.startswith(PREFIX):
                parse_prototypes(name)
            elif name not in names:
                raise ValueError(f"unknown data set {name!r}{nearest(name, names)}")
        for budget in self.budgets:
            parse_shape(budget)
        for entry in self.methods:
            for budget in (b for shapes in entry.shapes.values() for b in shapes):
                if budget not in self.budgets:
                    raise ValueError(f"method {entry.id!r}: shapes name a budget {budget!r} that is not in budgets")
        for what, values in (
            ("datasets", self.datasets),
            ("budgets", self.budgets),
            ("seeds", self.seeds),
            ("methods (id)", [m.id for m in self.methods]),
        ):
            if len(set(values)) < len(values):
                raise ValueError(f"{what} must not repeat a value; got {values}")
        if min(self.seeds) < 0:
            raise ValueError(f"seeds must not be negative; got {self.seeds}")
        return self

    def narrowed(self, n_seeds=None, datasets=None, protocol=None):
        """Return the suite with fewer (or more, consecutive) seeds, only some data sets, another protocol."""
        change = {} if protocol is None else {"protocol": protocol}
        if n_seeds is not None:
            if n_seeds < 1:
                raise SuiteError(f"the number of seeds must be at least 1; got {n_seeds}")
            more = range(self.seeds[-1] + 1, self.seeds[-1] + 1 + max(0, n_seeds - len(self.seeds)))
            change["seeds"] = [*self.seeds, *more][:n_seeds]
        if datasets is not None:
            for name in datasets:
                if name not in self.datasets:
                    raise SuiteError(
                        f"suite {self.name} has no data set {name!r}{nearest(name, self.datasets)}; "
                        f"it has {', '.join(self.datasets)}"
                    )
            change["datasets"] = [name for name in self.datasets if name in datasets]
        return self.model_copy(update=change)


def nearest(word, known):
    """Return a hint at the known word most like a wrong one, or nothing."""
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def known_suites():
    """Return the suite files by name; those in ./suites come before those that ship."""
    folders = (REPOSITORY_FOLDER, PACKAGE_FOLDER, Path("suites"))
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def find_suite(name):
    """Return the file of a suite: a path to a TOML file, or a name in ./suites, then among those that ship.

    Raises
    ------
    SuiteError
        If there is none; the message lists those there are.
    """
    if name.endswith(".toml"):
        if Path(name).is_file():
            return Path(name)
        raise SuiteError(f"there is no suite file {name}")
    known = known_suites()
    if name in known:
        return known[name]
    raise SuiteError(f"there is no suite {name!r}{nearest(name, known)}; there are: {', '.join(known) or 'none'}")


def load_suite(name):
    """Return the :class:`Suite` of that name or path.

    Raises
    ------
    SuiteError
        If it is not there, not TOML, or has an unknown or wrong key; the message names file, key and nearest key.
    """
    path = find_suite(name)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} is not valid TOML: {error}") from None
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        raise SuiteError("\n".join(explain(path, problem) for problem in error.errors())) from None


def explain(path, problem):
    """Return one sentence on what is wrong where in a suite file."""
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        model = MethodEntry if problem["loc"][0] == "methods" else Suite
        return f"{path}: unknown key {where!r}{nearest(problem['loc'][-1], model.model_fields)}"
    if problem["type"] == "missing":
        return f"{path}: key {where!r} is missing"
    return f"{path}: {where + ': ' if where else ''}{problem['msg'].removeprefix('Value error, ')}"
