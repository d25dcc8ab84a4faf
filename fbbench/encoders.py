"""From features to +-1: scikit-learn transformers."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["MedianBinarizer"]


class MedianBinarizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Binarise features at their median: x > median gives +1, anything else -1.

    The paper (section 4.1) takes one median for Fashion-MNIST and one per channel for convolutional features, over all
    samples, held-out ones included. Here the medians come from the rows given to ``fit``, so fitting on training rows
    keeps held-out data unseen.

    Parameters
    ----------
    scope : "feature", "global" or "channel"
        What shares a median: nothing, all features, or runs of ``channel_size`` consecutive features.
    channel_size : int, optional
        Features per channel for ``scope="channel"``, e.g. 36 for 256 x 6 x 6 features; must divide their number.

    Attributes
    ----------
    thresholds_ : ndarray (n_features,)
        The median that each feature is compared with.
    """

    def __init__(self, scope="feature", channel_size=None):
        self.scope = scope
        self.channel_size = channel_size

    def fit(self, X, y=None):
        """Learn the medians of X (n_samples, n_features); ValueError if X is empty, not finite or scope unknown."""
        X = validate_data(self, X, dtype="numeric", ensure_min_samples=1)
        n_features = X.shape[1]
        if self.scope == "feature":
            thresholds = np.median(X, axis=0)
        elif self.scope == "global":
            thresholds = np.full(n_features, np.median(X))
        elif self.scope == "channel":
            size = self.channel_size
            if not isinstance(size, (int, np.integer)) or size < 1 or n_features % size:
                raise ValueError(f"channel_size must divide the number of features ({n_features}); got {size!r}")
            medians = np.median(X.reshape(len(X), -1, size), axis=(0, 2))
            thresholds = np.repeat(medians, size)
        else:
            raise ValueError(f"scope must be 'feature', 'global' or 'channel'; got {self.scope!r}")
        self.thresholds_ = thresholds
        return self

    def transform(self, X):
        """Return X as (n_samples, n_features) int8 of -1 and +1."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype="numeric", reset=False)
        return np.where(X > self.thresholds_, np.int8(1), np.int8(-1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
