"""What a method is given: packed training and held-out rows, and the features they came from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Source:
    """A data set as it is found: features and labels, before any split.

    Attributes
    ----------
    features : ndarray (N, D)
        +-1 as int8 where ``is_binary``, else numbers (pixels as uint8).
    labels : ndarray (N,) of int64
        0 .. n_classes - 1.
    checksum : str
        SHA-256 that identifies the content.
    scale : tuple of float
        (divisor, mean, standard deviation): a float method sees (x / divisor - mean) / standard deviation.
    """

    features: np.ndarray
    labels: np.ndarray
    n_classes: int
    checksum: str
    is_binary: bool
    scale: tuple[float, float, float] = (1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Split:
    """One run's training and held-out part.

    Attributes
    ----------
    bits_train, bits_heldout : ndarray (N, words) of uint64
        Packed +-1 rows, see :mod:`fbbench.bits`.
    raw_train, raw_heldout : ndarray (N, D) or None
        The features before binarisation; None where the data set is binary by nature.
    y_train, y_heldout : ndarray of int32
    encoder : str
        How bits were made, in words.
    encoder_saw_heldout : bool
    """

    name: str
    protocol: str
    seed: int
    n_features: int
    n_classes: int
    bits_train: np.ndarray
    bits_heldout: np.ndarray
    y_train: np.ndarray
    y_heldout: np.ndarray
    raw_train: np.ndarray | None
    raw_heldout: np.ndarray | None
    scale: tuple[float, float, float]
    checksum: str
    encoder: str
    encoder_saw_heldout: bool

    @property
    def n_train(self):
        return len(self.y_train)

    def scaled(self, rows):
        """Return raw rows as the float32 features a full-precision method trains on."""
        divisor, mean, deviation = self.scale
        return ((rows.astype(np.float32) / np.float32(divisor)) - np.float32(mean)) / np.float32(deviation)
