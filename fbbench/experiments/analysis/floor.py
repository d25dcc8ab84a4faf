"""Whether anything was learnt: accuracies that always saying the most frequent class would give."""

import math

from ...datasets import DATASETS
from ..rows.schema import Row

FLOOR_METHODS = ("majority",)
"""Methods that are meant to be there."""


def floor_of(row: Row) -> float | None:
    """Return the held-out accuracy in percent of always saying the most frequent class of the training rows.

    Rows of before it was noted: an equal share for every class of a known data set; None where that is not known.
    """
    noted = row["outcome"].get("majority_accuracy")
    if noted is not None:
        return noted
    known = DATASETS.get(row["identity"]["dataset"])
    return None if known is None else 100 / known.n_classes


def is_at_floor(accuracy: float, floor: float | None, n_heldout: int, method: str = "") -> bool:
    """Return whether an accuracy is no better than a floor, both in percent: within two standard errors of a share."""
    if floor is None or math.isnan(floor) or method in FLOOR_METHODS:
        return False
    share = min(max(floor / 100, 0.0), 1.0)
    return accuracy <= floor + 200 * math.sqrt(share * (1 - share) / n_heldout)
