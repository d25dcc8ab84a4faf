"""Accuracy over depth: one to ten hidden layers of equal width, full precision (all samples) beside."""

from .sweep import draw, points

NAMES = {"bmlp": "BMLP", "sgd": "SGD, float, all samples", "adam": "Adam, float, all samples"}


def build(comparison, folder):
    """Write depth.pdf, .svg and .png."""
    s = points(comparison, lambda line, p: line.shape.count("_") + 1, lambda line, p: NAMES[p.get("optimizer", "bmlp")])
    return draw(comparison, folder, "depth", s, "hidden layers", ticks=[1, 2, 3, 5, 10])
