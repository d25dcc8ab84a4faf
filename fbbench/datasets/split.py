"""How rows become a training and a held-out part, and what a method is given of them."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from ..kernels import random

Protocol = Literal["published", "strict", "validation", "stratified"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)


@dataclass(frozen=True)
class Split:
    """One run's training and held-out part.

    Attributes
    ----------
    bits_train, bits_heldout : ndarray (N, words) of uint64
        Packed +-1 rows, see :mod:`fbbench.bits`.
    y_train, y_heldout : ndarray of int32
    encoder : str
        How bits were made, in words.
    encoder_saw_heldout : bool

    The arrays are read-only.
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
    checksum: str
    encoder: str
    encoder_saw_heldout: bool
    rows_train: np.ndarray = field(repr=False)
    rows_heldout: np.ndarray = field(repr=False)
    rows_fit: np.ndarray = field(repr=False)
    source: Any = field(repr=False)

    def __post_init__(self):
        for name in ("bits_train", "bits_heldout", "y_train", "y_heldout"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def n_train(self):
        return len(self.y_train)

    @property
    def table_inputs(self):
        return self.source.table_inputs

    def numbers(self):
        """Return the numbers of a table, float32 (rows, table_inputs): of the training rows, and of those held out."""
        return self.source.numbers_of(self.rows_fit, self.rows_train, self.rows_heldout)

    def floats_train(self, rows):
        """Return training rows (by their numbers in this split) as float32 features."""
        return self.source.floats(self.rows_train[rows])

    def floats_heldout(self):
        """Return the held-out rows as float32 features."""
        return self.source.floats(self.rows_heldout)


def read_only(array):
    """Return an array over the same memory that nobody can make writable: a split serves many methods."""
    array = np.ascontiguousarray(array)
    return np.asarray(memoryview(array).toreadonly())


def choose_rows(n_rows, n_test, test_in_pool, protocol, n_heldout, seed, labels=None):
    """Return (training rows, held-out rows, rows that the encoder is fitted on) of a protocol.

    ``published`` (paper, section 4.1): a seeded shuffle, the last ``n_heldout`` rows held out, the official test set
    unused (where the paper does not merge it into the rest); the encoder sees all rows, held-out ones included.
    ``strict``: the official test set is held out, all other rows are trained on; where there is none, as published.
    The encoder sees the training rows alone.
    ``validation``, to tune by: the training rows of ``published`` alone, of which the last fifth is held out; the bits
    are those of ``published``.
    ``stratified``: as ``published``, but every class has the same share of rows held out, as near as whole rows come;
    the encoder sees the training rows alone. Needs the labels.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}; got {protocol!r}")
    if protocol == "validation":
        rows, _, fit = choose_rows(n_rows, n_test, test_in_pool, "published", n_heldout, seed)
        n_train = tuning_rows(len(rows))
        return rows[:n_train], rows[n_train:], fit
    stream = random.stream(seed, random.ROWS, 1)
    if protocol == "strict" and n_test:
        train = random.permutation(stream, n_rows - n_test)
        return train, np.arange(n_rows - n_test, n_rows), train
    order = random.permutation(stream, n_rows if test_in_pool else n_rows - n_test)
    if protocol == "stratified":
        order = classes_spread(order, labels, n_heldout)
    train, heldout = order[:-n_heldout], order[-n_heldout:]
    return train, heldout, order if protocol == "published" else train


def classes_spread(order, labels, n_heldout):
    """Return an order of rows, given one, whose last ``n_heldout`` rows have every class by its share.

    A class of n rows has n n_heldout / N of them there, rounded down, and one more where most is lost by rounding; of
    equal ones first the class that comes first in the order. A class gives its last training row only where all others
    have given all but one of theirs.
    """
    of_order = labels[order]
    counts = np.bincount(of_order)
    heldout, lost = np.divmod(counts * n_heldout, len(order))
    first = np.full(len(counts), len(order))
    first[of_order[::-1]] = np.arange(len(order))[::-1]
    by_loss = np.lexsort((first, -lost))
    for left in (1, 0):  # rows that a class keeps for training
        while heldout.sum() < n_heldout and (heldout < counts - left).any():
            can = by_loss[heldout[by_loss] < counts[by_loss] - left]
            heldout[can[: n_heldout - int(heldout.sum())]] += 1
    is_heldout = np.zeros(len(order), dtype=bool)
    for label, n in enumerate(heldout):
        if n:
            is_heldout[np.flatnonzero(of_order == label)[-n:]] = True
    return np.concatenate([order[~is_heldout], order[is_heldout]])


def tuning_rows(n_train):
    """Return how many of so many training rows are trained on where the others are to tune by: four fifths."""
    return n_train * 4 // 5


def split(name, source, protocol, n_heldout, seed):
    """Return the :class:`Split` of a source under a protocol, encoded and packed."""
    of = (len(source.labels), source.n_test, source.test_in_pool)
    train, heldout, fit = choose_rows(*of, protocol, n_heldout, seed, source.labels)
    bits_train, bits_heldout = source.bits(fit, train, heldout)
    saw_heldout = len(fit) > len(train)
    seen = "all rows, held-out ones included" if saw_heldout else "the training rows"
    return Split(
        name=name,
        protocol=protocol,
        seed=seed,
        n_features=source.n_features,
        n_classes=source.n_classes,
        bits_train=bits_train,
        bits_heldout=bits_heldout,
        y_train=source.labels[train].astype(np.int32),
        y_heldout=source.labels[heldout].astype(np.int32),
        checksum=source.checksum,
        encoder=source.encoder if source.is_binary else f"{source.encoder} of {seen}",
        encoder_saw_heldout=saw_heldout and not source.is_binary,
        rows_train=train,
        rows_heldout=heldout,
        rows_fit=fit,
        source=source,
    )
