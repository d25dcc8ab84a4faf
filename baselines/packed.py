"""The scikit-learn face shared by methods that train a FullyBinaryNetwork on bits."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fbbench.bits import check_bits, pack

from .labels import encode_labels


class PackedClassifier(ClassifierMixin, BaseEstimator):
    """Base of the fully binary methods. A subclass says which network a number of inputs and classes needs.

    With ``n_bits`` None, X is +-1 (n_samples, n_features); with a number, X is packed rows of so many bits
    (see :mod:`fbbench.bits`), which the runner uses so that data are packed once.
    """

    input = "bits"
    sample_divisor = 1

    def _make_network(self, n_inputs, n_classes):
        raise NotImplementedError

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
            self.network_ = self._make_network(self.n_bits or np.shape(X)[1], len(self.classes_))
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

    def _rows(self, X):
        return pack(X) if self.n_bits is None else check_bits(X, self.n_bits, name="X")
