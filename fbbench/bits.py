"""Packed rows of +-1: little-endian uint64 words, little bit order, 1 = +1, tail bits 0."""

import numpy as np

from .kernels import _native
from .kernels.layer import words_of

__all__ = ["check_bits", "pack", "unpack", "words_of"]


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
    n_bits = int(n_bits)
    if n_bits < 1:
        raise ValueError(f"n_bits must be at least 1; got {n_bits}")
    if bits.dtype != np.uint64 or bits.ndim != 2 or bits.shape[0] == 0 or bits.shape[1] != words_of(n_bits):
        raise ValueError(
            f"{name} must be a non-empty uint64 array (rows, {words_of(n_bits)}) for rows of {n_bits} bits; "
            f"got {bits.dtype} {bits.shape}"
        )
    if n_bits % 64 and (bits[:, -1] >> np.uint64(n_bits % 64)).any():
        raise ValueError(f"{name} must have its tail bits (past bit {n_bits}) 0")
    return np.require(bits, requirements=["C", "A"])
