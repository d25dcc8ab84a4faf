"""Accuracy over group size: one hidden layer of every published width."""

from .sweep import draw, points


def build(comparison, folder):
    """Write group_size.pdf, .svg and .png."""
    s = points(comparison, lambda line, p: p["group_size"], lambda line, p: int(line.shape))
    return draw(
        comparison, folder, "group_size", s.sort_values("series", kind="stable"), "group size, units", scale="log",
        ticks=[1, 10, 100, 1000], series_label="width {}",
    )  # fmt: skip
