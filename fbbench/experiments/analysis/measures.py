"""What beside accuracy people ask of a classifier, from the confusion matrix that a row keeps."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ..rows.schema import Row


def balanced_accuracy(confusion: np.ndarray) -> float:
    """Return the mean over classes of the share of their rows that is recognised; classes without rows do not count."""
    rows = confusion.sum(axis=1)
    there = rows > 0
    return float(np.mean(np.diag(confusion)[there] / rows[there]))


def macro_f1(confusion: np.ndarray) -> float:
    """Return the mean over classes of F1, 2 right / (rows + predictions); classes with neither do not count."""
    total = confusion.sum(axis=1) + confusion.sum(axis=0)
    there = total > 0
    return float(np.mean(2 * np.diag(confusion)[there] / total[there]))


MEASURES: Mapping[str, Callable[[np.ndarray], float]] = {"balanced": balanced_accuracy, "f1": macro_f1}
"""By the name that a user asks for them under; "accuracy" is what a row says itself."""

TITLES = {"accuracy": "accuracy", "balanced": "balanced accuracy", "f1": "macro F1"}


def percent_of(confusion: Sequence[Sequence[int]], name: str) -> float:
    """Return a measure of a confusion matrix as rows keep it, in percent."""
    return 100 * MEASURES[name](np.asarray(confusion))


def measure_of(row: Row, name: str) -> float:
    """Return a measure of a row's held-out rows, in percent; nan of rows of before confusion matrices were kept."""
    if name == "accuracy":
        return row["outcome"]["heldout_accuracy"]
    confusion = row["outcome"].get("confusion")
    return math.nan if confusion is None else percent_of(confusion, name)


def measured_by(rows: Iterable[tuple[str, Row]], name: str) -> list[tuple[str, Row]]:
    """Return rows, pairs of (key, row), with a measure in place of their held-out accuracy; without those of before it
    could be had."""
    found = [(key, row, measure_of(row, name)) for key, row in rows]
    return [
        (key, {**row, "outcome": {**row["outcome"], "heldout_accuracy": value}})
        for key, row, value in found if not math.isnan(value)
    ]  # fmt: skip
