"""Suite files: found by name, read from TOML, and those that are another suite with fewer or other parts."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...datasets.split import Protocol
from ...nearest import nearest
from ...places import shipped
from ...reading import BadFile, read_toml
from .suite import Count, MethodEntry, Suite, SuiteError
from .suite_errors import explain

Model = TypeVar("Model", bound=BaseModel)


class DerivedSuite(BaseModel):
    """A suite file with a key ``base``: that suite under another name, with another protocol or some of its parts.

    base: name of a suite that is no derived one. datasets, budgets, methods (ids): those of the base's that stay; all,
    where they are not named. n_seeds: the first so many of the base's seeds. reported: as a suite has it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    base: str
    name: str
    title: str
    protocol: Protocol | None = None
    datasets: list[str] | None = Field(default=None, min_length=1)
    budgets: list[str] | None = Field(default=None, min_length=1)
    methods: list[str] | None = Field(default=None, min_length=1)
    n_seeds: Count | None = None
    reported: str | None = None

    def of(self, base: Suite) -> Suite:
        """Return the suite that it makes of its base; SuiteError if it names a part that the base does not have."""
        named = {"name": self.name, "title": self.title, "reported": self.reported or base.reported}
        return base.narrowed(self.n_seeds, self.datasets, self.protocol, self.methods, self.budgets).model_copy(
            update=named
        )


def known_suites() -> dict[str, Path]:
    """Return the suite files by name; those in ./suites come before those that ship."""
    folders = (shipped("suites"), Path("suites"))
    return {path.stem: path for folder in folders if folder for path in sorted(folder.glob("*.toml"))}


def find_suite(name: str) -> Path:
    """Return the file of a suite: a path to a TOML file, or a name in ./suites, then among those that ship.

    Raises
    ------
    SuiteError
        If there is none; the message lists those there are.
    """
    if name.endswith(".toml"):
        if is_file(name):
            return Path(name)
        raise SuiteError(f"there is no suite file {name}")
    known = known_suites()
    if name in known:
        return known[name]
    if is_file(f"{name}.toml"):
        raise SuiteError(f"there is no suite {name!r}, but a file: say {name}.toml")
    if is_file(name):
        raise SuiteError(f"{name} is not a suite file: its name must end in .toml")
    raise SuiteError(f"there is no suite {name!r}{nearest(name, known)}; there are: {', '.join(known) or 'none'}")


def is_file(name: str) -> bool:
    """Return whether a text names a file; one that cannot be a name, as it is too long or holds a NUL, does not."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def load_suite(name: str, also: Collection[str] = ()) -> Suite:
    """Return the :class:`Suite` of that name or path; ``also``: data sets that it may name though they are not known.

    Raises
    ------
    SuiteError
        If it is not there, not TOML, or has an unknown or wrong key; the message names file, key and nearest key.
    """
    path, content = content_of(name)
    suite = derived(path, content, also) if "base" in content else checked(Suite, path, content, also)
    suite._path, suite._called = path, name
    return suite


def derived(path: Path, content: dict[str, Any], also: Collection[str]) -> Suite:
    """Return the suite that a file with a key ``base`` makes of another one."""
    made = checked(DerivedSuite, path, content, also)
    base_path, of_base = content_of(made.base)
    if "base" in of_base:
        raise SuiteError(f"{path}: base = {made.base!r} has a base itself; name {of_base['base']!r} and its parts here")
    try:
        return made.of(checked(Suite, base_path, of_base, also))
    except SuiteError as error:
        raise SuiteError(f"{path}: {error}") from None


def content_of(name: str) -> tuple[Path, dict[str, Any]]:
    """Return the file of a suite and what it holds; SuiteError if it is not there or not TOML."""
    path = find_suite(name)
    try:
        return path, read_toml(path)
    except BadFile as error:
        raise SuiteError(str(error)) from None


def checked(model: type[Model], path: Path, content: dict[str, Any], also: Collection[str]) -> Model:
    """Return what a suite file holds as its model; SuiteError with a sentence for everything that is wrong."""
    fields = model.model_fields, MethodEntry.model_fields
    try:
        return model.model_validate(content, context={"also": also})
    except ValidationError as error:
        raise SuiteError("\n".join(explain(path, content, problem, fields) for problem in error.errors())) from None
