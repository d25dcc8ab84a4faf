"""Every data set by name, and the protocol that splits it."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import imagenette
from .cifar import CIFAR10, CIFAR100
from .idx_sets import FASHION_MNIST, MNIST
from .imported import imported_names, load_imported
from .picture_sets import IMAGENETTE, PictureSet, cifar_set
from .places import DataUnavailable
from .prototypes import PREFIX, parse_prototypes, random_prototypes
from .source import ArraySource
from .split import split, tuning_rows
from .tables import THERMOMETER_BITS, table_source
from .uci import UCI_SETS

__all__ = ["DATASETS", "DataUnavailable", "describe", "known_names", "load", "prepare"]


def digits(protocol="published"):
    """Return scikit-learn's embedded digits: 1 797 images of 8 x 8 values 0 .. 16, the test part of UCI set 80 (the
    paper's "digits" is set 81, ``uci_digits`` here)."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    features = bunch.data.astype(np.uint8)
    checksum = hashlib.sha256(features.tobytes() + bunch.target.astype(np.int64).tobytes()).hexdigest()
    return ArraySource(features, bunch.target.astype(np.int64), 10, checksum, "feature", (16.0, 0.0, 1.0))


def embedded_table(name, protocol):
    """Return the table that scikit-learn's ``load_...`` function of that name embeds."""
    import pandas as pd
    from sklearn import datasets

    bunch = getattr(datasets, name)()
    frame = pd.DataFrame(bunch.data, columns=bunch.feature_names)
    return table_source(frame, bunch.target, f"scikit-learn's {name}")


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set before it is loaded.

    loader: gets the protocol, as some official test sets are only read where they are used. n_train, n_heldout: rows
    under the published protocol. n_test: rows of the official test set. has_floats: whether a full-precision
    method can have the features as floats; bits that are bits by nature have none. table_inputs: numbers of a row where
    the data are a table (:meth:`~fbbench.datasets.tables.TableSource.numbers_of`), else 0. files: what has
    ``place()`` and ``get()``, for sets with files. download: (bytes, SHA-256 of what). pictures: how features are
    computed, for sets of pictures.
    """

    title: str
    source: str
    licence: str
    loader: Callable
    n_train: int
    n_heldout: int
    n_features: int
    n_classes: int
    n_test: int = 0
    has_floats: bool = True
    table_inputs: int = 0
    pictures: PictureSet | None = None
    files: object = None
    download: tuple[int, str] | None = None

    def lacks_input(self, wanted):
        """Return in words why a method that wants an input ("bits", "float" or "table") has none here; "" if it has."""
        if wanted == "table" and not self.table_inputs:
            return "it wants the numbers of a table, and these data are none"
        if wanted == "float" and not self.has_floats:
            return "it wants floats, and these data are " + ("a table" if self.table_inputs else "bits by nature")
        return ""

    def sizes(self, protocol="published"):
        """Return (training rows, held-out rows) under a protocol."""
        if protocol == "strict" and self.n_test:
            in_pool = self.pictures is not None and self.pictures.test_in_pool
            return self.n_train + self.n_heldout - (self.n_test if in_pool else 0), self.n_test
        if protocol == "validation":
            n_train = tuning_rows(self.n_train)
            return n_train, self.n_train - n_train
        return self.n_train, self.n_heldout


def picture_dataset(pictures, source, licence, rows, n_features, n_classes, download):
    """Return the :class:`Dataset` of a set of pictures. rows: of training, held out, and of the official test set."""
    n_train, n_heldout, n_test = rows
    return Dataset(
        pictures.title, source, licence, pictures.source, n_train, n_heldout, n_features, n_classes, n_test,
        pictures=pictures, files=pictures, download=download,
    )  # fmt: skip


def table_dataset(title, source, licence, loader, table, n_rows, files=None):
    """Return the :class:`Dataset` of a table, loaded or known by its :class:`~fbbench.datasets.uci.Facts`: 80 % of the
    rows for training, as in the paper."""
    n_train = n_rows * 4 // 5
    return Dataset(
        title, source, licence, loader, n_train, n_rows - n_train, table.n_features, table.n_classes,
        has_floats=table.has_floats, table_inputs=table.table_inputs, files=files,
    )  # fmt: skip


def embedded_dataset(title, name, n_train, n_heldout, n_columns, n_classes):
    """Return the :class:`Dataset` of a table of numbers that scikit-learn embeds."""
    return Dataset(
        title, "embedded in scikit-learn", "CC BY 4.0 (UCI)", functools.partial(embedded_table, name),
        n_train, n_heldout, THERMOMETER_BITS * n_columns, n_classes, has_floats=False, table_inputs=n_columns + 1,
    )  # fmt: skip


KRIZHEVSKY = "Krizhevsky 2009, AlexNet features"

DATASETS = {
    "random_prototypes": Dataset(
        "Random prototypes", "generated, recipe of arXiv:2412.00119", "none needed",
        lambda protocol: random_prototypes(), 10_000, 2_000, 1000, 10, has_floats=False,
    ),
    "bep_prototypes": Dataset(
        "Random prototypes of BEP", "generated, recipe of arXiv:2512.04189", "none needed",
        lambda protocol: random_prototypes(23_000, flip_probability=0.46), 20_000, 3_000, 1000, 10, has_floats=False,
    ),
    "digits": Dataset("Digits", "embedded in scikit-learn", "CC BY 4.0 (UCI)", digits, 1_437, 360, 64, 10),
    "iris": embedded_dataset("Iris", "load_iris", 120, 30, 4, 3),
    "wine": embedded_dataset("Wine", "load_wine", 142, 36, 13, 3),
    "breast_cancer": embedded_dataset("Breast cancer", "load_breast_cancer", 455, 114, 30, 2),
    "fashion_mnist": Dataset(
        "Fashion-MNIST", "arXiv:1708.07747", "MIT", FASHION_MNIST.load, 50_000, 10_000, 784, 10, n_test=10_000,
        files=FASHION_MNIST, download=(30_878_645, FASHION_MNIST.checksums_text()),
    ),
    "mnist": Dataset("MNIST", "LeCun et al. 1998", "CC BY-SA 3.0", MNIST.load, 50_000, 10_000, 784, 10, n_test=10_000,
        files=MNIST, download=(11_594_722, MNIST.checksums_text())),
    "cifar10": picture_dataset(
        cifar_set("cifar10", CIFAR10), KRIZHEVSKY, "none stated", (40_000, 10_000, 10_000), 9216, 10,
        (CIFAR10.n_bytes, CIFAR10.checksum),
    ),
    "cifar100": picture_dataset(
        cifar_set("cifar100", CIFAR100), KRIZHEVSKY, "none stated", (40_000, 10_000, 10_000), 9216, 100,
        (CIFAR100.n_bytes, CIFAR100.checksum),
    ),
    "imagenette": picture_dataset(
        IMAGENETTE, "fast.ai, AlexNet features", "Apache 2.0; pictures of ImageNet", (10_000, 3_394, 3_925), 2304, 10,
        (imagenette.N_BYTES, imagenette.CHECKSUM),
    ),
}  # fmt: skip


def known_names():
    """Return the names of all data sets; UCI sets and imported ones, whose sizes only their files tell, come last."""
    return [*DATASETS, *UCI_SETS, *imported_names()]


def prototypes_of_size(name):
    """Return the :class:`Dataset` of prototypes of the sizes in their name."""
    sizes = parse_prototypes(name)

    def loader(protocol):
        n_rows = sizes["train"] + sizes["heldout"]
        return random_prototypes(n_rows, sizes["features"], sizes["classes"], sizes["flip"])

    return Dataset(
        f"Random prototypes ({name.removeprefix(PREFIX)})", "generated, recipe of arXiv:2412.00119", "none needed",
        loader, sizes["train"], sizes["heldout"], sizes["features"], sizes["classes"], has_floats=False,
    )  # fmt: skip


def table_loader(name):
    """Return what loads a table whose sizes only its files tell, given the protocol; None if the name is no such."""
    if name in UCI_SETS:
        return UCI_SETS[name].load
    if name not in DATASETS and name in imported_names():
        return lambda protocol: load_imported(name)
    return None


def describe(name):
    """Return the :class:`Dataset` called ``name``.

    Raises
    ------
    ValueError
        If there is none.
    DataUnavailable
        If it is a table that is not on this machine: nothing is known of its size then.
    """
    if name in DATASETS:
        return DATASETS[name]
    if name.startswith(PREFIX):
        return prototypes_of_size(name)
    if name in UCI_SETS:
        uci = UCI_SETS[name]
        facts = uci.facts if uci.place() is None else None  # those of the table that is here, if one is
        table = facts or load(name)
        return table_dataset(
            f"{uci.name} (UCI {uci.number})", f"UCI id {uci.number}", "see archive.ics.uci.edu", table_loader(name),
            table, facts.rows if facts else len(table.labels), uci,
        )  # fmt: skip
    if name in imported_names():
        table = load(name)
        return table_dataset(name, "imported", "the user's own", table_loader(name), table, len(table.labels))
    raise ValueError(f"there is no data set {name!r} on this machine; `fbbench data list` names those there are")


@functools.lru_cache(maxsize=2)
def load(name, protocol="published"):
    """Return the source called ``name`` (labels and features, see :mod:`fbbench.datasets.source`), kept for later.

    Raises
    ------
    ValueError
        If there is no such data set, or a file of it is damaged.
    DataUnavailable
        If it is not on this machine and cannot be downloaded, or its features are not computed yet.
    """
    loader = table_loader(name) or describe(name).loader
    return loader(protocol)


@functools.lru_cache(maxsize=1)
def prepare(name, seed, protocol="published"):
    """Split, binarise and pack a data set for one run, see :func:`fbbench.datasets.split.choose_rows`.

    Returns
    -------
    Split
    """
    return split(name, load(name, protocol), protocol, describe(name).n_heldout, seed)
