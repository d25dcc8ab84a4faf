"""Thresholds in whole numbers: those of the formulas in floats, and right where floats are not."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from fbbench import FullyBinaryNetwork
from fbbench.network.thresholds import MOST_ROWS, PI, accuracy_of, reinforcement_threshold, share_above, share_below

RNG = np.random.default_rng(0)
X, Y = RNG.choice([-1, 1], (300, 70)), RNG.integers(0, 3, 300)


def machin(bits):
    """Return floor(pi 2^bits), a little less at most, by Machin's formula."""

    def inverse_tangent(x):
        term = total = (1 << bits + 20) // x
        number, sign = 3, -1
        while term:
            term //= x * x
            total, number, sign = total + sign * (term // number), number + 2, -sign
        return total

    return 4 * (4 * inverse_tangent(5) - inverse_tangent(239)) >> 20


def test_pi():
    assert PI == Fraction(machin(156), 1 << 156)


@given(
    st.sampled_from([0.25, 0.5, 0.75, 1.0, 3.0]),
    st.integers(1, 9216),
    st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_the_threshold_is_that_of_the_formula(reinforcement, fan_in, right_of):
    """To within one: floats are rounded twice, and a threshold that they put on the other side has not been seen."""
    right, n = right_of
    p = reinforcement * math.sqrt(1 - right / n) * math.sqrt(2 / (math.pi * fan_in))
    found = reinforcement_threshold(reinforcement, Fraction(right, n), fan_in)
    assert abs(found - math.floor(min(p, 1.0) * 2**32)) <= 1
    assert found == reinforcement_threshold(reinforcement, right / n, fan_in), "a saved accuracy gives the same"


def test_the_thresholds_of_stored_rows_are_those_of_floats():
    for fan_in in (64, 784, 9216, 35, 135, 525, 1035):
        for n in (7575, 9469, 50_000, 60_000):
            for wrong in range(0, n, n // 97):
                p = 0.5 * math.sqrt(1 - (n - wrong) / n) * math.sqrt(2 / (math.pi * fan_in))
                assert reinforcement_threshold(0.5, Fraction(n - wrong, n), fan_in) == math.floor(p * 2**32)


@given(st.integers(1, MOST_ROWS).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_accuracy_is_told_again_from_a_float(right_of):
    ratio = Fraction(*right_of)
    assert accuracy_of(float(ratio)) == ratio == accuracy_of(ratio)


@given(st.floats(0, 1), st.integers(1, 1 << 15))
@example(0.29, 100)
@example(0.28, 25)
@example(5e-324, 32767)
def test_shares_are_those_that_floats_gave(share, n):
    assert (share_below(share, n), share_above(share, n)) == (math.floor(share * n), math.ceil(share * n))


def test_an_accuracy_that_is_no_ratio_of_rows_is_kept():
    assert accuracy_of(1 - 1e-9) == Fraction(1 - 1e-9)
    p = 0.5 * math.sqrt(1 - (1 - 1e-9)) * math.sqrt(2 / (math.pi * 784))
    assert reinforcement_threshold(0.5, 1 - 1e-9, 784) == math.floor(p * 2**32)


def test_training_goes_on_from_a_file_as_it_would_have(tmp_path):
    network = FullyBinaryNetwork((70, 21), 3, group_size=7, seed=1)
    network.train_epoch(X, Y)
    network.save(tmp_path / "n.npz")
    other = FullyBinaryNetwork.load(tmp_path / "n.npz")
    assert other._previous == network._previous and network._previous.denominator <= 300
    for one in (network, other):
        one.train_epoch(X, Y)
    assert other.state_hash() == network.state_hash()
