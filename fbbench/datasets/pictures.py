"""Labelled pictures, read one at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..optional import require


@dataclass(frozen=True)
class Pictures:
    """One official part (training or test) of a data set of pictures.

    Attributes
    ----------
    labels : ndarray (N,) of int64
        0 .. n_classes - 1.
    checksum : str
        SHA-256 that identifies the pictures, their order and labels.
    read : callable
        ``read(i)`` returns picture i as a PIL image in RGB; ValueError, naming the file, if it does not decode.
    """

    labels: np.ndarray
    n_classes: int
    checksum: str
    read: Callable

    def __len__(self):
        return len(self.labels)


def load_pillow():
    """Return PIL.Image, imported only when pictures are read."""
    return require("PIL.Image", "pictures need Pillow", "pictures")
