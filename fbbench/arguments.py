"""Checks of arguments: each returns the value as what it must be, or raises ValueError that names it."""

import math

import numpy as np


def sequence(name, value):
    """Return ``value`` as a non-empty list."""
    try:
        values = None if isinstance(value, (str, bytes, set, frozenset, dict)) else list(value)
    except TypeError:
        values = None
    if values is None:
        raise ValueError(f"{name} must be a sequence such as a list or tuple; got {value!r}")
    if not values:
        raise ValueError(f"{name} must not be empty")
    return values


def boolean(name, value):
    """Return ``value`` as a bool; texts and numbers are none."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False; got {value!r}")
    return bool(value)


def integer(name, value, low, high):
    """Return ``value`` as an int within low .. high."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ValueError(f"{name} must be an integer in {low} .. {high}; got {value!r}")
    return int(value)


def real(name, value, low, high):
    """Return ``value`` as a finite float within low .. high."""
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.nan
    if not (low <= number <= high and math.isfinite(number)):
        raise ValueError(f"{name} must be a number in {low} .. {high}; got {value!r}")
    return number


def integer_matrix(name, value):
    """Return ``value`` as a non-empty two-dimensional array of int64, or of int8 or int16 if it is of these."""
    matrix = np.asarray(value)
    if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "iu":
        raise ValueError(f"{name} must be a non-empty integer matrix; got {matrix.dtype} {matrix.shape}")
    if matrix.max() > np.iinfo(np.int64).max:  # would turn negative
        raise ValueError(f"{name} must fit 64-bit signed integers; got {matrix.max()}")
    return matrix if matrix.dtype in (np.int8, np.int16) else matrix.astype(np.int64)  # small ones may be large
