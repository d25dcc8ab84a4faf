"""The scikit-learn face shared by methods that train a FullyBinaryNetwork on bits."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fbbench import FullyBinaryNetwork
from fbbench.bits import check_bits, pack

from .labels import encode_labels


class PackedClassifier(ClassifierMixin, BaseEstimator):
    """Base of the fully binary methods. A subclass says which network a number of inputs and classes needs:
    ``_network_parameters(n_inputs, n_classes)`` returns the arguments of :class:`fbbench.FullyBinaryNetwork`.

    With ``n_bits`` None, X is +-1 (n_samples, n_features); with a number, X is packed rows of so many bits
    (see :mod:`fbbench.bits`), which the runner uses so that data are packed once.
    """

    input = "bits"
    sample_divisor = 1

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~baselines.protocol.Task`."""
        FullyBinaryNetwork.check_parameters(**self._network_parameters(task.n_features, task.n_classes))

    def fit(self, X, y):
        """Train ``epochs`` epochs from scratch."""
        self.__dict__.pop("network_", None)
        for _ in range(self.epochs):
            self.partial_fit(X, y, classes=np.unique(y))
        return self

    def partial_fit(self, X, y, classes=None):
        """Train one epoch more. The first call needs ``classes``; ``training_accuracy_`` is that of this epoch."""
        rows = self._rows(X)
        if not hasattr(self, "network_"):
            if classes is None:
                raise ValueError("classes must be given in the first call of partial_fit")
            self.classes_ = np.unique(classes)
            parameters = self._network_parameters(self.n_bits or np.shape(X)[1], len(self.classes_))
            self.network_ = FullyBinaryNetwork(**parameters)
        labels = encode_labels(self.classes_, y, len(rows))
        self.training_accuracy_ = self.network_.train_epoch(rows, labels, self.batch_size)
        return self

    def predict(self, X):
        """Return the predicted class of every row."""
        check_is_fitted(self)
        return self.classes_[self.network_.predict(self._rows(X))]

    def state_hash(self):
        """Return the network's state hash."""
        return self.network_.state_hash()

    def checkpoint(self):
        """Return the state as named plain arrays."""
        return {"classes": self.classes_, **self.network_.to_arrays()}

    def restore(self, arrays):
        """Go on from what :meth:`checkpoint` returned, bit for bit."""
        self.network_ = FullyBinaryNetwork.restored(arrays)
        self.classes_ = np.asarray(arrays["classes"])

    def _rows(self, X):
        return pack(X) if self.n_bits is None else check_bits(X, self.n_bits, name="X")
