"""What is made of checked parameters: networks and perceptrons."""

from __future__ import annotations

import dataclasses
import operator
from typing import TYPE_CHECKING, Any


class FromParameters:
    """Base of what is made of parameters. A subclass says of which kind (``parameters_class``, a frozen dataclass that
    checks itself), what else follows from them (``derived``, properties of that class), and how it begins (``_begin``).
    All of that are attributes that cannot be set: ``parameters`` alone decides.
    """

    parameters_class: type
    derived: tuple[str, ...] = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if not hasattr(cls, "parameters_class"):  # a base of several
            return
        for name in (*(field.name for field in dataclasses.fields(cls.parameters_class)), *cls.derived):
            if not hasattr(cls, name):
                setattr(cls, name, property(operator.attrgetter(f"parameters.{name}")))

    @classmethod
    def parameters_of(cls, **parameters: Any) -> Any:
        """Return the parameters of a constructor's arguments, by name; its errors, without drawing anything."""
        return cls.parameters_class(**parameters)

    @classmethod
    def of(cls, parameters: Any) -> Any:
        """Make one of parameters."""
        made = cls.__new__(cls)
        made._begin(parameters)
        return made

    def _begin(self, parameters: Any) -> None:
        """Draw the start state of parameters."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it begins")
