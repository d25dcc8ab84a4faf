"""fbbench: the benchmark suite for fully binary training.

Neural networks trained with XNOR, popcount and increments alone, after Colombo, Pittorino, Roveri, *Training
multi-layer binary neural networks with random local binary error signals* (2025, arXiv:2412.00119).
"""

import importlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
if not (HERE / "baselines").is_dir():
    __path__.append(str(HERE.parent))  # in a clone the methods lie beside this package; installed, they lie in it

HOMES = {
    "FullyBinaryClassifier": "estimators",
    "FullyBinaryNetwork": "network",
    "MajorityPerceptron": "perceptron",
    "MedianBinarizer": "encoders",
    "SignOneHotEncoder": "encoders",
    "SignPerceptron": "sign_perceptron",
    "ThermometerEncoder": "encoders",
}
"""Where the public names live. They are imported when asked for: scikit-learn alone takes half a second."""

try:
    __version__ = version("fbbench")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__", *HOMES]


def __getattr__(name):
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{HOMES[name]}", __name__), name)


def __dir__():
    return sorted(__all__)
