"""Types of a method's parameters, and the check that holds every value against them, strictly.

A method says what a parameter is by its annotation, of a field (see :data:`method`) or in a constructor of its own
(``robustness: Share = 0.25``); where it says nothing, the type of the default counts. A whole number is no float and no
boolean, a text is no boolean; a float may be written as a whole number. One training has one way to be written, so that
it has one cell.
"""

import dataclasses
import functools
import inspect
import typing
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

MOST = (1 << 62) - 1


WORDS = {
    "Input should be": "must be", "a valid number": "a number", "a valid integer": "a whole number",
    "a valid boolean": "true or false", "a valid list": "a list", "a valid string": "text",
}  # fmt: skip


def one_of(*values):
    """Return what accepts some values only."""

    def check(value):
        if value not in values:
            raise ValueError(f"must be {' or '.join(map(str, values))}")
        return value

    return AfterValidator(check)


Count = Annotated[int, Field(ge=1, le=MOST)]
Whole = Annotated[int, Field(ge=0, le=MOST)]
Seed = Annotated[int, Field(ge=0, le=(1 << 64) - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Widths = Annotated[list[Count], Field(min_length=1)]
GroupSize = Literal["published"] | Count | Widths
HiddenBits = Annotated[int, one_of(8, 16)]
Committee = Annotated[list[Count], Field(min_length=2, max_length=2)]
Committees = Annotated[list[Committee], Field(min_length=1)]
Arithmetic = Literal["binary", "ternary"]


method = functools.partial(dataclasses.dataclass, kw_only=True, eq=False, repr=False)
"""Decorates a method: its parameters are typed fields (``robustness: Share = 0.25``), of which the constructor is made;
scikit-learn's ``get_params`` and ``clone`` read that. What has no annotation is no parameter."""


def positional(default):
    """Return a field that a constructor takes by position, too."""
    return dataclasses.field(default=default, kw_only=False)


OF_EVERY_METHOD = {"epochs": Count, "batch_size": Count, "random_state": Seed, "n_bits": Count | None}
"""What the runner sets."""


@functools.cache
def types_of(cls):
    """Return (default, pydantic adapter) of every parameter of a method's constructor, by name."""
    try:
        hints = typing.get_type_hints(cls.__init__, include_extras=True)
    except NameError:  # annotations for a type checker's eyes alone
        hints = {}
    types = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name == "self" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        kind = literal(hints.get(name, OF_EVERY_METHOD.get(name, kind_of_default(parameter.default))))
        types[name] = parameter.default, TypeAdapter(kind, config=ConfigDict(strict=True, arbitrary_types_allowed=True))
    return types


def literal(kind):
    """Return a type whose literals are of their own type: pydantic takes true and 1.0 for Literal[1]."""
    if typing.get_origin(kind) is not Literal:
        return kind
    values = typing.get_args(kind)

    def check(value):
        if not any(type(value) is type(one) and value == one for one in values):
            raise ValueError(f"must be {' or '.join(map(repr, values))}")
        return value

    return Annotated[kind, BeforeValidator(check)]


def kind_of_default(default):
    """Return the type that a default tells of its parameter; anything where it tells nothing."""
    if default is None or default is inspect.Parameter.empty:
        return typing.Any
    if isinstance(default, (list, tuple)):
        kinds = {type(plain(item)) for item in default}
        return list[kinds.pop()] if len(kinds) == 1 else list
    return type(default) if isinstance(default, (bool, int, float, str, dict)) else typing.Any


def plain(value):
    """Return a value as TOML would give it: scalars of NumPy as Python's, tuples and arrays as lists."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def checked_parameters(cls, params):
    """Return parameters of a method as they are written in one way only: 0, 0.0 and -0.0 of a float are 0.0.

    Raises
    ------
    ValueError
        If one has a wrong type or value; the message names it, what it must be, and what was given.
    """
    types, written = types_of(cls), {}
    for name, value in params.items():
        if name not in types:
            raise ValueError(f"{cls.__name__} has no parameter {name!r}; it has {', '.join(types)}")
        default, adapter = types[name]
        if value is None and default is None:
            written[name] = None
            continue
        try:
            found = adapter.validate_python(plain(value))
        except ValidationError as error:
            raise ValueError(f"{name} {said(error)}; got {shown(value)}") from None
        written[name] = found + 0.0 if isinstance(found, float) else found
    return written


def check_parameters(estimator):
    """Raise ValueError, see :func:`checked_parameters`, if a parameter of an estimator is wrong."""
    checked_parameters(type(estimator), estimator.get_params(deep=False))


def said(error):
    """Return what is wrong by pydantic: "must be a valid integer"; several where any of several types would do."""
    texts = (problem["msg"].removeprefix("Value error, ") for problem in error.errors())
    for formal, plain_word in WORDS.items():
        texts = [text.replace(formal, plain_word) for text in texts]
    return " or ".join(dict.fromkeys(texts))


def shown(value):
    """Return a value as a suite shows it: true and false as TOML writes them."""
    return str(value).lower() if isinstance(value, bool) else f"{value!r:.60}"
