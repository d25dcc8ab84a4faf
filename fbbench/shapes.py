"""Shapes in words: widths joined by an underscore, as the paper writes them (35_35, 165_15)."""

import math
import re


def parse_shape(text):
    """Return the numbers of a shape such as ``"525_525"``; ValueError if it is anything else."""
    if not isinstance(text, str) or not re.fullmatch(r"[1-9]\d{0,5}(_[1-9]\d{0,5})*", text):
        raise ValueError(f"a shape must be numbers joined by _, such as 35_35; got {text!r}")
    return [int(number) for number in text.split("_")]


def shape_title(text):
    """Return a shape as tables show it: three and more equal widths as ``"10 × 1035"``, anything else as it is."""
    widths = text.split("_")
    return f"{len(widths)} × {widths[0]}" if len(widths) > 2 and len(set(widths)) == 1 else text


def divisors(number):
    """Return the divisors of a number, the smallest first."""
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})
