"""fbbench: the benchmark suite for fully binary training.

Neural networks trained with XNOR, popcount and increments alone, after Colombo, Pittorino, Roveri, *Training
multi-layer binary neural networks with random local binary error signals* (2025, arXiv:2412.00119).
"""

from importlib.metadata import PackageNotFoundError, version

from .encoders import MedianBinarizer
from .estimators import FullyBinaryClassifier
from .network import FullyBinaryNetwork

try:
    __version__ = version("fbbench")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["FullyBinaryClassifier", "FullyBinaryNetwork", "MedianBinarizer", "__version__"]
