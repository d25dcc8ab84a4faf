"""Every data set by name, and the protocol that splits it."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

from ..bits import pack
from ..encoders import MedianBinarizer
from ..kernels import random
from .download import DataUnavailable
from .fashion_mnist import fashion_mnist
from .prototypes import random_prototypes
from .split import Source, Split

__all__ = ["DATASETS", "DataUnavailable", "describe", "load", "prepare"]

PROTOCOLS = ("published",)


def digits():
    """Return scikit-learn's embedded digits: 1 797 images of 8 x 8 values 0 .. 16 (UCI id 81's test part)."""
    bunch = load_digits()
    features = bunch.data.astype(np.uint8)
    checksum = hashlib.sha256(features.tobytes() + bunch.target.astype(np.int64).tobytes()).hexdigest()
    return Source(features, bunch.target.astype(np.int64), 10, checksum, False, scale=(16.0, 0.0, 1.0))


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set before it is loaded.

    n_heldout: the last rows of the shuffled data are held out. binarise: scope of the median that makes bits of it.
    """

    title: str
    source: str
    licence: str
    loader: Callable[[], Source]
    n_train: int
    n_heldout: int
    n_features: int
    n_classes: int
    binarise: str | None

    @property
    def is_binary(self):
        """Whether the features are +-1 as they come; a method that wants floats has nothing to gain from them."""
        return self.binarise is None


DATASETS = {
    "random_prototypes": Dataset(
        "Random prototypes", "generated, recipe of arXiv:2412.00119", "none needed", random_prototypes,
        10_000, 2_000, 1000, 10, None,
    ),
    "digits": Dataset(
        "Digits", "embedded in scikit-learn", "CC BY 4.0 (UCI)", digits, 1_437, 360, 64, 10, "feature"
    ),
    "fashion_mnist": Dataset(
        "Fashion-MNIST", "arXiv:1708.07747", "MIT", fashion_mnist, 50_000, 10_000, 784, 10, "global"
    ),
}  # fmt: skip


def describe(name):
    """Return the :class:`Dataset` called ``name``; ValueError if there is none."""
    if name not in DATASETS:
        raise ValueError(f"data set must be one of {', '.join(DATASETS)}; got {name!r}")
    return DATASETS[name]


@functools.lru_cache(maxsize=2)
def load(name):
    """Return the :class:`Source` called ``name``, kept for the next call.

    Raises
    ------
    ValueError
        If there is no such data set, or a file of it is damaged.
    DataUnavailable
        If it is not on this machine and cannot be downloaded.
    """
    return describe(name).loader()


@functools.lru_cache(maxsize=1)
def prepare(name, seed, protocol="published"):
    """Split, binarise and pack a data set for one run.

    ``published``: a seeded shuffle of all rows, the last ones held out, the official test set unused (paper, section
    4.1). Unlike the authors', the medians that binarise are taken over the training rows only.

    Returns
    -------
    Split
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}; got {protocol!r}")
    dataset, source = describe(name), load(name)
    order = random.permutation(random.stream(seed, random.ROWS, 1), len(source.labels))
    train, heldout = order[: -dataset.n_heldout], order[-dataset.n_heldout :]
    raw_train, raw_heldout = source.features[train], source.features[heldout]
    if source.is_binary:
        codes_train, codes_heldout, encoder = raw_train, raw_heldout, "the generator, no encoder"
    else:
        binarizer = MedianBinarizer(scope=dataset.binarise).fit(raw_train)
        codes_train, codes_heldout = binarizer.transform(raw_train), binarizer.transform(raw_heldout)
        encoder = f"{dataset.binarise} median of the training rows"
    return Split(
        name=name,
        protocol=protocol,
        seed=seed,
        n_features=source.features.shape[1],
        n_classes=source.n_classes,
        bits_train=pack(codes_train),
        bits_heldout=pack(codes_heldout),
        y_train=source.labels[train].astype(np.int32),
        y_heldout=source.labels[heldout].astype(np.int32),
        raw_train=None if source.is_binary else raw_train,
        raw_heldout=None if source.is_binary else raw_heldout,
        scale=source.scale,
        checksum=source.checksum,
        encoder=encoder,
        encoder_saw_heldout=False,
    )
