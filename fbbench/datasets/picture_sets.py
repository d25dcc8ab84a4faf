"""A set of pictures as a data set: its official parts, and the features that stand for them."""

from dataclasses import dataclass

import numpy as np

from .cifar import Cifar, cifar_pictures
from .features import extract, folder_name, open_features
from .places import DataUnavailable, cache_folder
from .source import FeatureSource


@dataclass(frozen=True)
class PictureSet:
    """How pictures become a data set. last_pool: kernel and stride of AlexNet's last max-pool."""

    name: str
    cifar: Cifar
    last_pool: tuple[int, int] = (3, 2)

    @property
    def title(self):
        """The data set's name in words."""
        return self.cifar.title

    def parts(self, protocol):
        """Return the official parts that a protocol needs."""
        return ("train",) if protocol == "published" else ("train", "test")

    def folder(self, part):
        """Return the folder in the cache of a part's features, whether or not it is there."""
        checksum = self.cifar.part_checksum(part)
        return cache_folder() / "features" / folder_name(self.name, part, checksum, self.last_pool)

    def compute(self, part, n_threads=None, report=lambda done, total: None):
        """Return the features of a part, computed if they are not there; errors as :func:`features.extract`."""
        stored = open_features(self.folder(part))
        if stored is None:
            pictures = cifar_pictures(self.cifar, part)
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
        return FeatureSource(self.name, tuple(stored), sum(map(len, labels[1:])), False, np.concatenate(labels))
