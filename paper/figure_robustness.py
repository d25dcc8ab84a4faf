"""Accuracy over robustness: one hidden layer of every published width."""

from .sweep import draw, points


def build(comparison, folder):
    """Write robustness.pdf, .svg and .png."""
    s = points(comparison, lambda line, p: p["robustness"], lambda line, p: int(line.shape))
    return draw(
        comparison, folder, "robustness", s.sort_values("series", kind="stable"), "robustness r",
        ticks=[0, 0.25, 0.5, 0.75, 1], series_label="width {}",
    )  # fmt: skip
