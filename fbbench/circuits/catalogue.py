"""Which circuits are built: of every operation that training or predicting executes."""

from __future__ import annotations

import csv
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .netlist import Netlist, load

FOLDER = Path(__file__).parent
VERILOG = FOLDER / "verilog"
NETLISTS = FOLDER / "netlists"
TABLE = FOLDER / "gates.csv"


@dataclass(frozen=True)
class Circuit:
    """A circuit that is built.

    Attributes
    ----------
    name : str
    what : str
        What it does, in a few words.
    module : str
        Of a file in ``verilog/``.
    parameters : dict of str to int
    elements : int
        How many operations it does at once; gates are told for one.
    """

    name: str
    what: str
    module: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    elements: int = 1


def floats(exponent: int, mantissa: int, **more: int) -> dict[str, int]:
    """Return the parameters of a format of floats."""
    return {"EXP": exponent, "MAN": mantissa, **more}


COUNTING = ("popcount", "popcount_tree", "unit", "score", "ternary_unit")
"""Modules that are taken as they are written: ABC's scripts take minutes for them and only add gates."""

CIRCUITS = (
    Circuit("popcount_16", "bits counted, an element of 16", "popcount", {"N": 16}, 16),
    Circuit("popcount_105", "bits counted, an element of 105", "popcount", {"N": 105}, 105),
    Circuit("popcount_525", "bits counted, an element of 525", "popcount", {"N": 525}, 525),
    Circuit("popcount_784", "bits counted, an element of 784", "popcount", {"N": 784}, 784),
    Circuit("popcount_1024", "bits counted, an element of 1024", "popcount", {"N": 1024}, 1024),
    Circuit("popcount_tree_784", "the same by a tree of full adders", "popcount_tree", {"N": 784}, 784),
    Circuit("unit_784", "XNOR, count and sign, an element of 784", "unit", {"N": 784}, 784),
    Circuit("unit_525", "XNOR, count and sign, an element of 525", "unit", {"N": 525}, 525),
    Circuit("score_525", "XNOR and count of a classifier's row, an element of 525", "score", {"N": 525}, 525),
    Circuit("ternary_unit_784", "a unit with zeros in weights, an element of 784", "ternary_unit",
            {"N": 784, "INPUT_ZEROS": 0}, 784),
    Circuit("ternary_unit_525", "a unit with zeros in weights and inputs, an element of 525", "ternary_unit",
            {"N": 525, "INPUT_ZEROS": 1}, 525),
    Circuit("saturating_step_8", "±2 within 8 bits", "saturating_step", {"BITS": 8}),
    Circuit("saturating_step_16", "±2 within 16 bits", "saturating_step", {"BITS": 16}),
    Circuit("reinforcement_8", "2 away from 0 where drawn, within 8 bits", "reinforcement", {"BITS": 8}),
    Circuit("reinforcement_16", "2 away from 0 where drawn, within 16 bits", "reinforcement", {"BITS": 16}),
    Circuit("accumulate_8", "a move counted in a mini-batch's sum of 8 bits", "accumulate", {"BITS": 8}),
    Circuit("settle_8", "end of a mini-batch of an 8-bit weight: sum, reinforcement, one clip, sign", "settle",
            {"BITS": 8, "SUM_BITS": 8}),
    Circuit("settle_16", "end of a mini-batch of a 16-bit weight", "settle", {"BITS": 16, "SUM_BITS": 8}),
    Circuit("draw", "a random draw of 16 new bits and its comparison", "draw", {"STEPS": 16}),
    Circuit("draw_one_step", "the same where the register moves by one bit", "draw", {"STEPS": 1}),
    Circuit("random_word", "a random word of 64 bits (splitmix64), as the library draws", "random_word"),
    Circuit("majority_5", "majority of 5", "majority", {"N": 5}),
    Circuit("majority_11", "majority of 11, a committee's group", "majority", {"N": 11}),
    Circuit("argmax_10", "winner of 10 scores of 10 bits", "argmax", {"CLASSES": 10, "BITS": 10}),
    Circuit("trigger_10", "whether 10 scores of 10 bits trigger a layer", "trigger", {"CLASSES": 10, "BITS": 10}),
    Circuit("easiest_35", "least |z| of a group of 35, a unit", "easiest", {"G": 35, "N": 784}, 35),
    Circuit("easiest_35_odd", "the same of fan-in 525, which is odd", "easiest", {"G": 35, "N": 525}, 35),
    Circuit("gate_of_unit", "BEP's gate of a unit of fan-in 784", "gate_of_unit", {"N": 784}),
    Circuit("integer_add_32", "sum of 32 bits", "integer_add", {"BITS": 32}),
    Circuit("integer_multiply_8", "product of two int8", "integer_multiply", {"BITS": 8}),
    Circuit("signed_add_8", "±8-bit weight added to a score of 24 bits", "signed_add", {"BITS": 8, "SUM_BITS": 24}),
    Circuit("signed_add_16", "±16-bit sum added to a score of 32 bits", "signed_add", {"BITS": 16, "SUM_BITS": 32}),
    Circuit("float32_multiply", "FP32 product, subnormals flushed", "float_multiply", floats(8, 23)),
    Circuit("float32_multiply_subnormal", "FP32 product, all of IEEE 754", "float_multiply",
            floats(8, 23, SUBNORMALS=1)),
    Circuit("float32_add", "FP32 sum, subnormals flushed", "float_add", floats(8, 23)),
    Circuit("float32_add_subnormal", "FP32 sum, all of IEEE 754", "float_add", floats(8, 23, SUBNORMALS=1)),
    Circuit("float32_divide", "FP32 quotient, subnormals flushed", "float_divide", floats(8, 23)),
    Circuit("float32_root", "FP32 square root, subnormals flushed", "float_root", floats(8, 23)),
    Circuit("bfloat16_multiply", "bf16 product in FP32", "float_multiply", floats(8, 7, OUT_EXP=8, OUT_MAN=23)),
    Circuit("bfloat16_add", "bf16 sum", "float_add", floats(8, 7)),
    Circuit("float16_multiply", "FP16 product in FP32", "float_multiply", floats(5, 10, OUT_EXP=8, OUT_MAN=23)),
    Circuit("float16_add", "FP16 sum", "float_add", floats(5, 10)),
    Circuit("bmlp_row", "a row through a layer: 64 inputs, 15 units, 5 classes, groups of 5", "bmlp_row"),
)  # fmt: skip
"""All circuits, in the order of the table."""

