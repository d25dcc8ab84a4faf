"""Trained models that leave the library: as C for any processor, without floats, memory from the heap, or a library."""

from .c_header import CannotExport, CHeader, c_header
from .files import load_any, write_c

__all__ = ["CHeader", "CannotExport", "c_header", "load_any", "write_c"]
