"""Held-out accuracy at the memory of each BMLP, measured beside published."""

import pandas as pd

from .formats import write_table

NOISE = "A difference is inside the noise when it is within two standard errors of the difference of the two means."


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary
    shown = pd.DataFrame(
        {
            **comparison.named_lines(),
            "samples": s.n_train.map("{:,}".format),
            "measured %": [
                f"{a:.2f} ± {d:.2f}" if n > 1 else f"{a:.2f}"
                for a, d, n in zip(s.accuracy, s.spread, s.n_seeds, strict=True)
            ],
            "runs": s.n_seeds,
            "published %": [
                "" if pd.isna(a) else f"{a:.2f} ± {d:.2f}"
                for a, d in zip(s.reported_accuracy, s.reported_spread, strict=True)
            ],
            "difference": ["" if pd.isna(d) else f"{d:+.2f}" for d in s.difference],
            "inside noise": [
                "" if pd.isna(d) else "?" if pd.isna(e) else "yes" if abs(d) <= 2 * e else "no"
                for d, e in zip(s.difference, s.standard_error, strict=True)
            ],
        }
    )
    columns = [
        "dataset", "budget", "method_id", "shape", "arithmetic", "n_train", "epochs", "encoder", "accuracy", "spread",
        "n_seeds", "train_accuracy", "reported_accuracy", "reported_spread", "reported_runs", "difference",
        "standard_error",
    ]  # fmt: skip
    return s[columns], shown, [*comparison.notes(), NOISE]


def build(comparison, folder):
    """Write accuracy.csv, .md and .tex."""
    return write_table(folder, "accuracy", *make(comparison))
