"""The scikit-learn face shared by methods that train one network on bits."""

import numpy as np

from fbbench import FullyBinaryNetwork

from .rows import BitsClassifier


class PackedClassifier(BitsClassifier):
    """Base of the fully binary methods. A subclass says which network a number of inputs and classes needs:
    ``_network_parameters(n_inputs, n_classes)`` returns the arguments of its ``network_class``.
    """

    network_class = FullyBinaryNetwork

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`."""
        super().check(task)
        self.network_class.check_parameters(**self._network_parameters(task.n_features, task.n_classes))

    def _start(self, n_inputs, n_classes):
        self.network_ = self.network_class(**self._network_parameters(n_inputs, n_classes))

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
