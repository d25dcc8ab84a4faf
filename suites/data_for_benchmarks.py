"""Data that benchmarks share: random prototypes, made anew on every machine."""

from fbbench.bits import pack
from fbbench.datasets import random_prototypes


def packed_prototypes(n_samples):
    """Return (packed rows of 1000 bits, labels)."""
    source = random_prototypes(n_samples)
    return pack(source.features), source.labels
