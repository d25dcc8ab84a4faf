"""Packing: little bit order, 1 = +1, tail bits 0."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbbench.bits import check_bits, pack, unpack


@given(n=st.integers(1, 20), d=st.integers(1, 300), seed=st.integers(0, 2**32 - 1))
def test_round_trip(n, d, seed):
    values = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), size=(n, d))
    packed = pack(values)
    assert packed.shape == (n, -(-d // 64)) and packed.dtype == np.uint64
    assert np.array_equal(unpack(packed, d), values)


@given(d=st.integers(1, 200), seed=st.integers(0, 2**32 - 1))
def test_bit_order(d, seed):
    row = np.random.default_rng(seed).choice([-1, 1], size=(1, d))
    number = sum(1 << i for i in range(d) if row[0, i] == 1)
    words = pack(row)[0]
    assert sum(int(word) << (64 * i) for i, word in enumerate(words)) == number


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64, np.float32, np.float64])
def test_any_numeric_dtype(dtype):
    assert np.array_equal(pack(np.array([[1, -1, 1]], dtype=dtype)), [[0b101]])


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((2, 3)),
        np.full((2, 3), np.nan),
        np.full((2, 3), 2, dtype=np.int8),
        np.full((2, 3), 257),
        np.full((2, 3), -128, dtype=np.int8),
        np.ones((2, 3), dtype=bool),
        np.ones(3),
        np.ones((0, 3)),
        np.ones((3, 0)),
        np.array([["1", "-1"]]),
    ],
)
def test_bad_values(values):
    with pytest.raises(ValueError, match="values must be"):
        pack(values)


def test_the_message_names_the_place():
    values = np.ones((3, 70), dtype=np.int8)
    values[2, 66] = 0
    with pytest.raises(ValueError, match="row 2, column 66 is 0"):
        pack(values)


@pytest.mark.parametrize(
    "bits, n_bits",
    [
        (np.zeros((2, 1), dtype=np.int64), 5),
        (np.zeros((2, 2), dtype=np.uint64), 5),
        (np.zeros((0, 1), dtype=np.uint64), 5),
        (np.full((1, 1), 1 << 5, dtype=np.uint64), 5),
        (np.zeros((2, 1), dtype=np.uint64), 0),
        (np.zeros(2, dtype=np.uint64), 5),
    ],
)
def test_bad_packing(bits, n_bits):
    with pytest.raises(ValueError):
        check_bits(bits, n_bits)
