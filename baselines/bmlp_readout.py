"""The BMLP with another read-out than the published one; trained by arXiv:2412.00119, the read-outs are ours."""

import itertools
from typing import Literal

from fbbench.costs import perceptron_gates, perceptron_ledger, perceptron_memory
from fbbench.costs.gates import GATES
from fbbench.perceptron import PIECE

from .bmlp import MultiLayerBinary
from .parameters import GroupSize, HiddenBits, Scale, Share, Widths

READER = {"n_units": 0, "fan_in": 1}


class ReadOut(MultiLayerBinary):
    """BMLP (arXiv:2412.00119) whose predictions come from all layers' classifiers, from pre-activations, or from an
    averaged integer perceptron on the hidden bits.

    Parameters
    ----------
    readout : "vote", "preactivation", "perceptron" or "last"
        As in :class:`fbbench.FullyBinaryNetwork`; the other parameters too. Strictly +-1, fixed classifiers.
    """

    version = 1

    def __init__(
        self, hidden_layers: Widths = (35, 35), *,
        readout: Literal["vote", "preactivation", "perceptron", "last"] = "vote", group_size: GroupSize = "published",
        robustness: Share = 0.25, reinforcement: Scale = 0.5, hidden_bits: HiddenBits = 8, epochs=50, batch_size=100,
        random_state=0, n_bits=None,
    ):  # fmt: skip
        super().__init__(
            hidden_layers, group_size=group_size, robustness=robustness, reinforcement=reinforcement,
            hidden_bits=hidden_bits, epochs=epochs, batch_size=batch_size, random_state=random_state, n_bits=n_bits,
        )  # fmt: skip
        self.readout = readout

    def _network_parameters(self, n_inputs, n_classes):
        return {**super()._network_parameters(n_inputs, n_classes), "readout": self.readout}

    def _n_read(self):
        return sum(self.hidden_layers)

    def memory(self, task):
        """Return bits by part: the paper's model; a perceptron's weights and their sums; all classifiers of a vote."""
        parts = super().memory(task)
        if self.readout == "perceptron":
            reader = perceptron_memory(0, self._n_read(), task.n_classes, n_pairs=0, **READER)
            return {**parts, "read-out": reader["weights"] + reader["sums of weights"]}
        if self.readout == "vote":
            return {**parts, "local classifier": self._n_read() * task.n_classes}
        return parts

    def ledger(self, task):
        """Return the bits that are really held, by part; a perceptron reads rows in pieces, unpacked and packed."""
        parts = super().ledger(task)
        if self.readout != "perceptron":
            return parts
        reader = perceptron_ledger(0, self._n_read(), task.n_classes, **READER)
        rows = min(PIECE, task.n_samples)
        pieces = rows * (2 * task.n_features + (8 + 8 + 16 + 3) * self._n_read()) + 2 * 64 * task.n_samples
        return {**parts, "read-out": sum(reader.values()), "pieces of activations": pieces}

    def gates(self, task):
        """Return the gates of one mini-batch by kind; a perceptron reads once more what the layers say of a row."""
        gates = super().gates(task)
        if self.readout == "perceptron":
            elements = sum(a * b for a, b in itertools.pairwise(self._sizes(task)))
            forward = {kind: GATES[kind] * elements for kind in ("XNOR", "popcount")}
            reader = perceptron_gates(self._n_read(), task.n_classes, self.batch_size, n_pairs=0, **READER)
            for kind in {*forward, *reader}:
                gates[kind] = gates.get(kind, 0) + self.batch_size * forward.get(kind, 0) + reader.get(kind, 0)
        return gates

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        parts = super().inference_memory(task)
        if self.readout == "vote":
            parts["classifier"] = self._n_read() * task.n_classes
        if self.readout == "perceptron":
            parts["classifier"] = 16 * self._n_read() * task.n_classes
        return parts

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind: a pre-activation has 16 bits, a summed weight too."""
        gates, last = super().inference_gates(task), self.hidden_layers[-1] * task.n_classes
        if self.readout == "vote":
            more = (self._n_read() - self.hidden_layers[-1]) * task.n_classes
            return {kind: count + GATES[kind] * more for kind, count in gates.items()}
        if self.readout in ("preactivation", "perceptron"):
            read = last if self.readout == "preactivation" else self._n_read() * task.n_classes
            return {
                "XNOR": gates["XNOR"] + GATES["XNOR"] * (16 * read - last),
                "popcount": gates["popcount"] - GATES["popcount"] * last,
                "integer add": GATES["integer add"] * 16 * read,
            }
        return gates
