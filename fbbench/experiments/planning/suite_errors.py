"""What is wrong in a suite file, in sentences."""

import collections
import contextlib
import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ...nearest import nearest

Value = TypeVar("Value", bound=Hashable)


def repeated(values: Iterable[Value]) -> Value | None:
    """Return the first value that stands there twice, None if there is none."""
    counts = collections.Counter(values)
    return next((value for value, count in counts.items() if count > 1), None)


def check_plain(key: str, value: Any) -> None:
    """Raise ValueError if a value could not be written to a row."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(
            f"{key} must be finite numbers, text, booleans, or lists of these; got {shown(value)}"
        ) from None


def explain(path: Path, content: Any, problem: Mapping[str, Any], fields: tuple[Iterable[str], Iterable[str]]) -> str:
    """Return one sentence on what is wrong where in a suite file. fields: the suite's, and a method's."""
    of_suite, of_method = fields
    where = place(content, problem["loc"])
    if problem["type"] == "extra_forbidden":
        key, in_method = problem["loc"][-1], problem["loc"][0] == "methods"
        if in_method and key in of_suite:
            return f"{path}: unknown key {where!r}; {key} is the suite's and must stand above the first [[methods]]"
        return f"{path}: unknown key {where!r}{nearest(key, of_method if in_method else of_suite)}"
    if problem["type"] == "missing":
        return f"{path}: key {where!r} is missing"
    given = problem["input"]
    said = problem["msg"].removeprefix("Value error, ")
    got = (
        f"; got {shown(given)}"
        if isinstance(given, (bool, int, float, str)) and problem["type"] != "value_error"
        else ""
    )
    return f"{path}: {where + ': ' if where else ''}{said}{got}"


def shown(value: Any) -> str:
    """Return a value as an error shows it: its beginning; Python writes no whole number of thousands of digits."""
    try:
        return f"{value!r:.80}"
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} of more digits or levels than are shown"


def place(content: Any, location: Sequence[Any]) -> str:
    """Return where in a suite file something is, a method by its id where it has one: ``methods.ours.params``."""
    parts = [str(part) for part in location]
    if len(location) > 1 and location[0] == "methods":
        with contextlib.suppress(KeyError, TypeError, IndexError):
            parts[1] = str(content["methods"][location[1]]["id"])
    return ".".join(parts)
