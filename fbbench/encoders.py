"""From features to +-1: scikit-learn transformers."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["MedianBinarizer", "SignOneHotEncoder", "ThermometerEncoder"]


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


class ThermometerEncoder(TransformerMixin, BaseEstimator):
    """Encode numbers as distributive thermometers: bit k is +1 where x lies above the quantile k / (n_bits + 1).

    Thresholds follow the distribution of the rows given to ``fit``, so every bit is about as often +1 as its rank says
    (32 bits a column in the paper's tabular experiments). A constant column gives constant bits.

    Parameters
    ----------
    n_bits : int
        Bits per column.

    Attributes
    ----------
    thresholds_ : ndarray (n_features, n_bits)
    """

    def __init__(self, n_bits=32):
        self.n_bits = n_bits

    def fit(self, X, y=None):
        """Learn the quantiles of X (n_samples, n_features); ValueError if X is empty or not finite."""
        X = validate_data(self, X, dtype=np.float64)
        if not isinstance(self.n_bits, (int, np.integer)) or self.n_bits < 1:
            raise ValueError(f"n_bits must be a positive integer; got {self.n_bits!r}")
        ranks = np.arange(1, self.n_bits + 1) / (self.n_bits + 1)
        self.thresholds_ = np.quantile(X, ranks, axis=0, method="inverted_cdf").T
        return self

    def transform(self, X):
        """Return X as (n_samples, n_features * n_bits) int8 of -1 and +1, column by column, lowest threshold first."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.where(X[:, :, None] > self.thresholds_, np.int8(1), np.int8(-1)).reshape(len(X), -1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


class SignOneHotEncoder(TransformerMixin, BaseEstimator):
    """Encode categories one-hot, +1 for the one and -1 for the others; an unseen category is -1 everywhere.

    Parameters
    ----------
    categories : "auto" or list of arrays
        The categories of every column; "auto" takes those of the rows given to ``fit``.
    """

    def __init__(self, categories="auto"):
        self.categories = categories

    def fit(self, X, y=None):
        """Learn the categories of X (n_samples, n_features)."""
        self.encoder_ = OneHotEncoder(
            categories=self.categories, handle_unknown="ignore", sparse_output=False, dtype=np.int8
        ).fit(X)
        self.n_features_in_ = self.encoder_.n_features_in_
        return self

    def transform(self, X):
        """Return X as (n_samples, number of categories) int8 of -1 and +1."""
        check_is_fitted(self)
        return 2 * self.encoder_.transform(X) - np.int8(1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True  # a category like any other
        return tags
