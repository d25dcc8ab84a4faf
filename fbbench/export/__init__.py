"""Trained models that leave the library: as C for any processor, as an ONNX graph, as plain arrays."""

from .c_header import c_header
from .c_text import CHeader
from .files import load_any, write_c, write_npz
from .network_in import CannotExport
from .onnx_graph import onnx_model, write_onnx
from .plain import plain_arrays

__all__ = [
    "CHeader", "CannotExport", "c_header", "load_any", "onnx_model", "plain_arrays", "write_c", "write_npz",
    "write_onnx",
]  # fmt: skip
