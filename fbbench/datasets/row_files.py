"""Rows in ``.npy`` files that are read and written piece by piece, never mapped: a header, then rows in C order."""

import numpy as np

from ..reading import named


def write_header(file, dtype, shape):
    """Write the header of a file of rows (little-endian ``dtype``), at whose end the first row begins."""
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})


def read_header(path, dtype):
    """Return (shape, offset of the first row) of a file of rows; ValueError if it is none of ``dtype``."""
    with named(path, "a file of rows"), open(path, "rb") as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"{path} has an unexpected .npy version {version}")
        shape, fortran, found = np.lib.format.read_array_header_1_0(file)
        if fortran or found != np.dtype(dtype):
            raise ValueError(f"{path} must hold rows of {np.dtype(dtype)}")
        return shape, file.tell()
