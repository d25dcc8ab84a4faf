"""What a method is: a scikit-learn classifier that trains an epoch at a time, and says what it costs.

A method is a class with

- ``fit(X, y)``, ``partial_fit(X, y, classes=None)`` (one epoch) and ``predict(X)`` as in scikit-learn, with
  ``random_state`` and ``batch_size`` among its parameters;
- ``memory(task)``: bits by part in the paper's model; ``ledger(task)``: bits by part that the implementation really
  holds; ``gates(task)``: gates of one mini-batch by kind;
- ``inference_memory(task)`` and ``inference_gates(task)``, if it has them: bits by part, and gates by kind, of
  predicting one sample with a trained model;
- ``input``: ``"bits"`` (X is packed rows where ``n_bits`` is set, else +-1) or ``"float"``;
- ``sample_divisor``: it trains on one of so many samples, because its features are wider;
- ``shape_params(shape)``: its parameters for a shape in words such as "35_35"; ``shape_of_width(width)`` and
  ``width_step``: the shapes tried when its memory is matched to a budget;
- ``needs``, if it has it: packages that it imports when it runs, and the extra of fbbench that installs each;
- ``version``: changed when the same parameters, or the defaults, start to give other results;
- ``check(task)``, if it has it: raises ValueError if its parameters are wrong for a task, before anything is run;
- ``checkpoint()`` and ``restore(arrays)``, if it has them: its state between two epochs as a dict of named plain
  arrays, and how an estimator of the same parameters goes on from there, bit for bit.
"""

import importlib
from dataclasses import dataclass

METHODS = {
    "bmlp": "baselines.bmlp:MultiLayerBinary",
    "single_layer": "baselines.single_layer:SingleLayerCommittee",
    "float_mlp": "baselines.float_mlp:FloatMLP",
}
"""Where every method lives; imported when it is asked for, so that torch is loaded only for a float method."""


@dataclass(frozen=True)
class Task:
    """The shape of a problem, all that a cost depends on beside a method's own parameters."""

    n_samples: int
    n_features: int
    n_classes: int


def method_class(name):
    """Return the class of the method called ``name``; ValueError if there is none."""
    if name not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {name!r}")
    module, attribute = METHODS[name].split(":")
    return getattr(importlib.import_module(module), attribute)
