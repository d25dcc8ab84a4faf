"""Read-outs: where predictions come from. One file each, which defines one :class:`ReadOut`."""

from ..found import found_in
from .base import ReadOut

__all__ = ["READOUTS", "ReadOut"]

READOUTS = found_in(__name__, __path__, ReadOut)
"""Kinds of read-outs by their name."""
