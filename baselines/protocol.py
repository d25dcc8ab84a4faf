"""What a method is: a scikit-learn classifier that trains an epoch at a time, and says what it costs.

A method is one file of this folder that defines one class, or a class that another package names in the entry point
group ``fbbench.baselines``. It has

- ``fit(X, y)``, ``partial_fit(X, y, classes=None)`` (one epoch) and ``predict(X)`` as in scikit-learn, with
  ``random_state`` and ``batch_size`` among its parameters;
- ``memory(task)``: bits by part in the paper's model; ``ledger(task)``: bits by part that the implementation really
  holds; ``gates(task)``: gates of one mini-batch by kind;
- ``zero_gates(task)``, if it has it: gates by kind that its arithmetic takes beside ``gates``, the paper's model, as
  its signs may be 0; empty where they may not;
- ``inference_memory(task)`` and ``inference_gates(task)``, if it has them: bits by part, and gates by kind, of
  predicting one sample with a trained model;
- ``input``: ``"bits"`` (X is packed rows where ``n_bits`` is set, else +-1) or ``"float"``;
- ``sample_divisor``: it trains on one of so many samples, because its features are wider;
- ``shape_params(shape)``: its parameters for a shape in words such as "35_35"; ``shape_of_width(width)`` and
  ``width_step``: the shapes tried when its memory is matched to a budget; ``width_step`` is None where it has no shape;
  ``widest``, if it has it: the largest width tried, else 32 768;
- ``uses_floats``: whether its training touches floating-point numbers;
- ``floor``, if it has it: the share of easy prototypes (four classes) that it must predict, else 0.6;
- ``ledger_not_measured``, if it has it: why its ledger cannot be held against a measured peak, in words;
- ``own_gates``, if it has it: kinds of gates that are not in :data:`fbbench.costs.GATES`, and why they cost that;
- ``needs``, if it has it: packages that it imports when it runs, and the extra of fbbench that installs each;
- ``version``: changed when the same parameters, or the defaults, start to give other results;
- ``check(task)``, if it has it: raises ValueError if its parameters are wrong for a task, before anything is run;
- ``checkpoint()`` and ``restore(arrays)``, if it has them: its state between two epochs as a dict of named plain
  arrays, and how an estimator of the same parameters goes on from there, bit for bit.
"""

import importlib
import importlib.metadata
import inspect
from dataclasses import dataclass
from pathlib import Path

GROUP = "fbbench.baselines"
"""Entry points of any installed package that name a method: ``mine = "package.module:Class"``."""

HELPERS = (
    "__init__", "card", "checks", "labels", "packed", "parameters", "protocol", "rows", "template", "watch_floats",
)  # fmt: skip
"""Files of this folder that are no methods."""


@dataclass(frozen=True)
class Task:
    """The shape of a problem, all that a cost depends on beside a method's own parameters."""

    n_samples: int
    n_features: int
    n_classes: int


def zeros_of(method, task):
    """Return the gates of a mini-batch that a method takes for its planes of zeros; 0 if it has none."""
    return sum(method.zero_gates(task).values()) if hasattr(method, "zero_gates") else 0


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
    loaded = importlib.import_module(module)
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
