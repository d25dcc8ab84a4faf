"""What a method looks like: its parameters, its words, its shapes."""

import sys

import numpy as np
from sklearn.base import clone

from fbbench.costs import total_bits

from ..parameters import OF_EVERY_METHOD, types_of
from ..protocol import Checked, reads_floats
from .subject import TASK, Failed, Skipped, expect


def check_parameters(subject):
    """It has the parameters that the runner sets, and clone gives an equal one."""
    parameters = subject.make().get_params()
    for name in ("epochs", "batch_size", "random_state"):
        expect(name in parameters, f"it must have a parameter {name!r}")
    expect(
        subject.make().input in ("bits", "binary", "float", "table"),
        f"input must be 'bits', 'float' or 'table'; got {subject.make().input!r}",
    )
    if not reads_floats(subject.make()):
        expect("n_bits" in parameters, "a method on bits must have a parameter n_bits: the runner gives packed rows")
    made = clone(subject.make(random_state=7))
    expect(made.get_params()["random_state"] == 7, "clone must keep parameters; set them in __init__ and nothing else")
    for name in ("version", "sample_divisor", "uses_floats", "width_step"):
        expect(hasattr(made, name), f"it must have an attribute {name!r}")


def check_source(subject):
    """Its module or class has a docstring of ten words at least; that it says where it comes from is for you to see."""
    module = sys.modules[subject.cls.__module__]
    text = f"{module.__doc__ or ''} {subject.cls.__doc__ or ''}"
    if sys.flags.optimize > 1:
        raise Skipped("Python was started with -OO, which drops docstrings")
    expect(subject.cls.__doc__, "the class must have a docstring: its first line stands in `fbbench list`")
    expect(len(text.split()) >= 10, "the docstrings must say what the method is and where it comes from")


def check_parameter_types(subject):
    """Parameters of a wrong type are refused before anything is trained."""
    classes = np.unique(subject.y)
    for name, (default, _) in types_of(subject.cls).items():
        if name in OF_EVERY_METHOD or isinstance(default, str):
            continue
        wrong = "no" if isinstance(default, bool) else True if isinstance(default, (int, float)) else {}
        try:
            subject.make(**{name: wrong}).partial_fit(subject.x, subject.y, classes=classes)
        except (ValueError, TypeError):
            continue
        except Exception as error:
            raise Failed(f"{name}={wrong!r} must be a ValueError; got {type(error).__name__}: {error}") from error
        raise Failed(
            f"{name}={wrong!r} was taken; call fbbench.baselines.parameters.check_parameters(self) before training, as "
            "BitsClassifier does, and annotate parameters whose default does not tell their type"
        )


def check_shapes(subject):
    """Shapes in words give parameters, and memory grows with the width, so that a budget can be matched."""
    if subject.cls.width_step is None:
        raise Skipped("it has no shape")
    costs = []
    for width in (subject.cls.width_step * factor for factor in (1, 2, 5, 11, 22)):
        shape = subject.cls.shape_params(subject.cls.shape_of_width(width))
        made = subject.make(**shape)
        if isinstance(made, Checked):
            made.check(TASK)
        costs.append(total_bits(made.memory(TASK)))
    expect(costs == sorted(set(costs)), f"memory must grow with the width; got {costs}")
