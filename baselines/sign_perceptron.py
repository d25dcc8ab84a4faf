"""The strictly binary network: random units and a perceptron whose weights are bits. ``docs/binary.md``."""

from typing import Annotated

from pydantic import Field

from fbbench.costs import sign_costs
from fbbench.random_units import FAN_IN, recommended_pairs
from fbbench.sign_perceptron import SignPerceptron

from .packed import PackedClassifier
from .parameters import Count, Whole, method, positional
from .protocol import Widths
from .rows import Knob, Sized


@method
class OneBit(PackedClassifier, Sized):
    """Random XNOR and majority units, and a perceptron that reads them and the inputs, whose weights are bits
    (:class:`fbbench.SignPerceptron`): XNOR, popcount and increments alone; not in the paper.

    Parameters
    ----------
    n_units : int
        How many units: all of a recipe's size. A quarter are XNORs of two inputs, the others majorities of five.
    planes : int
        Bits of a weight that predicts: 1, the majority of its votes, up to 15, their sum.
    epochs : int
        Passes; units are drawn anew in the first half of them, votes counted in the last.
    batch_size : int
        Rows that the gates are counted for; training takes rows one by one.
    """

    network_class = SignPerceptron
    version = 1
    row_by_row = True
    knob = Knob("n_units", largest=500_000)  # with 20 000 inputs, what kernels read

    n_units: Whole = positional(1000)
    planes: Annotated[int, Field(ge=1, le=15)] = 1
    epochs: Count = 20

    def _size(self):
        return {"n_units": self.n_units, "n_pairs": recommended_pairs(self.n_units), "fan_in": FAN_IN}

    @property
    def reads_integers(self):
        """Whether several planes are summed: so many thresholds of a vote are a weight of several bits."""
        return self.planes > 1

    @property
    def widths(self):
        """Hidden weights of int8; scores are counts of 64 bits in the kernels, of which a score fills 20."""
        return Widths(8, self.planes, 64)

    def network_parameters(self, n_inputs, n_classes):
        named = {"n_inputs": n_inputs, "n_classes": n_classes, "epochs": self.epochs, "planes": self.planes}
        return self.network_class.parameters_of(**named, **self._size(), seed=self.random_state)

    def _train(self, rows, labels):
        return self.network_.train_epoch(rows, labels)

    def costs(self, task):
        """In the spirit of the paper's model; gates are those of ``batch_size`` rows."""
        of = task.n_samples, task.n_features, task.n_classes
        return sign_costs(*of, self.batch_size, **self._size(), planes=self.planes)
