"""What a method is: a scikit-learn classifier that trains an epoch at a time, and says what it costs.

A method is one file of this folder that defines one class, or a class that another package names in the entry point
group ``fbbench.baselines``. :class:`Method` says what it must have; a base that has all of it but the model is
:class:`~fbbench.baselines.rows.BitsClassifier`. What a method may have beside that is a protocol of its own here, or an
attribute:

- ``widest``: the largest width tried when its memory is matched to a budget, else 32 768;
- ``floor``: the share of easy prototypes (four classes) that it must predict to pass the checks, else 0.6;
- ``ledger_not_measured``: why its ledger cannot be held against a measured peak, in words;
- ``own_gates``: kinds of gates that are not in :data:`fbbench.costs.GATES`, and why they cost that;
- ``reads_integers``: whether predicting adds or multiplies whole numbers of several bits beside counting ones, which
  makes it an integer method, no binary one;
- ``widths``: the :class:`Widths` of its weights and sums, in bits;
- ``row_by_row``: whether training changes weights with every row, not with a mini-batch;
- ``needs``: packages that it imports when it runs, and the extra of fbbench that installs each.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from fbbench.costs.cost import Parts

GROUP = "fbbench.baselines"
"""Entry points of any installed package that name a method: ``mine = "package.module:Class"``."""

HELPERS = (
    "__init__", "card", "float_layers", "int8_products", "labels", "packed", "parameters", "protocol", "purity",
    "rows", "template", "watch_floats", "weightless",
)  # fmt: skip
"""Files of this folder that are no methods."""


@dataclass(frozen=True)
class Task:
    """The shape of a problem, all that a cost depends on beside a method's own parameters.

    n_features: bits of a row. table_inputs: numbers of a row where the data are a table and a float method reads its
    numbers (see :meth:`fbbench.datasets.tables.TableSource.numbers_of`); 0 where they are none.
    """

    n_samples: int
    n_features: int
    n_classes: int
    table_inputs: int = 0


@dataclass(frozen=True)
class Widths:
    """Bits of a weight that learns, of a weight that predicts, and of the widest whole number that either adds up."""

    learning: int
    predicting: int
    widest: int


@runtime_checkable
class Method(Protocol):
    """What every method has, beside scikit-learn's ``fit``, ``get_params`` and ``set_params``.

    Attributes
    ----------
    input : "bits", "float" or "table"
        ``bits``: X is packed rows where ``n_bits`` is set, else +-1. ``float``: the data set's features as they are,
        ``table``: the numbers of a table, standardised.
    sample_divisor : int
        It trains on one of so many samples, because its features are wider.
    width_step : int or None
        Step of the widths tried when its memory is matched to a budget; None where it has no shape.
    uses_floats : bool
        Whether its training touches floating-point numbers.
    version : int
        Changed when the same parameters, or the defaults, start to give other results.
    batch_size, random_state : int
        Among its parameters.
    training_accuracy_ : float
        Of the last epoch.
    """

    input: Literal["bits", "float", "table"]
    sample_divisor: int
    width_step: int | None
    uses_floats: bool
    version: int
    batch_size: int
    random_state: int

    def partial_fit(self, X: np.ndarray, y: np.ndarray, classes: np.ndarray | None = None) -> Any:
        """Train one epoch more; the first call gets all classes."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted class of every row."""

    def memory(self, task: Task) -> Parts:
        """Return the bits of training in the paper's model, by part."""

    def ledger(self, task: Task) -> Parts:
        """Return the bits that training really holds, by part."""

    def gates(self, task: Task) -> Parts:
        """Return the gates of one mini-batch in the paper's model, by kind."""

    @staticmethod
    def shape_params(shape: str) -> dict:
        """Return the parameters of a shape in words such as "35_35"."""


@runtime_checkable
class Checked(Protocol):
    """A method that looks at its parameters before anything is run."""

    def check(self, task: Task) -> None:
        """Raise ValueError if a parameter is wrong for a task."""


