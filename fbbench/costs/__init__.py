"""What a method costs, from shapes alone: memory in bits, gates per mini-batch, and widths matched to a budget."""

from .budget import match_width
from .gates import binary_gates, float_gates, total_gates
from .memory import bmlp_memory, committee_memory, float_memory, honest_bmlp_memory, megabytes, total_bits

__all__ = [
    "binary_gates",
    "bmlp_memory",
    "committee_memory",
    "float_gates",
    "float_memory",
    "honest_bmlp_memory",
    "match_width",
    "megabytes",
    "total_bits",
    "total_gates",
]
