"""Accuracy over the bits of a hidden weight: its bound, from 1 to that of 16 bits."""

import math

from .sweep import draw, points


def build(comparison, folder):
    """Write hidden_weight_bits.pdf, .svg and .png."""
    s = points(comparison, lambda line, p: 1 + math.log2(p["clip"]), lambda line, p: line.shape)
    return draw(
        comparison, folder, "hidden_weight_bits", s, "bits of a hidden weight",
        ticks=[1, 4, 8, 12, 16], series_label="{}",
    )  # fmt: skip
