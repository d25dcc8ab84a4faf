"""Data sets by name: found or generated, checked, split and packed."""

from .registry import DATASETS, DataUnavailable, describe, load, prepare
from .split import Split

__all__ = ["DATASETS", "DataUnavailable", "Split", "describe", "load", "prepare"]
