"""A data set as it is found: labels, and features that are encoded to bits or read as floats, before any split."""

import hashlib
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ..bits import pack, words_of
from .alexnet import CHANNELS
from .feature_bits import packed_bits, read_bits
from .split import choose_rows

CHUNK = 4096


@dataclass(frozen=True)
class ArraySource:
    """A data set in memory.

    Attributes
    ----------
    features : ndarray (N, D)
        +-1 as int8 where ``binarise`` is None, else numbers (pixels as uint8).
    labels : ndarray (N,) of int64
        0 .. n_classes - 1.
    checksum : str
        SHA-256 that identifies the content.
    binarise : str, optional
        Scope of the median that makes bits of the features.
    scale : tuple of float
        (divisor, mean, standard deviation): a float method sees (x / divisor - mean) / standard deviation.
    n_test : int
        The last rows are the official test set; 0 where there is none.
    test_in_pool : bool
        Whether the published protocol draws from the official test set too.
    """

    features: np.ndarray
    labels: np.ndarray
    n_classes: int
    checksum: str
    binarise: str | None = None
    scale: tuple[float, float, float] = (1.0, 0.0, 1.0)
    n_test: int = 0
    test_in_pool: bool = False
    table_inputs: ClassVar[int] = 0

    @property
    def n_features(self):
        """Features per row."""
        return self.features.shape[1]

    @property
    def is_binary(self):
        """Whether the features are +-1 as they come; there are no floats to read then."""
        return self.binarise is None

    @property
    def has_floats(self):
        """Whether there are floats for a full-precision method; bits that are bits by nature have none."""
        return not self.is_binary

    @property
    def encoder(self):
        """How bits are made, in words."""
        return "the generator, no encoder" if self.is_binary else f"{self.binarise} median"

    def bits(self, fit_rows, *wanted):
        """Return the packed bits of each array of row numbers in ``wanted``; medians are taken over ``fit_rows``."""
        if self.is_binary:
            return [pack(self.features[rows]) for rows in wanted]
        from ..encoders import MedianBinarizer  # scikit-learn takes half a second

        binarizer = MedianBinarizer(scope=self.binarise).fit(self.features[fit_rows])
        return [
            np.concatenate(
                [
                    pack(binarizer.transform(self.features[rows[first : first + CHUNK]]))
                    for first in range(0, len(rows), CHUNK)
                ]
            )
            for rows in wanted
        ]

    def floats(self, rows):
        """Return rows as the float32 features a full-precision method trains on."""
        divisor, mean, deviation = self.scale
        values = self.features[rows].astype(np.float32)
        return ((values / np.float32(divisor)) - np.float32(mean)) / np.float32(deviation)


@dataclass(frozen=True)
class FeatureSource:
    """Convolutional features on disk (:mod:`fbbench.datasets.features`), one or two official parts in order.

    Only the bits that are asked for are ever read into memory, the floats of the rows that a float method trains on
    excepted; these enter raw (paper, section 4.1).
    """

    name: str
    parts: tuple
    n_test: int
    test_in_pool: bool
    labels: np.ndarray = field(repr=False)
    is_binary = False
    has_floats = True
    table_inputs = 0
    encoder = "median per channel"

    @property
    def n_classes(self):
        """The number of classes."""
        return self.parts[0].n_classes

    @property
    def n_features(self):
        """Features per picture."""
        return self.parts[0].n_features

    @property
    def checksum(self):
        """SHA-256 over the checksums of the parts."""
        return hashlib.sha256("".join(stored.checksum for stored in self.parts).encode()).hexdigest()

    def bits_file(self, protocol):
        """Return the file of packed bits that every seed of a protocol reads, made if it is not there yet."""
        fit_rows = choose_rows(len(self.labels), self.n_test, self.test_in_pool, protocol, 1, 0, self.labels)[2]
        return packed_bits(self.name, self.parts, fit_rows, CHANNELS)

    def bits(self, fit_rows, *wanted):
        """Return the packed bits of each array of row numbers in ``wanted``; medians are taken over ``fit_rows``."""
        path = packed_bits(self.name, self.parts, fit_rows, CHANNELS)
        return [read_bits(path, rows, words_of(self.n_features)) for rows in wanted]

    def floats(self, rows):
        """Return rows as the float32 features a full-precision method trains on."""
        values = np.empty((len(rows), self.n_features), dtype=np.float32)
        first = 0
        for stored in self.parts:
            here = np.flatnonzero((rows >= first) & (rows < first + stored.n_rows))
            values[here] = stored.map()[rows[here] - first]
            first += stored.n_rows
        return values
