"""What every circuit must give, in NumPy: by name, a function from the inputs of many vectors to the outputs.

Ports of at most 64 bits are (n,) uint64, wider ones (n, width) bool.
"""

import numpy as np

from fbbench.circuits import BY_NAME
from fbbench.kernels import random, reference


def signed(values, bits):
    """Return numbers of so many bits, in two's complement, as int64."""
    values = values.astype(np.int64)
    return values - ((values >> (bits - 1)) << bits)


def unsigned(values, bits):
    """Return int64 as numbers of so many bits in two's complement."""
    return (values & ((1 << bits) - 1)).astype(np.uint64)


def bits_of(values, n):
    """Return (n_vectors, n) bool of a port, however it is given."""
    if values.ndim == 2:
        return values
    return (values[:, None] >> np.arange(n, dtype=np.uint64)) & np.uint64(1) > 0


def fields(values, n, bits):
    """Return the n numbers of some bits each that a port holds side by side, (n_vectors, n) int64."""
    whole = bits_of(values, n * bits).reshape(len(values), n, bits)
    return (whole * (1 << np.arange(bits))).sum(axis=2)


def popcount(parameters, x):
    return {"n": bits_of(x, parameters["N"]).sum(axis=1)}


def unit(parameters, x, w):
    n = parameters["N"]
    differ = (bits_of(x, n) ^ bits_of(w, n)).sum(axis=1)
    return {"a": n - 2 * differ >= 0, "differ": differ}


def score(parameters, x, w):
    return {"differ": unit(parameters, x, w)["differ"]}


def ternary_unit(parameters, x, x_there, w, w_there):
    n = parameters["N"]
    x, w = 2 * bits_of(x, n).astype(np.int8) - 1, 2 * bits_of(w, n).astype(np.int8) - 1
    there = bits_of(w_there, n) & (bits_of(x_there, n) if parameters["INPUT_ZEROS"] else True)
    z = np.einsum("ij,ij->i", x * there, w, dtype=np.int64)
    return {"z": unsigned(z, n.bit_length() + 1), "a": z > 0, "a_there": z != 0}


def majority(parameters, x):
    n = parameters["N"]
    return {"y": (2 * bits_of(x, n).astype(np.int64) - 1).sum(axis=1) > 0}


def bound(bits):
    return (1 << (bits - 1)) - 1


def saturating_step(parameters, h, up):
    bits = parameters["BITS"]
    moved = signed(h, bits) + 2 * (2 * up.astype(np.int64) - 1)
    return {"moved": unsigned(np.clip(moved, -bound(bits), bound(bits)), bits)}


def reinforcement(parameters, h, drawn):
    bits = parameters["BITS"]
    weights = signed(h, bits)
    moved = weights + 2 * np.sign(weights) * drawn.astype(np.int64)
    return {"moved": unsigned(np.clip(moved, -bound(bits), bound(bits)), bits)}


def accumulate(parameters, sum, x, desired, chosen):
    bits = parameters["BITS"]
    move = np.where(x == desired, 1, -1) * chosen.astype(np.int64)
    return {"moved": unsigned(signed(sum, bits) + move, bits)}


def settle(parameters, h, sum, drawn):
    bits = parameters["BITS"]
    moved = signed(h, bits) + 2 * signed(sum, parameters["SUM_BITS"])
    moved += 2 * np.sign(moved) * drawn.astype(np.int64)
    settled = np.clip(moved, -bound(bits), bound(bits))
    return {"settled": unsigned(settled, bits), "w": settled > 0}


def draw(parameters, state, threshold):
    state = state.astype(np.uint64)
    for _ in range(parameters["STEPS"]):
        new = (state >> np.uint64(15)) ^ (state >> np.uint64(14)) ^ (state >> np.uint64(12)) ^ (state >> np.uint64(3))
        state = ((state << np.uint64(1)) & np.uint64(0xFFFF)) | (new & np.uint64(1))
    return {"next": state, "hit": state < threshold}


