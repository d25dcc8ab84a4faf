"""The BMLP with another read-out than the published one; trained by arXiv:2412.00119, the read-outs are ours."""

from typing import Literal

from fbbench.network.readouts import READOUTS

from .packed import LayeredNetwork
from .parameters import method
from .protocol import Widths


@method
class ReadOut(LayeredNetwork):
    """BMLP (arXiv:2412.00119) whose predictions come from all layers' classifiers, from pre-activations, or from an
    averaged integer perceptron on the hidden bits.

    Parameters
    ----------
    readout : "vote", "preactivation", "perceptron" or "last"
        As in :class:`fbbench.FullyBinaryNetwork`; the other parameters too. Strictly +-1, fixed classifiers.
    """

    readout: Literal[tuple(READOUTS)] = "vote"

    version = 1

    @property
    def reads_integers(self):
        """Whether pre-activations, or sums of weights, of several bits are read."""
        return self.readout in ("preactivation", "perceptron")

    @property
    def widths(self):
        """Beside those of the network, a perceptron's int8 weights, whose sums of 16 bits predict."""
        own = super().widths
        return Widths(own.learning, 16, 64) if self.readout == "perceptron" else own

    def costs(self, task):
        return READOUTS[self.readout].charged(super().costs(task), self.shape(task))
