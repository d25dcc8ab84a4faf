"""Netlists of gates with two inputs and inverters: read, written, counted, simulated 64 vectors a word."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..files import replacing

NOT = "NOT"
TABLES = {
    "AND2": 0b1000, "OR2": 0b1110, "NAND2": 0b0111, "NOR2": 0b0001, "XOR2": 0b0110, "XNOR2": 0b1001,
    "ANDN2": 0b0010, "ORN2": 0b1011, NOT: 0b0101,
}  # fmt: skip
"""Kinds of gates with their truth tables: bit a + 2 b is what the gate gives for inputs a and b. ANDN2 is a and not b,
ORN2 a or not b; NOT reads its first input alone."""

AREAS = {
    "AND2": 4 / 3, "OR2": 4 / 3, "NAND2": 1.0, "NOR2": 1.0, "XOR2": 2.0, "XNOR2": 2.0, "ANDN2": 5 / 3, "ORN2": 5 / 3,
    NOT: 2 / 3,
}  # fmt: skip
"""Area in units of a NAND2: of open 45 nm cells in whole steps of their placement grid (INV 2, NAND and NOR 3, AND and
OR 4, XOR and XNOR 6 steps); a gate with one inverted input is a NAND or NOR with an inverter."""

OPPOSITES = {
    "AND2": "NAND2", "OR2": "NOR2", "NAND2": "AND2", "NOR2": "OR2", "XOR2": "XNOR2", "XNOR2": "XOR2", "ANDN2": "ORN2",
    "ORN2": "ANDN2",
}  # fmt: skip
"""Gates that give the opposite; not (a and not b) is b or not a, so ANDN2 and ORN2 have their inputs swapped."""

CONSTANTS = ("zero", "one")
"""Nodes 0 and 1 of every netlist; they take no gate."""

WORDS_AT_ONCE = 256
"""Words of vectors simulated at a time, so that all nodes of some thousand gates stay in the cache."""

PORT = re.compile(r"(\w+)\[(\d+)\]")


class BadNetlist(ValueError):
    """A file that holds no netlist of gates with two inputs; the message says where."""


@dataclass(frozen=True)
class Netlist:
    """A circuit without memory. Nodes are numbered: zero, one, all bits of the inputs in order, then the gates.

    Attributes
    ----------
    name : str
    inputs : dict of str to int
        Widths of the ports in order; bit 0 is the least.
    kinds : tuple of str
        Of every gate, see TABLES. A gate reads nodes before it alone.
    first, second : ndarray of int64, (gates,)
        The nodes that a gate reads; an inverter reads ``first`` twice.
    outputs : dict of str to tuple of int
        The node of every bit of the ports.
    """

    name: str
    inputs: Mapping[str, int]
    kinds: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    outputs: Mapping[str, tuple[int, ...]]

    @property
    def n_gates(self) -> int:
        """Gates; an inverter is one."""
        return len(self.kinds)

    @property
    def n_before(self) -> int:
        """Nodes before the first gate."""
        return len(CONSTANTS) + sum(self.inputs.values())

    @property
    def area(self) -> float:
        """Area in units of a NAND2."""
        return sum(AREAS[kind] for kind in self.kinds)

    @cached_property
    def depths(self) -> np.ndarray:
        """Gates on the longest way from an input to every node."""
        depths = np.zeros(self.n_before + self.n_gates, dtype=np.int64)
        for gate in range(self.n_gates):
            depths[self.n_before + gate] = 1 + max(depths[self.first[gate]], depths[self.second[gate]])
        return depths

    @property
    def depth(self) -> int:
        """Gates on the longest way from an input to an output."""
        return int(max((self.depths[node] for nodes in self.outputs.values() for node in nodes), default=0))

    @cached_property
    def steps(self) -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
        """Gates that can be simulated together: kind, what they read, and their own nodes, in an order that works."""
        depths, kinds = self.depths[self.n_before :], np.array(self.kinds, dtype=object)
        steps = []
        for depth in np.unique(depths):
            for kind in TABLES:
                here = np.flatnonzero((depths == depth) & (kinds == kind))
                if len(here):
                    steps.append((kind, self.first[here], self.second[here], self.n_before + here))
        return steps

    def evaluate(self, words: np.ndarray) -> np.ndarray:
        """Return the output bits, (bits of all ports, words) uint64, of input bits laid out alike; a word has one bit
        of 64 vectors."""
        wanted = np.array([node for nodes in self.outputs.values() for node in nodes], dtype=np.int64)
        found = np.empty((len(wanted), words.shape[1]), dtype=np.uint64)
        for start in range(0, words.shape[1], WORDS_AT_ONCE):
            piece = words[:, start : start + WORDS_AT_ONCE]
            values = np.empty((self.n_before + self.n_gates, piece.shape[1]), dtype=np.uint64)
            values[0], values[1] = 0, ~np.uint64(0)
            values[2 : self.n_before] = piece
            for kind, first, second, own in self.steps:
                values[own] = given(kind, values[first], values[second])
            found[:, start : start + WORDS_AT_ONCE] = values[wanted]
        return found

    def simulate(self, **ports: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the circuit gives for many vectors, by port.

        Parameters
        ----------
        **ports : ndarray
            Of every input port, (n,) whole numbers, negative ones as two's complement, or (n, width) bits.

        Returns
        -------
        dict of str to ndarray
            (n,) uint64 of ports with at most 64 bits, (n, width) bool of wider ones.
        """
        if set(ports) != set(self.inputs):
            raise ValueError(f"{self.name} has the inputs {', '.join(self.inputs)}; got {', '.join(ports)}")
        n = len(next(iter(ports.values())))
        sliced = [sliced_bits(ports[name], width) for name, width in self.inputs.items()]
        words = self.evaluate(np.concatenate(sliced)) if sliced else np.empty((0, 0), dtype=np.uint64)
        given, start = {}, 0
        for name, nodes in self.outputs.items():
            given[name] = joined_bits(words[start : start + len(nodes)], n)
            start += len(nodes)
        return given

    def with_fault(self, gate: int) -> Netlist:
        """Return the circuit with one gate that gives the opposite: a fault, for tests that must find it."""
        a, b, kind = self.first[gate], self.second[gate], self.kinds[gate]
        first, second = self.first.copy(), self.second.copy()
        if kind == NOT:
            raise ValueError(f"gate {gate} is an inverter; its opposite is none of the gates")
        if kind in ("ANDN2", "ORN2"):
            first[gate], second[gate] = b, a
        kinds = (*self.kinds[:gate], OPPOSITES[kind], *self.kinds[gate + 1 :])
        return Netlist(self.name, self.inputs, kinds, first, second, self.outputs)