def random_word(parameters, counter):
    return {"word": random.mix64(counter.copy())}


def argmax(parameters, differ):
    values = fields(differ, parameters["CLASSES"], parameters["BITS"])
    return {"index": (-values).argmax(axis=1), "least": values.min(axis=1)}


def trigger(parameters, differ, label, margin):
    """By the reference's own rule, of scores K - 2 differ."""
    values = -2 * fields(differ, parameters["CLASSES"], parameters["BITS"])
    fires, _ = reference.triggers(values, label.astype(np.int64), 2 * margin.astype(np.int64))
    return {"fires": fires}


def easiest(parameters, wrong, a, differ):
    """The first of the wrong units with the least |z|; a is the sign of z, as it must be."""
    size, n = parameters["G"], parameters["N"]
    z = np.abs(n - 2 * fields(differ, size, n.bit_length()))
    of_wrong = np.where(bits_of(wrong, size), z, 1 << 40)
    chosen = np.zeros((len(z), size), dtype=bool)
    chosen[np.arange(len(z)), of_wrong.argmin(axis=1)] = True
    return {"chosen": chosen & bits_of(wrong, size)}


def gate_of_unit(parameters, a, differ, half):
    z = np.abs(parameters["N"] - 2 * differ.astype(np.int64))
    return {"open": z <= 2 * half.astype(np.int64)}


def integer_add(parameters, a, b):
    return {"sum": unsigned((a + b).astype(np.int64), parameters["BITS"])}


def integer_multiply(parameters, a, b):
    bits = parameters["BITS"]
    return {"product": unsigned(signed(a, bits) * signed(b, bits), 2 * bits)}


def signed_add(parameters, sum, w, x):
    bits = parameters["SUM_BITS"]
    moved = signed(sum, bits) + signed(w, parameters["BITS"]) * (2 * x.astype(np.int64) - 1)
    return {"moved": unsigned(moved, bits)}


class Format:
    """Floats of some bits of exponent and mantissa, held as float64; subnormals are flushed where asked."""

    def __init__(self, exponent, mantissa, subnormals):
        self.exponent, self.mantissa, self.subnormals = exponent, mantissa, subnormals
        self.bias = (1 << (exponent - 1)) - 1

    def decoded(self, bits):
        """Return patterns as float64."""
        bits = bits.astype(np.int64)
        e, m = (bits >> self.mantissa) & ((1 << self.exponent) - 1), bits & ((1 << self.mantissa) - 1)
        normal = np.ldexp(1.0 + np.ldexp(m.astype(np.float64), -self.mantissa), e - self.bias)
        small = np.ldexp(m.astype(np.float64), 1 - self.bias - self.mantissa) * self.subnormals
        value = np.where(e == 0, small, normal)
        value = np.where(e == (1 << self.exponent) - 1, np.where(m == 0, np.inf, np.nan), value)
        return np.where(bits >> (self.exponent + self.mantissa), -value, value)

    def encoded(self, values):
        """Return the patterns of float64 rounded to the nearest, ties to even; all NaN as one."""
        finite = np.where(np.isfinite(values), values, 1.0)
        _, e = np.frexp(np.abs(finite))
        step = e - 1 - self.mantissa
        if self.subnormals:
            step = np.maximum(step, 1 - self.bias - self.mantissa)
        exact = np.ldexp(np.rint(np.ldexp(np.abs(finite), -step)), step)
        most, least = 2.0 ** (self.bias + 1), 2.0 ** (1 - self.bias)
        exact = np.where((exact >= most) | np.isinf(values), np.inf, exact)
        if not self.subnormals:
            exact = np.where(exact < least, 0.0, exact)
        with np.errstate(over="ignore", invalid="ignore"):
            _, e = np.frexp(np.where(np.isinf(exact), 1.0, exact))
            is_normal = exact >= least
            scaled = np.where(np.isinf(exact), 0.0, exact)
            m = np.where(
                is_normal, np.ldexp(scaled, self.mantissa + 1 - e), np.ldexp(scaled, self.bias - 1 + self.mantissa)
            )
        m = m.astype(np.int64)
        pattern = np.where(is_normal, ((e - 1 + self.bias) << self.mantissa) + (m - (1 << self.mantissa)), m)
        top = ((1 << self.exponent) - 1) << self.mantissa
        pattern = np.where(np.isinf(exact), top, pattern)
        pattern = pattern | (np.signbit(values).astype(np.int64) << (self.exponent + self.mantissa))
        return np.where(np.isnan(values), top | (1 << (self.mantissa - 1)), pattern).astype(np.uint64)


