"""The netlists that were counted are simulated and give what the reference gives, bit for bit."""

import numpy as np
import pytest
from circuit_oracles import expected, formats

from fbbench.circuits import BY_NAME, CIRCUITS, netlist_of, table
from fbbench.circuits.catalogue import COUNTING
from fbbench.circuits.netlist import joined_bits, sliced_bits

EXHAUSTIVE_BITS = 17
VECTORS = 1 << 20
PIECE = 1 << 16
ROWS_OF_STEP = 1 << 12
"""Vectors of bmlp_row, whose reference goes row after row."""

SLOW_ORACLES = {"bmlp_row": ROWS_OF_STEP}


def random_words(netlist, n, rng):
    """Return input words whose share of ones differs from word to word, from none to all; 64 vectors have the same."""
    n_bits, n_words = sum(netlist.inputs.values()), -(-n // 64)
    words = rng.integers(0, 1 << 64, (n_bits, n_words), dtype=np.uint64)
    for word in range(n_words):
        for _ in range(word % 6):
            more = rng.integers(0, 1 << 64, n_bits, dtype=np.uint64)
            words[:, word] = words[:, word] & more if word % 12 < 6 else words[:, word] | more
    words[:, 0], words[:, -1] = 0, ~np.uint64(0)
    return words


def all_words(netlist):
    """Return the words of every input that there is."""
    n_bits = sum(netlist.inputs.values())
    return sliced_bits(np.arange(1 << n_bits, dtype=np.uint64), n_bits)


def split(netlist, words, n):
    """Return input words as numbers or bits by port, as an oracle reads them."""
    ports, start = {}, 0
    for port, width in netlist.inputs.items():
        ports[port] = joined_bits(words[start : start + width], n)
        start += width
    return ports


def joined(netlist, ports):
    """Return the words of inputs that are given by port."""
    return np.concatenate([sliced_bits(ports[port], width) for port, width in netlist.inputs.items()])


def honest(name, ports):
    """Return inputs as they can be: weights are odd, BEP's and a group's signs are those of their sums."""
    circuit = BY_NAME[name]
    if circuit.module in ("saturating_step", "reinforcement", "settle"):
        ports["h"] = ports["h"] | np.uint64(1)
    n = circuit.parameters.get("N", 0)
    if circuit.module == "gate_of_unit":
        ports["differ"] = ports["differ"] % np.uint64(n + 1)
        ports["a"] = (ports["differ"] <= n // 2).astype(np.uint64)
    if circuit.module == "easiest":
        size, bits = circuit.parameters["G"], n.bit_length()
        drawn = ports["differ"].reshape(-1, size, bits) @ (1 << np.arange(bits))
        near = np.where(np.arange(len(drawn))[:, None] % 3, drawn % (n + 1), n // 2 - 4 + drawn % 9)  # ties abound
        ports["differ"] = (near[:, :, None] >> np.arange(bits) & 1).astype(bool).reshape(len(drawn), -1)
        ports["a"] = ((near <= n // 2) << np.arange(size)).sum(axis=1).astype(np.uint64)
    if circuit.module == "trigger":
        ports["label"] = ports["label"] % np.uint64(circuit.parameters["CLASSES"])
        ports["margin"] = np.maximum(ports["margin"] % np.uint64(600), np.uint64(1))
        ports["differ"][:, circuit.parameters["BITS"] - 1 :: circuit.parameters["BITS"]] &= (
            np.arange(len(ports["label"]))[:, None] % 2 > 0
        )
    if circuit.module == "bmlp_row":
        ports["label"] = ports["label"] % np.uint64(5)
    return ports


def float_corners(parameters):
    """Return patterns that are zeros, least, greatest, infinite, no numbers, and neighbours of powers of 2."""
    into, _ = formats(parameters)
    mantissa, top = into.mantissa, (1 << into.exponent) - 1
    whole = [0, 1, 2, (1 << mantissa) - 1, 1 << (mantissa - 1)]
    fields = {(e, m) for e in (0, 1, 2, into.bias - 1, into.bias, into.bias + 1, top - 2, top - 1, top) for m in whole}
    fields |= {(into.bias // 2 + d, m) for d in range(-2, 3) for m in whole}
    fields |= {(into.bias + into.bias // 2 + d, m) for d in range(-2, 3) for m in whole}
    positive = [(e << mantissa) | m for e, m in sorted(fields)]
    return np.array(positive + [p | 1 << (into.exponent + mantissa) for p in positive], dtype=np.uint64)


def float_vectors(circuit, netlist, n, rng):
    """Return n random pairs of floats: any patterns, exponents near each other, results near what is largest and least;
    and all pairs of corners."""
    into, _ = formats(circuit.parameters)
    mantissa, top, bias = into.mantissa, (1 << into.exponent) - 1, into.bias
    corners = float_corners(circuit.parameters)
    ports = list(netlist.inputs)
    if len(ports) == 1:
        return {ports[0]: np.concatenate([corners, rng.integers(0, 1 << netlist.inputs[ports[0]], n, dtype=np.uint64)])}
    width = netlist.inputs[ports[0]]
    a, b = (rng.integers(0, 1 << width, n, dtype=np.uint64) for _ in ports)
    e_a, e_b = (((one >> np.uint64(mantissa)) & np.uint64(top)).astype(np.int64) for one in (a, b))
    kind = np.arange(n) % 5
    near = rng.integers(-mantissa - 3, mantissa + 4, n)
    e_b = np.where(kind == 1, e_a + near, e_b)
    e_b = np.where(kind == 2, bias + 1 - e_a + near, e_b)  # products near the least
    e_b = np.where(kind == 3, top + bias - e_a + near % 5 - 2, e_b)  # products near the greatest
    e_b = np.where(kind == 4, e_a - bias + near % 5 - 2, e_b)  # quotients near the least and the greatest
    mask = np.uint64(top << mantissa)
    b = (b & ~mask) | (np.clip(e_b, 0, top).astype(np.uint64) << np.uint64(mantissa))
    pairs = np.array(np.meshgrid(corners, corners)).reshape(2, -1)
    any_number = np.tile(a[: len(corners) * (n // 20 // len(corners))], 1)
    corner = np.tile(
        corners, len(any_number) // len(corners)
    )  # every corner meets hundreds of other numbers, both ways
    first, second = (pairs[0], a, corner, any_number), (pairs[1], b, any_number, corner)
    return {ports[0]: np.concatenate(first), ports[1]: np.concatenate(second)}


def pieces(name, netlist, n, seed=0):
    """Yield inputs by port: every one that there is of few bits, else many random ones and corners."""
    circuit, rng = BY_NAME[name], np.random.default_rng(seed)
    n_bits = sum(netlist.inputs.values())
    if circuit.module.startswith("float_"):
        ports = float_vectors(circuit, netlist, n, rng)
        for start in range(0, len(ports[next(iter(ports))]), PIECE):
            yield {port: values[start : start + PIECE] for port, values in ports.items()}
    elif n_bits <= EXHAUSTIVE_BITS:
        yield split(netlist, all_words(netlist), 1 << n_bits)
    else:
        for _ in range(-(-n // PIECE)):
            yield split(netlist, random_words(netlist, min(n, PIECE), rng), min(n, PIECE))


def first_difference(netlist, name, n, seed=0):
    """Return the first output of a netlist that is not what it must be, with its inputs; None where all are."""
    for ports in pieces(name, netlist, n, seed):
        ports = honest(name, ports)
        found, wanted = netlist.simulate(**ports), expected(name, ports)
        for port, values in wanted.items():
            differ = np.atleast_1d(as_numbers(found[port]) != as_numbers(values))
            if differ.any():
                row = int(np.flatnonzero(differ)[0])
                return port, {given: values[row] for given, values in ports.items()}, found[port][row], values[row]
    return None


def as_numbers(values):
    """Return outputs in one form: numbers, or of wide ports the bytes of a row."""
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] <= 64:
        values = (values.astype(np.uint64) << np.arange(values.shape[1], dtype=np.uint64)).sum(axis=1)
    return values.astype(np.uint64)


NAMES = [circuit.name for circuit in CIRCUITS]
WIDE = [circuit.name for circuit in CIRCUITS if circuit.module in COUNTING and circuit.elements > EXHAUSTIVE_BITS]
"""Counts of hundreds of bits: most of the time goes into laying out their vectors."""


@pytest.mark.parametrize("name", NAMES)
def test_a_netlist_gives_what_the_reference_gives(name):
    netlist, n = netlist_of(name), SLOW_ORACLES.get(BY_NAME[name].module, VECTORS)
    assert first_difference(netlist, name, n // 8 if name in WIDE else n) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", WIDE)
def test_a_wide_netlist_gives_what_the_reference_gives(name):
    assert first_difference(netlist_of(name), name, VECTORS, seed=1) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_table_counts_the_netlist(name):
    netlist, row = netlist_of(name), table()[name]
    assert (netlist.n_gates, netlist.depth) == (int(row["gates"]), int(row["depth"]))
    assert round(netlist.area, 1) == float(row["nand2"])
