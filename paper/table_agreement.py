"""Of a suite with published figures: how many means are those of the paper, and which are not."""

import numpy as np
import pandas as pd

from fbbench.shapes import shape_title

from .formats import write_table

NEAR = 1.5
"""Points of accuracy that a mean may be off, however little it scatters."""


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary[comparison.summary.difference.notna()]
    s = s.assign(
        inside=s.difference.abs() <= 2 * s.standard_error,
        near=s.difference.abs() <= np.maximum(2 * s.standard_error, NEAR),
    )
    columns = ["dataset", "budget", "method_id", "shape", "accuracy", "reported_accuracy", "difference"]
    numbers = s[[*columns, "standard_error", "inside", "near"]]
    shown = [line_of(comparison, method_id, of) for method_id, of in s.groupby("method_id", sort=False)]
    notes = [
        *comparison.notes()[:1],
        f"Near: within two standard errors of the difference of two means, or within {NEAR} points.",
    ]
    return numbers, pd.DataFrame(shown), notes


def line_of(comparison, method_id, of):
    """Return what is said of a method."""
    off = of[~of.near].sort_values("difference")
    return {
        "method": comparison.entry(method_id).label,
        "means": len(of),
        "inside noise": f"{of.inside.sum()} ({100 * of.inside.mean():.0f} %)",
        "near": f"{of.near.sum()} ({100 * of.near.mean():.0f} %)",
        "mean difference": f"{of.difference.mean():+.2f}",
        "mean of its size": f"{np.abs(of.difference).mean():.2f}",
        "off (points)": ", ".join(
            f"{line.dataset.removeprefix('uci_')} {shape_title(line.budget)} {line.difference:+.1f}"
            for line in off.itertuples()
        ),
    }


def build(comparison, folder):
    """Write agreement.csv, .md and .tex."""
    return write_table(folder, "agreement", *make(comparison))
