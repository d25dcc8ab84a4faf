"""Draws: the start table, fairness, addresses."""

import math

import numpy as np
import pytest
from scipy import stats

from fbbench import FullyBinaryNetwork
from fbbench.kernels import normal_table, random, reference


def test_table_is_the_normal_distribution_cut_towards_zero():
    values = np.arange(normal_table.FIRST, normal_table.FIRST + len(normal_table.TABLE))
    edges = np.where(values >= 0, values + 1, values) / 64  # |X| is cut down, so k >= 0 covers [k, k + 1)
    expected = np.rint(2.0**32 * stats.norm.cdf(edges))
    assert np.abs(np.array(normal_table.TABLE) - expected).max() <= 1
    assert list(normal_table.TABLE) == sorted(normal_table.TABLE)
    assert normal_table.TABLE[-1] == 1 << 32


def test_start_weights():
    binary = FullyBinaryNetwork((1000, 300), 10, group_size=1, hidden_bits=16, seed=1).hidden_weights(0)
    ternary = FullyBinaryNetwork(
        (1000, 300), 10, group_size=1, hidden_bits=16, arithmetic="ternary", seed=1
    ).hidden_weights(0)
    assert (binary % 2 != 0).all()
    assert abs(np.mean(ternary == 0) - 0.0125) < 0.001
    for hidden in (binary, ternary):
        assert abs(hidden.std() - 64) < 0.5
        assert abs(hidden.mean()) < 0.6
    clipped = FullyBinaryNetwork((1000, 300), 10, group_size=1, seed=1).hidden_weights(0)
    assert np.array_equal(clipped, np.clip(binary, -127, 127))
    assert abs(np.mean(np.abs(binary) > 127) - 0.046) < 0.002


def test_bernoulli_rate_and_independence():
    key = random.stream(3, random.REINFORCEMENT, 0)
    for p in (0.001, 0.02, 0.25, 0.5, 0.9):
        words = reference.bernoulli(key, random.hit_cuts(math.floor(p * 2**32)), 4000)
        bits = np.unpackbits(words.view(np.uint8), bitorder="little").reshape(-1, 64)
        n = bits.size
        assert abs(bits.mean() - p) < 5 * math.sqrt(p * (1 - p) / n)
        pairs = bits[:, 1:] * bits[:, :-1]  # neighbours in a word come from the same random word
        assert abs(pairs.mean() - p * p) < 5 * math.sqrt(p * p / pairs.size)
        across = bits[1:] * bits[:-1]
        assert abs(across.mean() - p * p) < 5 * math.sqrt(p * p / across.size)


def test_thresholds_at_both_ends():
    assert not reference.bernoulli(1, random.hit_cuts(0), 5).any()
    assert (reference.bernoulli(1, random.hit_cuts(1 << 32), 5) == 2**64 - 1).all()


def test_hits_are_binomial_and_every_position_is_as_likely():
    for p in (0.004, 0.02, 0.25, 0.6):
        threshold = math.floor(p * 2**32)
        cuts = random.hit_cuts(threshold) / 2**34
        assert np.abs(cuts - stats.binom.cdf(np.arange(64), 64, threshold / 2**32)).max() < 1e-9
        words = reference.bernoulli(random.stream(4, random.REINFORCEMENT, 0), random.hit_cuts(threshold), 6000)
        bits = np.unpackbits(words.view(np.uint8), bitorder="little").reshape(-1, 64)
        assert stats.chisquare(bits.sum(axis=0)).pvalue > 1e-4  # 64 positions
        counts = np.bincount(bits.sum(axis=1, dtype=np.int64), minlength=65)
        expected = 6000 * stats.binom.pmf(np.arange(65), 64, p)
        common = expected > 5
        assert (
            stats.chisquare(
                [*counts[common], counts[~common].sum()], [*expected[common], expected[~common].sum()]
            ).pvalue
            > 1e-4
        )


def test_a_draw_hits_as_many_weights_as_it_should():
    for n in range(65):
        for draw in (0, 2**64 - 1, 0x123456789ABCDEF):
            positions = random.hit_positions(draw, n)
            assert len(positions) == n and positions <= set(range(64))


def test_reinforcement_probability_is_evaluated_in_the_written_order():
    network = FullyBinaryNetwork((784, 35), 10, group_size=35, reinforcement=0.5, seed=0)
    p = 0.5 * math.sqrt(1 - 0.8) * math.sqrt(2 / (math.pi * 784))
    assert network.reinforcement_threshold(784, 0.8) == math.floor(p * 2**32)
    strong = FullyBinaryNetwork((1, 1), 2, group_size=1, reinforcement=100.0, seed=0)
    assert strong.reinforcement_threshold(1, 0.0) == 1 << 32


def test_streams_differ():
    keys = {random.stream(s, p, n) for s in range(5) for p in range(1, 7) for n in range(5)}
    assert len(keys) == 150


def test_permutation():
    order = random.permutation(random.stream(0, random.SHUFFLE, 0), 1000)
    assert sorted(order) == list(range(1000))
    assert not np.array_equal(order, random.permutation(random.stream(0, random.SHUFFLE, 1), 1000))


@pytest.mark.parametrize("n, key", [(1, 3), (2, 3), (1000, 3), (50_000, 3), (1 << 20, 20)])
def test_permutation_sorts_the_words(n, key):
    """Two words of the last stream differ in their lowest 20 bits alone, and their items lie the other way round."""
    order = random.permutation(key, n)
    assert order.dtype == np.int64
    assert np.array_equal(order, np.argsort(random.words(key, 0, n)))


def test_an_order_of_nothing_and_of_too_much():
    assert len(random.permutation(3, 0)) == 0
    with pytest.raises(ValueError, match="n must lie in"):
        random.permutation(3, 1 << 32)


def test_words_have_fixed_values():
    """A change of the generator would silently change every published result of this project."""
    assert [int(w) for w in random.words(0, 0, 2)] == [16294208416658607535, 7960286522194355700]  # splitmix64, seed 0
