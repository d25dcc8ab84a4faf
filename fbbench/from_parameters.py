"""What is made of checked parameters: networks and perceptrons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


class FromParameters:
    """Base of what is made of parameters. A subclass says of which kind (``parameters_class``, a frozen dataclass that
    checks itself), and how it begins (``_begin``)."""

    parameters_class: type

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

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

    def _take(self, parameters: Any, names: Any) -> None:
        """Have parameters, and those of their values that have these names as attributes."""
        self.parameters = parameters
        for name in names:
            setattr(self, name, getattr(parameters, name))
