"""Held-out accuracy at the memory of each BMLP, measured beside published."""

import pandas as pd

from .formats import write_table

WIDE = 2.0
"""Points of noise from which on being inside of it decides nothing."""

NOISE = (
    "Noise, in brackets: two standard errors of the difference of the two means, in points. A difference is inside it, "
    "or is not; where the noise is wider than two points, to be inside of it decides nothing: too few runs, or runs "
    "that spread too widely."
)
CLASSES = (
    "Numbers: *binary*, bits flow and counters count (strictly binary); *integer*, weights or sums of several bits are "
    "added to predict; *float*, training touches floats."
)
FLOOR = (
    "*: no better than always saying the most frequent class (within two standard errors): nothing was learnt there."
)


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary
    shown = pd.DataFrame(
        {
            **comparison.named_lines(),
            "samples": s.n_train.map("{:,}".format),
            "measured %": [
                (f"{a:.2f} ± {d:.2f}" if n > 1 else f"{a:.2f}") + ("*" if low else "")
                for a, d, n, low in zip(s.accuracy, s.spread, s.n_seeds, s.at_floor, strict=True)
            ],
            "runs": s.n_seeds,
            "published %": [
                "" if pd.isna(a) else f"{a:.2f} ± {d:.2f}"
                for a, d in zip(s.reported_accuracy, s.reported_spread, strict=True)
            ],
            "difference": ["" if pd.isna(d) else f"{d:+.2f}" for d in s.difference],
            "inside noise": [noise_text(d, e) for d, e in zip(s.difference, s.standard_error, strict=True)],
        }
    )
    columns = [
        "dataset", "budget", "method_id", "shape", "arithmetic", "n_train", "epochs", "encoder", "accuracy", "spread",
        "n_seeds", "train_accuracy", "reported_accuracy", "reported_spread", "reported_runs", "difference",
        "standard_error",
    ]  # fmt: skip
    numbers = s[columns].assign(numbers=shown.numbers)
    return numbers, shown, [*comparison.notes(), CLASSES, NOISE, *([FLOOR] if s.at_floor.any() else [])]


def noise_text(difference, error):
    """Return whether a difference is inside the noise, and how wide that is."""
    if pd.isna(difference):
        return ""
    if pd.isna(error):
        return "one run: unknown"
    inside = "no" if abs(difference) > 2 * error else "yes" if 2 * error <= WIDE else "undecided"
    return f"{inside} (±{2 * error:.1f})"


def build(comparison, folder):
    """Write accuracy.csv, .md and .tex."""
    return write_table(folder, "accuracy", *make(comparison))