def formats(parameters):
    """Return the formats of what is read and of what is given."""
    exponent, mantissa, subnormals = parameters["EXP"], parameters["MAN"], parameters.get("SUBNORMALS", 0)
    out = parameters.get("OUT_EXP", exponent), parameters.get("OUT_MAN", mantissa)
    return Format(exponent, mantissa, subnormals), Format(*out, subnormals)


def two_floats(operation, output):
    """Return the oracle of an operation that float64 has exactly, or near enough that rounding twice changes nothing
    (Figueroa 1995: 2 p + 2 bits are enough for sums, products, quotients and roots)."""

    def oracle(parameters, a, b):
        into, out = formats(parameters)
        with np.errstate(all="ignore"):
            return {output: out.encoded(operation(into.decoded(a), into.decoded(b)))}

    return oracle


def float_root(parameters, a):
    into, out = formats(parameters)
    with np.errstate(all="ignore"):
        return {"root": out.encoded(np.sqrt(into.decoded(a)))}


def bmlp_row(parameters, x, w, p, label):
    """By the functions of the kernels' reference, row after row: 64 inputs, 15 units, 5 classes, groups of 5."""
    from types import SimpleNamespace

    layer = SimpleNamespace(committee=False, ternary=False, n_units=15, n_read=15, group_size=5, margin=3)
    made = {"chosen": [], "desired": [], "triggered": [], "right": []}
    for one_x, one_w, one_p, one_label in zip(bits_of(x, 64), w, p, label.astype(np.int64), strict=True):
        weights, classifier = (
            2 * one.reshape(shape).astype(np.int64) - 1 for one, shape in ((one_w, (15, 64)), (one_p, (5, 15)))
        )
        z = reference.exact_product(2 * one_x[None].astype(np.int64) - 1, weights)
        a = reference.sign(z, False)
        fires, right = reference.triggers(reference.exact_product(a, classifier), np.array([one_label]), layer.margin)
        chosen, desired = reference.easiest_units(layer, z[0], a[0], a[0], classifier[one_label])
        made["chosen"].append(chosen & fires[0])
        made["desired"].append(desired > 0)
        made["triggered"].append(fires[0])
        made["right"].append(right[0])
    return {name: np.array(values) for name, values in made.items()}


ORACLES = {
    "popcount": popcount, "popcount_tree": popcount, "unit": unit, "score": score, "ternary_unit": ternary_unit,
    "majority": majority, "saturating_step": saturating_step, "reinforcement": reinforcement, "accumulate": accumulate,
    "settle": settle, "draw": draw, "random_word": random_word, "argmax": argmax, "trigger": trigger,
    "easiest": easiest, "gate_of_unit": gate_of_unit, "integer_add": integer_add, "integer_multiply": integer_multiply,
    "signed_add": signed_add, "float_multiply": two_floats(np.multiply, "product"),
    "float_add": two_floats(np.add, "sum"), "float_divide": two_floats(np.divide, "quotient"), "float_root": float_root,
    "bmlp_row": bmlp_row,
}  # fmt: skip
"""By module."""


def expected(name, inputs):
    """Return what a circuit must give."""
    circuit = BY_NAME[name]
    return ORACLES[circuit.module](circuit.parameters, **inputs)
