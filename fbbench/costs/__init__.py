"""What a method costs, from shapes alone: memory in bits, gates per mini-batch, and widths matched to a budget."""

from .budget import match_width
from .gates import binary_gates, float_gates, total_gates
from .inference import (
    binary_inference_gates,
    binary_inference_memory,
    float_inference_gates,
    float_inference_memory,
)
from .ledger import binary_ledger, float_ledger
from .memory import bmlp_memory, committee_memory, float_memory, megabytes, total_bits

__all__ = [
    "binary_gates",
    "binary_inference_gates",
    "binary_inference_memory",
    "binary_ledger",
    "bmlp_memory",
    "committee_memory",
    "float_gates",
    "float_inference_gates",
    "float_inference_memory",
    "float_ledger",
    "float_memory",
    "match_width",
    "megabytes",
    "total_bits",
    "total_gates",
]