BY_NAME = {circuit.name: circuit for circuit in CIRCUITS}

COLUMNS = ("circuit", "what", "parameters", "elements", "gates", "nand2", "depth", "way", "yosys", "source")
"""Of ``gates.csv``. gates and nand2 (area in NAND2) are those of the whole circuit; source: SHA-256 of all Verilog but
its comments."""


def source_hash() -> str:
    """Return the hash (hex, 16 digits) of all Verilog files without comments, in order of their names."""
    digest = hashlib.sha256()
    for path in sorted(VERILOG.glob("*.v")):
        code = [line.split("//")[0].rstrip() for line in path.read_text(encoding="utf-8").splitlines()]
        digest.update("\n".join([path.name, *filter(None, code)]).encode())
    return digest.hexdigest()[:16]


@functools.cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Return the rows of ``gates.csv`` by circuit."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {row["circuit"]: row for row in csv.DictReader(file)}


def gates_of(name: str) -> float:
    """Return the gates of one operation of a circuit, as synthesized; KeyError if there is no such circuit."""
    row = table()[name]
    return int(row["gates"]) / int(row["elements"])


def area_of(name: str) -> float:
    """Return the area of one operation of a circuit, in units of a NAND2; KeyError if there is no such circuit."""
    row = table()[name]
    return float(row["nand2"]) / int(row["elements"])


def netlist_of(name: str) -> Netlist:
    """Return the netlist that was counted."""
    return load(NETLISTS / f"{name}.blif.gz")
