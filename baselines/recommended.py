"""The recommended float-free network: fixed random units and an integer averaged perceptron. ``docs/beyond.md``."""

from fbbench.costs import (
    Costs,
    perceptron_gates,
    perceptron_inference_gates,
    perceptron_inference_memory,
    perceptron_ledger,
    perceptron_memory,
    perceptron_operations,
)
from fbbench.perceptron import MajorityPerceptron
from fbbench.random_units import FAN_IN, recommended_pairs

from .packed import PackedClassifier
from .parameters import Count, Whole, method, positional
from .protocol import Widths
from .rows import Knob, Sized


@method
class Recommended(PackedClassifier, Sized):
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
    reads_integers = True
    row_by_row = True
    knob = Knob("n_units", largest=1 << 18)

    n_units: Whole = positional(1000)
    epochs: Count = 10

    def _size(self):
        return {
            "n_units": self.n_units,
            "n_pairs": recommended_pairs(self.n_units),
            "fan_in": FAN_IN,
        }

    widths = Widths(8, 16, 64)

    def network_parameters(self, n_inputs, n_classes):
        named = {"n_inputs": n_inputs, "n_classes": n_classes, "epochs": self.epochs, "seed": self.random_state}
        return self.network_class.parameters_of(**named, **self._size())

    def _train(self, rows, labels):
        return self.network_.train_epoch(rows, labels)

    def costs(self, task):
        """In the spirit of the paper's model; gates are those of ``batch_size`` rows."""
        of, size = (task.n_features, task.n_classes), self._size()
        return Costs(
            memory=perceptron_memory(task.n_samples, *of, **size),
            ledger=perceptron_ledger(task.n_samples, *of, n_units=self.n_units, fan_in=FAN_IN),
            gates=perceptron_gates(*of, self.batch_size, **size),
            inference_memory=perceptron_inference_memory(*of, **size),
            inference_gates=perceptron_inference_gates(*of, **size),
            operations=perceptron_operations(*of, self.batch_size, **size, n_samples=task.n_samples),
        )
