"""Data sets by name: found or generated, checked, split and packed."""

from .prototypes import random_prototypes
from .registry import DATASETS, DataUnavailable, describe, known_names, load, prepare
from .split import Split

__all__ = ["DATASETS", "DataUnavailable", "Split", "describe", "known_names", "load", "prepare", "random_prototypes"]
