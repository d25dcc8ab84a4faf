"""What decides when and which weights move, in whole numbers alone: no float has a say in a network's state."""

from __future__ import annotations

import math
from fractions import Fraction

PI = Fraction(0x3243F6A8885A308D313198A2E03707344A409382, 1 << 156)
"""To 158 bits, rounded down."""

MOST_ROWS = 1 << 26
"""Accuracies of so many rows or fewer are told from each other by 64-bit floats, in which they are saved."""


def ratio_of(value: float | Fraction) -> Fraction:
    """Return a setting as the decimal fraction that it is written as: 0.1 is a tenth."""
    return value if isinstance(value, Fraction) else Fraction(repr(float(value)))


def accuracy_of(value: float | Fraction) -> Fraction:
    """Return an accuracy as the ratio of two whole numbers, right and presented, that it is nearest to."""
    if isinstance(value, Fraction):
        return value
    ratio = Fraction(value).limit_denominator(MOST_ROWS)
    return ratio if float(ratio) == value else Fraction(value)


def product_of(share: float, n: int) -> Fraction:
    """Return share n as a 64-bit float would hold it, rounded to 53 bits, half to even, in whole numbers: what margins
    of networks have always been, so that saved ones go on as they began."""
    numerator, denominator = share.as_integer_ratio()
    product = numerator * n
    low = max(0, product.bit_length() - 53)
    kept, rest = product >> low, product & ((1 << low) - 1)
    up = low > 0 and (rest << 1 > 1 << low or (rest << 1 == 1 << low and kept & 1))
    return Fraction((kept + up) << low, denominator)


def share_below(share: float, n: int) -> int:
    """Return floor(share n)."""
    return math.floor(product_of(share, n))


def share_above(share: float, n: int) -> int:
    """Return ceil(share n)."""
    return math.ceil(product_of(share, n))


def reinforcement_threshold(reinforcement: float, accuracy: float | Fraction, fan_in: int) -> int:
    """Return floor(p 2^32), at most 2^32, of the reinforcement probability p = p_r sqrt(1 - accuracy) sqrt(2 / (pi D))
    (paper, section 3.2): the integer square root of 2^64 p^2."""
    square = ratio_of(reinforcement) ** 2 * (1 - accuracy_of(accuracy)) * 2 / (PI * fan_in)
    return min(math.isqrt(math.floor(square * (1 << 64))), 1 << 32)
