"""Kinds of a thing, one file each: what there is follows from the files that are there."""

import importlib
import pkgutil
from typing import Any


def found_in(package: str, path: Any, base: type) -> dict[str, Any]:
    """Return the subclasses of ``base`` that have a name, by it; the modules of a package define them.

    Parameters
    ----------
    package : str
    path : sequence of str
        The package's ``__path__``.
    base : type
    """
    kinds: dict[str, Any] = {}
    for module in pkgutil.iter_modules(path):
        for kind in vars(importlib.import_module(f"{package}.{module.name}")).values():
            if isinstance(kind, type) and issubclass(kind, base) and (name := vars(kind).get("name")):
                kinds[name] = kind
    return dict(sorted(kinds.items(), key=lambda pair: pair[1].place))