def given(kind: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return what a kind of gate gives for words of input bits."""
    if kind == NOT:
        return ~a
    if kind == "AND2":
        return a & b
    if kind == "OR2":
        return a | b
    if kind == "NAND2":
        return ~(a & b)
    if kind == "NOR2":
        return ~(a | b)
    if kind == "XOR2":
        return a ^ b
    if kind == "XNOR2":
        return ~(a ^ b)
    return a & ~b if kind == "ANDN2" else a | ~b


def sliced_bits(values: np.ndarray, width: int) -> np.ndarray:
    """Return (width, words) uint64: bit i of 64 numbers a word. values: (n,) whole numbers, or (n, width) bits."""
    values = np.asarray(values)
    if values.ndim == 1:
        numbers = values.astype(np.int64).view(np.uint64) if values.dtype.kind == "i" else values.astype(np.uint64)
        values = (numbers[:, None] >> np.arange(width, dtype=np.uint64)) & np.uint64(1)
    if values.shape[1] != width:
        raise ValueError(f"a port of {width} bits was given {values.shape[1]}")
    n_words = -(-len(values) // 64)
    octets = np.packbits(values.astype(bool, copy=False).T, axis=1, bitorder="little")
    whole = np.zeros((width, 8 * n_words), dtype=np.uint8)
    whole[:, : octets.shape[1]] = octets
    return whole.view("<u8").astype(np.uint64)


def joined_bits(words: np.ndarray, n: int) -> np.ndarray:
    """Return the n numbers, (n,) uint64, or of more than 64 bits (n, width) bool, whose bits are sliced into words."""
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, bitorder="little", count=n).T
    if len(words) > 64:
        return bits.view(bool)
    weights = np.uint64(1) << np.arange(len(words), dtype=np.uint64)
    return (bits.astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64)


def text_of(netlist: Netlist) -> str:
    """Return a netlist as BLIF that Yosys and ABC read with ``cells.lib``."""
    names = [*CONSTANTS, *(bit for port, width in netlist.inputs.items() for bit in bits_of(port, width))]
    names += [f"n{number}" for number in range(netlist.n_gates)]
    lines = [f".model {netlist.name}"]
    lines += [f".inputs {' '.join(bits_of(port, width))}" for port, width in netlist.inputs.items()]
    lines += [f".outputs {' '.join(bits_of(port, len(nodes)))}" for port, nodes in netlist.outputs.items()]
    lines += [".names zero", ".names one", "1"]
    for number, (kind, a, b) in enumerate(zip(netlist.kinds, netlist.first, netlist.second, strict=True)):
        second = "" if kind == NOT else f" B={names[b]}"
        lines.append(f".gate {kind} A={names[a]}{second} Y=n{number}")
    for port, nodes in netlist.outputs.items():
        lines += [f".names {names[node]} {port}[{bit}]\n1 1" for bit, node in enumerate(nodes)]
    return "\n".join([*lines, ".end", ""])


def bits_of(port: str, width: int) -> list[str]:
    """Return the names of the bits of a port."""
    return [f"{port}[{bit}]" for bit in range(width)]


def read_text(text: str) -> Netlist:
    """Return the netlist that a BLIF text of :func:`text_of` holds; BadNetlist if it is none."""
    name, inputs, outputs = "", {}, {}
    nodes = {word: number for number, word in enumerate(CONSTANTS)}
    kinds, first, second, driven = [], [], [], {}
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        words = line.split()
        try:
            match words:
                case [".model", given_name]:
                    name = given_name
                case [".inputs", *bits]:
                    inputs[port_of(bits)] = len(bits)
                    for bit in bits:
                        nodes[bit] = len(nodes)
                case [".outputs", *bits]:
                    outputs[port_of(bits)] = bits
                case [".gate", kind, *pins]:
                    at = dict(pin.split("=") for pin in pins)
                    TABLES[kind]
                    first.append(nodes[at["A"]])
                    second.append(nodes[at.get("B", at["A"])])
                    kinds.append(kind)
                    nodes[at["Y"]] = len(nodes)
                case [".names", source, bit]:
                    driven[bit] = nodes[source]
                case [".names", _] | ["1"] | ["1", "1"] | [".end"] | []:
                    pass
                case _:
                    raise ValueError(f"unknown line {line[:40]!r}")
        except (KeyError, ValueError) as error:
            raise BadNetlist(f"line {number}: {error}") from None
    try:
        ends = {port: tuple(driven[bit] for bit in bits) for port, bits in outputs.items()}
    except KeyError as error:
        raise BadNetlist(f"output {error} is driven by nothing") from None
    return Netlist(name, inputs, tuple(kinds), np.array(first, dtype=np.int64), np.array(second, dtype=np.int64), ends)


def port_of(bits: Sequence[str]) -> str:
    """Return the port whose bits these are, in order; ValueError if they are none's."""
    found = PORT.fullmatch(bits[0]) if bits else None
    if found is None or bits != bits_of(found[1], len(bits)):
        raise ValueError(f"no port in order: {' '.join(bits)[:60]}")
    return found[1]


def save(netlist: Netlist, path: Path) -> None:
    """Write a netlist, compressed; the same netlist gives the same bytes."""
    with replacing(path) as file:
        file.write(gzip.compress(text_of(netlist).encode(), mtime=0))


def load(path: Path) -> Netlist:
    """Return the netlist of a file of :func:`save`; BadNetlist, with its name, if it holds none."""
    try:
        return read_text(gzip.decompress(path.read_bytes()).decode())
    except (BadNetlist, OSError, EOFError, UnicodeDecodeError) as error:
        raise BadNetlist(f"{path}: {error}") from None
