"""Energy of a mini-batch of training from published joules, with and without memory.

M. Horowitz, *Computing's energy problem (and what we can do about it)*, ISSCC 2014, figure 1.1.9: 45 nm, 0.9 V. Read
second hand, from works that quote the table and agree with each other. Operations that it does not have are priced by
their gates, at what its 32-bit addition takes for one.
"""

from __future__ import annotations

from .cost import Parts
from .operations import price

PICOJOULES = {
    "float32 multiply": 3.7, "float32 add": 0.9, "float16 multiply": 1.1, "float16 add": 0.4, "int8 multiply": 0.2,
    "integer add, a bit": 0.1 / 32,
}  # fmt: skip
"""Of one operation."""

ADDITION = 0.1
"""Picojoules of a 32-bit addition."""

PLACES = {"nowhere": 0.0, "SRAM of 8 kB": 10 / 64, "SRAM of 1 MB": 100 / 64, "DRAM": 1300 / 64}
"""Picojoules of a bit read or written, by where weights and rows live; DRAM is the lower end of 1.3 to 2.6 nJ for 64
bits. Nowhere: logic alone."""

NOT_MOVED = ("data", "activations", "hypervector", "order")
"""Parts of memory that are not read and written once a mini-batch."""

SETTLED = {f"end of mini-batch, a weight of {bits} bits": bits for bits in (8, 16)}
"""Operations that read and write a hidden weight, with its real bits: the paper's model charges 8, whatever it has."""


def gate_picojoules() -> float:
    """Return the picojoules of one gate: those of a 32-bit addition, shared among the gates it was synthesized of."""
    return ADDITION / (32 * price("integer add, a bit"))


def operation_picojoules(operations: Parts) -> float:
    """Return the picojoules of some operations, without memory."""
    of_gate = gate_picojoules()
    return sum(n * PICOJOULES.get(name, price(name) * of_gate) for name, n in operations.items())


def moved_bits(operations: Parts, memory: Parts, row_bits: float, batch_size: int) -> float:
    """Return the bits that a mini-batch moves: weights, at their real width, and all that stands beside them read and
    written once; its rows read once, and once more for every unit that they move, as sums are made unit by unit.
    Activations stay where they are made."""
    beside = {name: bits for name, bits in memory.items() if name not in NOT_MOVED}
    real = sum(bits * operations.get(name, 0) for name, bits in SETTLED.items())
    beside["weights"] = max(beside.get("weights", 0), real)
    return 2 * sum(beside.values()) + batch_size * row_bits + operations.get("move counted", 0)


def training_picojoules(operations: Parts, memory: Parts, row_bits: float, batch_size: int, place: str) -> float:
    """Return the picojoules of a mini-batch.

    Parameters
    ----------
    operations, memory : dict of str to float
        Of the method.
    row_bits : float
        Of the features of one row.
    batch_size : int
    place : str
        Where weights and rows live, see PLACES.
    """
    return operation_picojoules(operations) + PLACES[place] * moved_bits(operations, memory, row_bits, batch_size)
