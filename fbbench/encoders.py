"""From features to +-1: scikit-learn transformers."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from .arguments import integer

__all__ = ["MedianBinarizer", "SignOneHotEncoder", "ThermometerEncoder"]


MOST_BITS = 1 << 16
"""Of a column's thermometer."""

EXACT = 1 << 53
"""Integers up to here are floats of 64 bits without loss; so are halves between two of a quarter of it."""

HALVE_FIRST = 1e307
"""Floats beyond are halved before they are added, as their sum may be infinite."""


def numbers_of(encoder, X, reset):
    """Return X as validated by scikit-learn, of a type that holds no number beyond 64-bit floats.

    Raises
    ------
    ValueError
        If X is empty, or holds something that is no finite number of 64 bits.
    """
    X = validate_data(encoder, X, dtype="numeric", reset=reset)
    if X.dtype.kind in "mM":
        raise ValueError("X must be numbers; got times. Make numbers of them first")
    if X.dtype.kind == "f" and X.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            X = X.astype(np.float64)
        if not np.isfinite(X).all():
            raise ValueError("X must be numbers that 64-bit floats hold")
    return X


def split_points(columns):
    """Return a number t for each column, so that x > t is what is above its median.

    Exact where values are near each other or large. A column whose largest value takes up half of its rows, so that
    nothing lies above the median, is split below that value; so a column of two values or more is always split.

    Parameters
    ----------
    columns : ndarray (n_rows, n_columns) of any real dtype

    Returns
    -------
    ndarray (n_columns,) of float64, or of the columns' own dtype where they are integers that floats cannot hold
    """
    if columns.dtype.kind == "b":
        columns = columns.astype(np.uint8)
    n_rows = len(columns)
    ordered = np.partition(columns, sorted({0, (n_rows - 1) // 2, n_rows // 2, n_rows - 1}), axis=0)
    bottom, low, high, top = ordered[0], ordered[(n_rows - 1) // 2], ordered[n_rows // 2], ordered[-1]
    middle = midpoints(low, high)
    stuck = np.flatnonzero((middle >= top) & (bottom < top))
    for column in stuck:
        values = columns[:, column]
        middle[column] = values[values < top[column]].max()
    return middle


def midpoints(low, high):
    """Return what lies between pairs of values, low <= high: never below low, and below high if they differ."""
    if low.dtype.kind in "iu":
        if max(abs(int(low.min())), abs(int(high.max()))) < EXACT // 4:
            return (low.astype(np.float64) + high.astype(np.float64)) / 2
        return (low // 2) + (high // 2) + (low % 2) * (high % 2)  # rounded down, and no sum that overflows
    low, high = low.astype(np.float64), high.astype(np.float64)
    large = (np.abs(low) > HALVE_FIRST) | (np.abs(high) > HALVE_FIRST)
    with np.errstate(over="ignore"):
        middle = np.where(large, low / 2 + high / 2, (low + high) / 2)
    return np.where((middle >= high) | (middle < low), low, middle)  # rounding: two neighbours have nothing between


class MedianBinarizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Binarise features at their median: x > median gives +1, anything else -1.

    Where the median is also the largest value, so that all bits would be -1, that value gives +1: 0/1 features with
    more than half ones keep their information. What shares a median and has two values or more always varies in the
    bits.

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
        X = numbers_of(self, X, reset=True)
        n_features = X.shape[1]
        if self.scope == "feature":
            thresholds = split_points(X)
        elif self.scope == "global":
            thresholds = np.repeat(split_points(X.reshape(-1, 1)), n_features)
        elif self.scope == "channel":
            size = self.channel_size
            if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1 or n_features % size:
                raise ValueError(f"channel_size must divide the number of features ({n_features}); got {size!r}")
            size = int(size)
            channels = X.reshape(len(X), -1, size).swapaxes(1, 2).reshape(-1, n_features // size)
            thresholds = np.repeat(split_points(channels), size)
        else:
            raise ValueError(f"scope must be 'feature', 'global' or 'channel'; got {self.scope!r}")
        self.thresholds_ = thresholds
        return self

    def transform(self, X):
        """Return X as (n_samples, n_features) int8 of -1 and +1."""
        check_is_fitted(self)
        X = numbers_of(self, X, reset=False)
        return np.where(X > self.thresholds_, np.int8(1), np.int8(-1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


class ThermometerEncoder(TransformerMixin, BaseEstimator):
    """Encode numbers as distributive thermometers: bit k is +1 where x lies above the quantile k / (n_bits + 1).

    Thresholds follow the distribution of the rows given to ``fit`` (the smallest value of which at least so many rows
    are at most as large), so every bit is about as often +1 as its rank says (32 bits a column in the paper's tabular
    experiments). A constant column gives constant bits. A column whose largest value takes up so many rows that no
    quantile lies below it is split below that value, all bits +1 for it and -1 for the others; so a column of two
    values or more always varies in the bits.

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
        X = numbers_of(self, X, reset=True)
        n_bits = integer("n_bits", self.n_bits, 1, MOST_BITS)
        ordered = np.sort(X, axis=0)
        # ceil(n k / (n_bits + 1)), in integers: floats are one off where that is a whole number
        ranks = [-(-len(X) * k // (n_bits + 1)) - 1 for k in range(1, n_bits + 1)]
        self.thresholds_ = ordered[ranks].T.copy()
        stuck = (self.thresholds_[:, 0] >= ordered[-1]) & (ordered[0] < ordered[-1])
        for column in np.flatnonzero(stuck):
            values = ordered[:, column]
            self.thresholds_[column] = values[values < values[-1]][-1]
        return self

    def transform(self, X):
        """Return X as (n_samples, n_features * n_bits) int8 of -1 and +1, column by column, lowest threshold first."""
        check_is_fitted(self)
        X = numbers_of(self, X, reset=False)
        return np.where(X[:, :, None] > self.thresholds_, np.int8(1), np.int8(-1)).reshape(len(X), -1)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the bits, ndarray of str: ``age_1`` .. ``age_32`` of ``age``, the lowest first."""
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.array([f"{name}_{bit}" for name in names for bit in range(1, self.n_bits + 1)], dtype=object)

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
        if hasattr(self.encoder_, "feature_names_in_"):
            self.feature_names_in_ = self.encoder_.feature_names_in_
        return self

    def transform(self, X):
        """Return X as (n_samples, number of categories) int8 of -1 and +1."""
        check_is_fitted(self)
        return 2 * np.asarray(self.encoder_.transform(X)) - np.int8(1)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the bits, ndarray of str: ``colour_red`` of a column ``colour``."""
        check_is_fitted(self)
        return self.encoder_.get_feature_names_out(input_features)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True  # a category like any other
        return tags
