"""The single-layer fully binary method: a committee of perceptrons trained by CP+R.

Baldassi, *Generalization learning in a perceptron with binary synapses*, J. Stat. Phys. 136 (2009) 902,
arXiv:1211.3024, in the multi-class form that the paper compares with (arXiv:2412.00119, section 4.3).
"""

from fbbench.costs import (
    binary_gates,
    binary_inference_gates,
    binary_inference_memory,
    binary_ledger,
    committee_memory,
    zero_gates,
)
from fbbench.shapes import parse_shape

from .packed import PackedClassifier
from .parameters import Arithmetic, Committees, HiddenBits, Scale, Share


def added(parts):
    """Return gates by kind, summed over several."""
    total = {}
    for gates in parts:
        for kind, count in gates.items():
            total[kind] = total.get(kind, 0) + count
    return total


class SingleLayerCommittee(PackedClassifier):
    """Single-layer fully binary method: a committee of perceptrons trained by CP+R.

    K1 units stand in K2 groups; a fixed random classifier reads the majority of every group.

    Parameters
    ----------
    committees : sequence of (n_units, n_groups)
        One committee, e.g. ``[(44, 4)]``, or several: the units of one feed the next.
    robustness, reinforcement, hidden_bits, arithmetic, random_state, n_bits
        As in :class:`fbbench.FullyBinaryNetwork` and :class:`~fbbench.baselines.packed.PackedClassifier`.
    """

    version = 1

    def __init__(
        self,
        committees: Committees = ((44, 4),),
        *,
        robustness: Share = 0.25,
        reinforcement: Scale = 0.5,
        hidden_bits: HiddenBits = 8,
        arithmetic: Arithmetic = "binary",
        epochs=50,
        batch_size=100,
        random_state=0,
        n_bits=None,
    ):
        self.committees = committees
        self.robustness = robustness
        self.reinforcement = reinforcement
        self.hidden_bits = hidden_bits
        self.arithmetic = arithmetic
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_bits = n_bits

    def _network_parameters(self, n_inputs, n_classes):
        for n_units, n_groups in self.committees:
            if n_groups < 1 or n_units % n_groups:
                raise ValueError(f"committees must have units that divide into their groups; got {n_units}, {n_groups}")
        return {
            "layer_sizes": (n_inputs, *(n_units for n_units, _ in self.committees)),
            "n_classes": n_classes,
            "group_size": [n_units // n_groups for n_units, n_groups in self.committees],
            "robustness": self.robustness,
            "reinforcement": self.reinforcement,
            "hidden_bits": self.hidden_bits,
            "arithmetic": self.arithmetic,
            "seed": self.random_state,
            "committee": True,
        }

    def _stages(self, n_features):
        inputs = [n_features, *(n_units for n_units, _ in self.committees)]
        return [(inputs[i], n_units, n_groups) for i, (n_units, n_groups) in enumerate(self.committees)]

    @staticmethod
    def shape_params(shape):
        """Return the parameters of a shape such as ``"44_4"``: the units and groups of one committee, or of several."""
        numbers = parse_shape(shape)
        if len(numbers) % 2:
            raise ValueError(f"a committee's shape must be pairs units_groups; got {shape!r}")
        return {"committees": [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]}

    width_step = 11

    @staticmethod
    def shape_of_width(width):
        """Return the shape tried for a width when a budget is matched: groups of eleven, as published."""
        return f"{width}_{width // 11}"

    def memory(self, task):
        """Return the paper's memory model in bits by part."""
        return committee_memory(task.n_samples, self._stages(task.n_features), task.n_classes, self.batch_size)

    def ledger(self, task):
        """Return the bits that this implementation really holds, by part."""
        return binary_ledger(
            task.n_samples,
            (task.n_features, *(n_units for n_units, _ in self.committees)),
            task.n_classes,
            self.batch_size,
            group_sizes=[n_units // n_groups for n_units, n_groups in self.committees],
            hidden_bits=self.hidden_bits,
            ternary=self.arithmetic == "ternary",
            committee=True,
        )

    def gates(self, task):
        """Return the paper's gate model of one mini-batch, by kind, summed over the committees."""
        return added(
            binary_gates(stage, task.n_classes, self.batch_size, local_classifiers=False)
            for stage in self._stages(task.n_features)
        )

    def zero_gates(self, task):
        """Return the gates of a mini-batch that the planes of zeros take beside the paper's model, by kind."""
        if self.arithmetic == "binary":
            return {}
        return added(
            zero_gates(stage, task.n_classes, self.batch_size, local_classifiers=False, zeros_in_input=number > 0)
            for number, stage in enumerate(self._stages(task.n_features))
        )

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part: only the last committee has a majority."""
        sizes = (task.n_features, *(n_units for n_units, _ in self.committees))
        ternary, reads = self.arithmetic == "ternary", self.committees[-1][1]
        return binary_inference_memory(sizes, task.n_classes, ternary=ternary, committee_reads=reads)

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind; the grouping is charged like any matrix."""
        sizes = (task.n_features, *(n_units for n_units, _ in self.committees), self.committees[-1][1])
        return binary_inference_gates(sizes, task.n_classes)
