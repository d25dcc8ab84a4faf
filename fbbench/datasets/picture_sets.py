"""A set of pictures as a data set: its official parts, and the features that stand for them."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import imagenette
from .cifar import Cifar, cifar_pictures
from .features import extract, folder_name, noted_rows, open_features, unfinished
from .places import DataUnavailable, cache_folder
from .source import FeatureSource


@dataclass(frozen=True)
class PictureSet:
    """How pictures become a data set.

    place: where the files are, or None. get: has them downloaded and checked. read: part -> Pictures. part_checksum:
    part -> what identifies them, quickly. last_pool: kernel and stride of AlexNet's last max-pool. test_in_pool:
    whether the published protocol draws from the official test set too.
    """

    name: str
    title: str
    place: Callable
    get: Callable
    read: Callable
    part_checksum: Callable
    last_pool: tuple[int, int] = (3, 2)
    test_in_pool: bool = False

    def parts(self, protocol):
        """Return the official parts that a protocol needs."""
        return ("train", "test") if self.test_in_pool or protocol == "strict" else ("train",)

    def folder(self, part):
        """Return the folder in the cache of a part's features, whether or not it is there."""
        checksum = self.part_checksum(part)
        return cache_folder() / "features" / folder_name(self.name, part, checksum, self.last_pool)

    def rows_done(self, part):
        """Return how many pictures of a part have their features, finished or not."""
        if self.place() is None:
            return 0
        folder = self.folder(part)
        stored = open_features(folder)
        return noted_rows(unfinished(folder)) if stored is None else stored.n_rows

    def compute(self, part, n_threads=None, report=lambda done, total: None):
        """Return the features of a part, computed if they are not there; errors as :func:`features.extract`."""
        stored = open_features(self.folder(part))
        if stored is None:
            pictures = self.read(part)
            stored = extract(self.name, part, pictures, self.last_pool, n_threads=n_threads, report=report)
        return stored

    def source(self, protocol):
        """Return the :class:`FeatureSource` of a protocol; DataUnavailable where features are not computed yet."""
        parts = self.parts(protocol)
        stored = [open_features(self.folder(part)) for part in parts]
        if None in stored:
            raise DataUnavailable(
                f"the features of {self.title} are not computed yet; run `fbbench data features {self.name} "
                f"--protocol {protocol}` (minutes, once)"
            )
        labels = [part.labels() for part in stored]
        return FeatureSource(
            self.name, tuple(stored), sum(map(len, labels[1:])), self.test_in_pool, np.concatenate(labels)
        )


def cifar_set(name, cifar: Cifar):
    """Return the :class:`PictureSet` of CIFAR-10 or CIFAR-100."""
    return PictureSet(
        name, cifar.title, cifar.place, cifar.get, functools.partial(cifar_pictures, cifar), cifar.part_checksum
    )


IMAGENETTE = PictureSet(
    "imagenette",
    imagenette.TITLE,
    imagenette.place,
    imagenette.get,
    imagenette.imagenette_pictures,
    imagenette.part_checksum,
    last_pool=(5, 3),
    test_in_pool=True,
)
