"""Netlists made smaller: no gate twice, none for a constant or for an inverter that a neighbour can take in, none that
nothing reads; then the phases with the least area. Every result is simulated by the tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from .netlist import AREAS, CONSTANTS, NOT, TABLES, Netlist, sliced_bits

Literal = tuple[int, bool]
"""A node, and whether it is read inverted."""

Gate = tuple[int, int, int]
"""Truth table of four bits, and the two nodes read."""

FORMS = {table: (kind, False) for kind, table in TABLES.items() if kind != NOT}
FORMS |= {0b0100: ("ANDN2", True), 0b1101: ("ORN2", True)}
"""Truth table -> kind of gate, and whether its inputs are swapped."""

GATE_COST = 1000.0
"""Of a gate beside area, so that no gate is ever added to save area."""

PASSES = 20

TRIED_BITS = 17
"""Input bits up to which all inputs of a circuit are tried."""


def reduced(netlist: Netlist) -> Netlist:
    """Return a netlist that gives the same for every input, with as many gates or fewer."""
    gates, ends = folded(netlist)
    phases = least_area(gates, ends, netlist.n_before)
    return rebuilt(netlist, gates, ends, phases)


def without_free_gates(netlist: Netlist) -> Netlist:
    """Return a netlist without gates that may be anything: each is replaced by what it reads or by a constant where no
    output changes for any input. Of circuits with few input bits, as all inputs are tried."""
    n_bits = sum(netlist.inputs.values())
    if n_bits > TRIED_BITS:
        return netlist
    words = sliced_bits(np.arange(1 << n_bits, dtype=np.uint64), n_bits)
    wanted, gate = netlist.evaluate(words), netlist.n_gates
    while gate:
        gate -= 1
        for node in (0, 1, int(netlist.first[gate]), int(netlist.second[gate])):
            tried = with_node(netlist, gate, node)
            if np.array_equal(tried.evaluate(words), wanted):
                netlist = reduced(tried)
                gate = netlist.n_gates
                break
    return netlist


def with_node(netlist: Netlist, gate: int, node: int) -> Netlist:
    """Return a netlist in which another node is read in place of a gate."""
    own = netlist.n_before + gate
    first, second = (np.where(read == own, node, read) for read in (netlist.first, netlist.second))
    ends = {port: tuple(node if end == own else end for end in nodes) for port, nodes in netlist.outputs.items()}
    return Netlist(netlist.name, netlist.inputs, netlist.kinds, first, second, ends)


def folded(netlist: Netlist) -> tuple[dict[int, Gate], dict[str, list[Literal]]]:
    """Return the gates that are needed, by node, and what the outputs read. No gate gives 1 for two zeros: where one
    would, its complement is there, and it is read inverted."""
    stands_for: list[Literal] = [(0, False), (0, True)]
    stands_for += [(node, False) for node in range(2, netlist.n_before)]
    gates: dict[int, Gate] = {}
    known: dict[Gate, int] = {}
    for kind, first, second in zip(netlist.kinds, netlist.first, netlist.second, strict=True):
        found = simplified(TABLES[kind], stands_for[first], stands_for[second])
        if isinstance(found[0], int):
            stands_for.append(found)
            continue
        gate, inverted = found
        if gate not in known:
            known[gate] = netlist.n_before + len(gates)
            gates[known[gate]] = gate
        stands_for.append((known[gate], inverted))
    ends = {port: [stands_for[node] for node in nodes] for port, nodes in netlist.outputs.items()}
    needed = {node for literals in ends.values() for node, _ in literals}
    for node in sorted(gates, reverse=True):
        if node in needed:
            needed.update(gates[node][1:])
    return {node: gate for node, gate in gates.items() if node in needed}, ends


def simplified(table: int, first: Literal, second: Literal) -> Literal | tuple[Gate, bool]:
    """Return what a gate of two literals is: a literal, or a gate that gives 0 for two zeros and whether it is read
    inverted."""
    (a, a_inverted), (b, b_inverted) = first, second
    values = [bool(table >> ((x ^ a_inverted) + 2 * (y ^ b_inverted)) & 1) for y in (0, 1) for x in (0, 1)]
    if a == 0:
        values[1], values[3] = values[0], values[2]
    if b == 0:
        values[2], values[3] = values[0], values[1]
    if a == b:
        values[1] = values[0]
        values[2] = values[3]
    reads_a = values[0] != values[1] or values[2] != values[3]
    reads_b = values[0] != values[2] or values[1] != values[3]
    if a == b and reads_a:
        return a, values[0]
    if not reads_a and not reads_b:
        return 0, values[0]
    if not reads_b:
        return a, values[0]
    if not reads_a:
        return b, values[0]
    if a > b:
        a, b = b, a
        values[1], values[2] = values[2], values[1]
    inverted = values[0]
    table = sum((value ^ inverted) << number for number, value in enumerate(values))
    return (table, a, b), inverted


def kind_of(gate: Gate, inverted: bool, phases: Mapping[int, bool]) -> tuple[str, bool]:
    """Return the kind of gate, and whether its inputs are swapped, where nodes are there inverted by their phases."""
    table, a, b = gate
    values = [(table >> ((x ^ phases[a]) + 2 * (y ^ phases[b])) & 1) ^ inverted for y in (0, 1) for x in (0, 1)]
    return FORMS[sum(value << number for number, value in enumerate(values))]


def least_area(gates: Mapping[int, Gate], ends: Mapping[str, list[Literal]], n_before: int) -> dict[int, bool]:
    """Return which gates give their complement: no inverter that can be saved, then the area that is least when gates,
    and what they read, are turned in turn."""
    phases = defaultdict(bool, dict.fromkeys(gates, False))
    readers: dict[int, list[int]] = defaultdict(list)
    for node, (_, a, b) in gates.items():
        readers[a].append(node)
        readers[b].append(node)
    asked: dict[int, set[bool]] = defaultdict(set)
    for literals in ends.values():
        for node, inverted in literals:
            asked[node].add(inverted)

    def cost(turned: Sequence[int]) -> float:
        """Return what the gates cost that some nodes are or are read by, and the inverters at these nodes."""
        touched = {one for node in turned for one in (node, *readers[node])}
        area = sum(AREAS[kind_of(gates[one], phases[one], phases)[0]] for one in touched)
        return area + (GATE_COST + AREAS[NOT]) * sum(len(asked[node] - {phases[node]}) for node in turned)

    def helps(turned: Sequence[int]) -> bool:
        """Turn some nodes if that costs less."""
        before = cost(turned)
        for node in turned:
            phases[node] = not phases[node]
        if cost(turned) < before - 1e-9:
            return True
        for node in turned:
            phases[node] = not phases[node]
        return False

    for _ in range(PASSES):
        changed = False
        for node, (_, *read) in gates.items():
            reads = [one for one in read if one in gates]
            moves = ([node], reads, [node, *reads]) if len(reads) == len(read) else ([node],)
            changed |= any([helps(turned) for turned in moves])
        if not changed:
            break
    return phases


def rebuilt(
    netlist: Netlist, gates: Mapping[int, Gate], ends: Mapping[str, list[Literal]], phases: Mapping[int, bool]
) -> Netlist:
    """Return the netlist of some gates with their phases, with inverters where an output needs them."""
    number = {node: node for node in range(netlist.n_before)}
    kinds, first, second = [], [], []

    def add(kind: str, a: int, b: int) -> int:
        kinds.append(kind)
        first.append(a)
        second.append(b)
        return netlist.n_before + len(kinds) - 1

    for node, gate in sorted(gates.items()):
        kind, swapped = kind_of(gate, phases[node], phases)
        a, b = (number[read] for read in gate[1:])
        number[node] = add(kind, b, a) if swapped else add(kind, a, b)
    inverters: dict[int, int] = {}
    outputs = {}
    for port, literals in ends.items():
        nodes = []
        for node, inverted in literals:
            if node < len(CONSTANTS):
                nodes.append(int(inverted))
            elif inverted == phases[node]:
                nodes.append(number[node])
            else:
                if node not in inverters:
                    inverters[node] = add(NOT, number[node], number[node])
                nodes.append(inverters[node])
        outputs[port] = tuple(nodes)
    reads = np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
    return Netlist(netlist.name, netlist.inputs, tuple(kinds), *reads, outputs)
