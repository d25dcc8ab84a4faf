"""The recommended float-free network: fixed random units and an integer averaged perceptron. ``docs/beyond.md``."""

from fbbench.costs import (
    perceptron_gates,
    perceptron_inference_gates,
    perceptron_inference_memory,
    perceptron_ledger,
    perceptron_memory,
)
from fbbench.perceptron import FAN_IN, MajorityPerceptron, recommended_pairs
from fbbench.shapes import parse_shape

from .packed import PackedClassifier
from .parameters import Whole


class Recommended(PackedClassifier):
    """Random majority and XNOR units, fixed, and an integer averaged perceptron with margin that reads them and the
    inputs (:class:`fbbench.MajorityPerceptron`): not in the paper, float-free, recommended.

    Parameters
    ----------
    n_units : int
        How many units: all of a recipe's size. A quarter are XNORs of two inputs, the others majorities of five.
    epochs : int
        Passes; margin and averaging follow from them.
    batch_size : int
        Rows that the gates are counted for; training takes rows one by one.
    """

    network_class = MajorityPerceptron
    version = 1
    width_step = 1
    widest = 1 << 18

    def __init__(self, n_units: Whole = 1000, *, epochs=10, batch_size=100, random_state=0, n_bits=None):
        self.n_units = n_units
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    @staticmethod
    def shape_params(shape):
        """Return the parameters of a shape: one number, of units."""
        numbers = parse_shape(shape)
        if len(numbers) != 1:
            raise ValueError(f"a shape must be one number of units such as '1000'; got {shape!r}")
        return {"n_units": numbers[0]}

    @staticmethod
    def shape_of_width(width):
        """Return the shape tried for a width when a budget is matched: so many units."""
        return str(width)

    def _size(self):
        return {
            "n_units": self.n_units,
            "n_pairs": recommended_pairs(self.n_units),
            "fan_in": FAN_IN,
        }

    def _network_parameters(self, n_inputs, n_classes):
        named = {"n_inputs": n_inputs, "n_classes": n_classes, "epochs": self.epochs, "seed": self.random_state}
        return {**named, **self._size()}

    def _train(self, rows, labels):
        return self.network_.train_epoch(rows, labels)

    def memory(self, task):
        """Return bits by part, in the spirit of the paper's model."""
        return perceptron_memory(task.n_samples, task.n_features, task.n_classes, **self._size())

    def ledger(self, task):
        """Return the bits that this implementation really holds, by part."""
        return perceptron_ledger(task.n_samples, task.n_features, task.n_classes, n_units=self.n_units, fan_in=FAN_IN)

    def gates(self, task):
        """Return the gates of ``batch_size`` rows by kind, in the spirit of the paper's model."""
        return perceptron_gates(task.n_features, task.n_classes, self.batch_size, **self._size())

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        return perceptron_inference_memory(task.n_features, task.n_classes, **self._size())

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        return perceptron_inference_gates(task.n_features, task.n_classes, **self._size())
