"""Accuracy beside balanced accuracy and macro F1, with the rows of each class: what a share of right rows may hide."""

import pandas as pd

from fbbench.experiments.analysis.measures import percent_of

from .formats import number, write_table


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    rows = comparison.rows[comparison.rows.confusion.notna()] if "confusion" in comparison.rows else None
    if rows is None or rows.empty:
        return pd.DataFrame(), pd.DataFrame(), ["No row keeps a confusion matrix."]
    found = rows.assign(
        balanced=[percent_of(c, "balanced") for c in rows.confusion],
        f1=[percent_of(c, "f1") for c in rows.confusion],
        classes=[" / ".join(str(sum(line)) for line in c) for c in rows.confusion],
    )
    key = ["dataset", "budget", "method_id"]
    means = found.groupby(key, sort=False).agg(
        balanced=("balanced", "mean"), f1=("f1", "mean"), classes=("classes", "first")
    )
    s = comparison.summary.set_index(key).join(means).reset_index()
    numbers = s[[*key, "accuracy", "balanced", "f1", "floor", "classes", "n_seeds"]]
    named = comparison.named_lines()
    shown = pd.DataFrame(
        {
            **{name: named[name] for name in ("data set", "memory of BMLP", "method")},
            "accuracy %": s.accuracy.map(number("{:.2f}")),
            "balanced %": s.balanced.map(number("{:.2f}")),
            "macro F1 %": s.f1.map(number("{:.2f}")),
            "most frequent class %": s.floor.map(number("{:.2f}")),
            "held-out rows by class": s.classes.fillna(""),
        }
    )
    notes = [
        *comparison.notes()[:1],
        "Means over seeds. Balanced accuracy: the mean over classes of the share that is recognised. Macro F1: the "
        "mean over classes of F1. Rows by class: of the first seed.",
    ]
    return numbers, shown, notes


def build(comparison, folder):
    """Write measures.csv, .md and .tex."""
    return write_table(folder, "measures", *make(comparison))
