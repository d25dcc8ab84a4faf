"""The scikit-learn face shared by methods that train one network on bits."""

import inspect

import numpy as np

from fbbench import FullyBinaryNetwork
from fbbench.costs import NetworkShape
from fbbench.network.rules import LOCAL_ERRORS

from .parameters import HiddenBits, Scale, Share, method
from .protocol import Widths
from .rows import BitsClassifier, Groups


@method
class OfNetworks(BitsClassifier):
    """Base of methods made of networks. A subclass says which network a number of inputs and classes needs:
    ``network_parameters(n_inputs, n_classes)`` returns the parameters of its ``network_class``.
    """

    network_class = FullyBinaryNetwork

    def network_parameters(self, n_inputs, n_classes):
        """Return the parameters of the network of a problem's shape."""
        raise NotImplementedError(f"{type(self).__name__} must say which network it is")

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`."""
        super().check(task)
        self.network_parameters(task.n_features, task.n_classes)


@method
class PackedClassifier(OfNetworks):
    """Base of methods that are one network."""

    def _start(self, n_inputs, n_classes):
        self.network_ = self.network_class.of(self.network_parameters(n_inputs, n_classes))

    def _train(self, rows, labels):
        return self.network_.train_epoch(rows, labels, self.batch_size)

    def _predict(self, rows):
        return self.network_.predict(rows)

    def state_hash(self):
        """Return the network's state hash."""
        return self.network_.state_hash()

    def checkpoint(self):
        """Return the state as named plain arrays."""
        return {"classes": self.classes_, **self.network_.to_arrays()}

    def restore(self, arrays):
        """Go on from what :meth:`checkpoint` returned, bit for bit."""
        self.network_ = self.network_class.restored(arrays)
        self.n_features_in_ = self.network_.n_inputs
        self.classes_ = np.asarray(arrays["classes"])


@method
class OfLayers(Groups, OfNetworks):
    """Methods made of a :class:`fbbench.FullyBinaryNetwork`, or several: parameters that its constructor knows are its
    own."""

    robustness: Share = 0.25
    reinforcement: Scale = 0.5
    hidden_bits: HiddenBits = 8

    arithmetic = "binary"  # a parameter where a method has both
    rule = LOCAL_ERRORS

    def network_parameters(self, n_inputs, n_classes):
        known = inspect.signature(self.network_class).parameters
        own = {name: value for name, value in self.get_params(deep=False).items() if name in known}
        shape = {"layer_sizes": (n_inputs, *self.hidden_layers), "group_size": self._group_sizes()}
        return self.network_class.parameters_of(**{**own, **shape, "n_classes": n_classes, "seed": self.random_state})

    @property
    def widths(self):
        """Hidden weights are counted, bits predict (two planes in ternary arithmetic), sums have 16 bits."""
        return Widths(self.hidden_bits, 2 if self.arithmetic == "ternary" else 1, 16)

    def shape(self, task):
        """Return the :class:`~fbbench.costs.NetworkShape` that costs follow from."""
        return NetworkShape(
            n_samples=task.n_samples, layer_sizes=self._sizes(task), n_classes=task.n_classes,
            batch_size=self.batch_size, group_sizes=tuple(self._group_sizes()), hidden_bits=self.hidden_bits,
            ternary=self.arithmetic == "ternary",
        )  # fmt: skip

    def costs(self, task):
        return self.rule.costs(self.shape(task))


@method
class LayeredNetwork(OfLayers, PackedClassifier):
    """Methods that are one :class:`fbbench.FullyBinaryNetwork`."""