@runtime_checkable
class Predicting(Protocol):
    """A method that says what predicting one sample with a trained model costs; empty where it does not."""

    def inference_memory(self, task: Task) -> Parts:
        """Return bits by part."""

    def inference_gates(self, task: Task) -> Parts:
        """Return gates by kind."""


@runtime_checkable
class WithZeros(Protocol):
    """A method whose signs may be 0."""

    def zero_gates(self, task: Task) -> Parts:
        """Return the gates of a mini-batch that its planes of zeros take beside ``gates``, by kind."""


@runtime_checkable
class Counted(Protocol):
    """A method that counts all that a mini-batch executes, for gates that were synthesized."""

    def operations(self, task: Task) -> Parts:
        """Return the operations of a mini-batch at most, by kind, see :data:`fbbench.costs.CIRCUITS`; empty where they
        are not counted."""


@runtime_checkable
class Resumable(Protocol):
    """A method that can be stopped between two epochs and goes on, bit for bit."""

    def checkpoint(self) -> dict[str, np.ndarray]:
        """Return its state as named plain arrays."""

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there; the parameters are the same."""


@runtime_checkable
class Hashed(Protocol):
    """A method whose state has a hash that is the same on every machine."""

    def state_hash(self) -> str:
        """Return it."""


def reads_floats(method) -> bool:
    """Return whether a method is given floats, a data set's features or a table's numbers, in place of bits."""
    return method.input in ("float", "table")


def zeros_of(method, task: Task) -> float:
    """Return the gates of a mini-batch that a method takes for its planes of zeros; 0 if it has none."""
    return sum(method.zero_gates(task).values()) if isinstance(method, WithZeros) else 0


def numbers_of(method) -> Literal["binary", "integer", "float"]:
    """Return of what numbers a method is made.

    float: its training touches floats; integer: it reads whole numbers of several bits when it predicts; binary: bits,
    counts of bits, and counters that are counted up and down.
    """
    if method.uses_floats:
        return "float"
    return "integer" if getattr(method, "reads_integers", False) else "binary"


def needs_of(kind) -> Mapping[str, str]:
    """Return the packages that a class of method imports when it runs, with the extra that installs each."""
    return getattr(kind, "needs", {})


TAKEN = {}
"""Entry points whose name another method has already, which is the one that is used."""


def known_methods():
    """Return where every method lives by its name: a file of this folder, or an entry point of another package.

    Nothing is imported yet, so that torch is loaded only for a float method.
    """
    files = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    found = {name: f"{__package__}.{name}" for name in files if name not in HELPERS}
    for entry in importlib.metadata.entry_points(group=GROUP):
        if found.setdefault(entry.name, entry.value) != entry.value:
            TAKEN[entry.name] = entry.value
    return found


METHODS = known_methods()


def method_class(name):
    """Return the class of the method called ``name``.

    Raises
    ------
    ValueError
        If there is none, or its module has no class or several that could be meant.
    ImportError
        If its module, or what that needs, cannot be imported.
    """
    if name not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {name!r}")
    module, _, attribute = METHODS[name].partition(":")
    try:
        loaded = importlib.import_module(module)
    except ImportError:
        raise
    except Exception as error:  # of a stranger's module; the others are fine
        raise ImportError(
            f"method {name!r} cannot be loaded from {METHODS[name]}: {type(error).__name__}: {error}"
        ) from error
    if attribute:
        found = getattr(loaded, attribute, None)
        if not inspect.isclass(found):
            raise ValueError(f"method {name!r}: {module} has no class {attribute}, which its entry point names")
        return found
    classes = [
        value for value in vars(loaded).values()
        if inspect.isclass(value) and value.__module__ == module and hasattr(value, "memory")
    ]  # fmt: skip
    if len(classes) != 1:
        raise ValueError(f"{module} must define one class with fit, predict, memory and gates; it has {len(classes)}")
    return classes[0]
