"""The single-layer fully binary method: a committee of perceptrons trained by CP+R.

Baldassi, *Generalization learning in a perceptron with binary synapses*, J. Stat. Phys. 136 (2009) 902,
arXiv:1211.3024, in the multi-class form that the paper compares with (arXiv:2412.00119, section 4.3).
"""

from fbbench.costs import (
    Costs,
    NetworkShape,
    added,
    binary_gates,
    binary_inference_gates,
    binary_inference_memory,
    binary_ledger,
    committee_memory,
    committee_operations,
    zero_gates,
)
from fbbench.shapes import parse_shape

from .packed import PackedClassifier
from .parameters import Arithmetic, Committees, HiddenBits, Scale, Share, method, positional
from .protocol import Widths


@method
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

    committees: Committees = positional(((44, 4),))
    robustness: Share = 0.25
    reinforcement: Scale = 0.5
    hidden_bits: HiddenBits = 8
    arithmetic: Arithmetic = "binary"

    @property
    def widths(self):
        """As those of a network of several layers."""
        return Widths(self.hidden_bits, 2 if self.arithmetic == "ternary" else 1, 16)

    def network_parameters(self, n_inputs, n_classes):
        for n_units, n_groups in self.committees:
            if n_groups < 1 or n_units % n_groups:
                raise ValueError(f"committees must have units that divide into their groups; got {n_units}, {n_groups}")
        return self.network_class.parameters_of(
            layer_sizes=(n_inputs, *(n_units for n_units, _ in self.committees)), n_classes=n_classes,
            group_size=[n_units // n_groups for n_units, n_groups in self.committees], committee=True,
            robustness=self.robustness, reinforcement=self.reinforcement, hidden_bits=self.hidden_bits,
            arithmetic=self.arithmetic, seed=self.random_state,
        )  # fmt: skip

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

    def costs(self, task):
        """The paper's model, gates summed over the committees; to predict, only the last one has a majority, and its
        grouping is charged like any matrix."""
        stages, ternary = self._stages(task.n_features), self.arithmetic == "ternary"
        n_classes, batch_size, reads = task.n_classes, self.batch_size, self.committees[-1][1]
        sizes = (task.n_features, *(n_units for n_units, _ in self.committees))
        shape = NetworkShape(
            n_samples=task.n_samples, layer_sizes=sizes, n_classes=n_classes, batch_size=batch_size,
            group_sizes=tuple(n_units // n_groups for n_units, n_groups in self.committees),
            hidden_bits=self.hidden_bits, ternary=ternary,
        )  # fmt: skip
        zeros = [
            zero_gates(stage, n_classes, batch_size, local_classifiers=False, zeros_in_input=number > 0)
            for number, stage in enumerate(stages)
        ]
        return Costs(
            memory=committee_memory(task.n_samples, stages, n_classes, batch_size),
            ledger=binary_ledger(shape, committee=True),
            gates=added(binary_gates(stage, n_classes, batch_size, local_classifiers=False) for stage in stages),
            zero_gates=added(zeros) if ternary else {},
            inference_memory=binary_inference_memory(sizes, n_classes, ternary=ternary, committee_reads=reads),
            inference_gates=binary_inference_gates((*sizes, reads), n_classes),
            operations=committee_operations(stages, n_classes, batch_size, self.hidden_bits, ternary=ternary),
        )  # fmt: skip
