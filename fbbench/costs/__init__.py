"""What a method costs, from shapes alone: memory in bits, gates per mini-batch, and widths matched to a budget."""

from .cost import Costs, NetworkShape, added, times
from .gates import GATES, binary_gates, float_gates, perceptron_gates, total_gates, zero_gates
from .inference import (
    binary_inference_gates,
    binary_inference_memory,
    float_inference_gates,
    float_inference_memory,
    perceptron_inference_gates,
    perceptron_inference_memory,
)
from .ledger import binary_ledger, float_ledger, perceptron_ledger
from .matching import match_width
from .memory import (
    beside_data,
    bmlp_memory,
    committee_memory,
    float_memory,
    megabytes,
    n_activations,
    n_weights,
    perceptron_memory,
    total_bits,
)
from .networks import (
    multilayer_costs,
    preactivation_costs,
    propagation_costs,
    reader_costs,
    vote_costs,
)
from .operations import (
    CIRCUITS,
    committee_operations,
    float_operations,
    perceptron_operations,
    price,
    sbpi_operations,
    summed,
    synthesized,
    synthesized_area,
)
from .signs import sign_costs, sign_memory
from .sizes import in_bytes, parse_size

__all__ = [
    "CIRCUITS",
    "GATES",
    "Costs",
    "NetworkShape",
    "added",
    "beside_data",
    "binary_gates",
    "binary_inference_gates",
    "binary_inference_memory",
    "binary_ledger",
    "bmlp_memory",
    "committee_memory",
    "committee_operations",
    "float_gates",
    "float_inference_gates",
    "float_inference_memory",
    "float_ledger",
    "float_memory",
    "float_operations",
    "in_bytes",
    "match_width",
    "megabytes",
    "multilayer_costs",
    "n_activations",
    "n_weights",
    "parse_size",
    "perceptron_gates",
    "perceptron_inference_gates",
    "perceptron_inference_memory",
    "perceptron_ledger",
    "perceptron_memory",
    "perceptron_operations",
    "preactivation_costs",
    "price",
    "propagation_costs",
    "reader_costs",
    "sbpi_operations",
    "sign_costs",
    "sign_memory",
    "summed",
    "synthesized",
    "synthesized_area",
    "times",
    "total_bits",
    "total_gates",
    "vote_costs",
    "zero_gates",
]
