"""Packed rows of +-1: little-endian uint64 words, little bit order, 1 = +1, tail bits 0."""

import numpy as np

from .arguments import integer
from .kernels import _native
from .kernels.layer import words_of

__all__ = ["check_bits", "check_rows", "check_samples", "pack", "unpack", "words_of"]


def pack(values):
    """Pack rows of +-1.

    Parameters
    ----------
    values : array (N, D) of -1 and +1, any numeric dtype

    Returns
    -------
    ndarray (N, ceil(D / 64)) of uint64

    Raises
    ------
    ValueError
        If ``values`` is not a non-empty two-dimensional array, or holds anything but -1 and +1.
    """
    values = np.asarray(values)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"values must be a non-empty array (rows, bits); got shape {values.shape}")
    if values.dtype != np.int8:
        if values.dtype.kind not in "iuf" or not (np.abs(values) == 1).all():
            raise ValueError("values must be -1 or +1 everywhere")
        values = values.astype(np.int8)
    packed, bad = _native.pack(np.ascontiguousarray(values))
    if bad >= 0:
        row, column = divmod(bad, values.shape[1])
        raise ValueError(f"values must be -1 or +1 everywhere; row {row}, column {column} is {values[row, column]}")
    return packed


def unpack(bits, n_bits):
    """Unpack rows to +-1.

    Parameters
    ----------
    bits : ndarray (N, ceil(n_bits / 64)) of uint64
    n_bits : int
        Bits per row.

    Returns
    -------
    ndarray (N, n_bits) of int8, -1 or +1

    Raises
    ------
    ValueError
        If the shape or dtype does not fit, or a tail bit is set.
    """
    return _native.unpack(check_bits(bits, n_bits), n_bits)


def check_bits(bits, n_bits, name="bits"):
    """Return ``bits``, C-contiguous and aligned, if they are rows of ``n_bits`` packed; ValueError if not."""
    bits = np.asarray(bits)
    if type(n_bits) is not int or n_bits < 1:
        n_bits = integer("n_bits", n_bits, 1, 1 << 40)
    if bits.dtype != np.uint64 or bits.ndim != 2 or bits.shape[0] == 0 or bits.shape[1] != words_of(n_bits):
        raise ValueError(
            f"{name} must be a non-empty uint64 array (rows, {words_of(n_bits)}) for rows of {n_bits} bits; "
            f"got {bits.dtype} {bits.shape}"
        )
    # Of one row without an array in between: microseconds, where a prediction takes ten.
    if n_bits % 64 and (bits.item(-1) if len(bits) == 1 else int(np.bitwise_or.reduce(bits[:, -1]))) >> n_bits % 64:
        raise ValueError(f"{name} must have its tail bits (past bit {n_bits}) 0")
    flags = bits.flags
    return bits if flags.c_contiguous and flags.aligned else np.require(bits, requirements=["C", "A"])


def check_rows(x, n_bits):
    """Return rows as packed bits: of +-1 (N, n_bits), or packed already; ValueError if they are neither."""
    x = np.asarray(x)
    if x.dtype == np.uint64:
        return check_bits(x, n_bits, name="x")
    if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] != n_bits:
        raise ValueError(
            f"x must be a non-empty +-1 array (N, {n_bits}) or packed uint64 (N, {words_of(n_bits)}); "
            f"got {x.dtype} {x.shape}"
        )
    try:
        return pack(x)
    except ValueError as error:
        raise ValueError(f"x: {error}") from None


def check_samples(x, y, n_bits, n_classes):
    """Return rows as packed bits, and their labels 0 .. n_classes - 1 as int32; ValueError if they are not that."""
    x = check_rows(x, n_bits)
    y = np.array(y)  # a copy: another thread may write to the caller's between this check and the kernels' use
    if y.shape != (len(x),):
        raise ValueError(f"y must have shape ({len(x)},), one label per row of x; got {y.shape}")
    if y.dtype.kind not in "iu":
        raise ValueError(f"y must be integers; got {y.dtype}")
    if y.min() < 0 or y.max() >= n_classes:
        raise ValueError(f"y must lie in 0 .. {n_classes - 1}; got {y.min()} .. {y.max()}")
    return x, np.ascontiguousarray(y, dtype=np.int32)
