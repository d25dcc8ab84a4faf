"""Intervals cover what they say, tests are exact, and what seeds cannot show is not shown."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fbbench.experiments.analysis.statistics import (
    BOOTSTRAP_FROM,
    compare_all,
    detectable_difference,
    holm,
    interval,
    permutation_p,
    seeds_needed,
)


def coverage(find, n, trials=400):
    """Return how often an interval of n normal values covers their true mean."""
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(trials):
        low, high = find(random.normal(size=n))
        hits += low <= 0 <= high
    return hits / trials


def ends(values):
    found = interval(values)
    return found.low, found.high


@pytest.mark.parametrize("n", [3, 5, 10])
def test_intervals_cover_the_mean_with_few_seeds(n):
    assert 0.92 <= coverage(ends, n) <= 0.98


@pytest.mark.parametrize("n, at_most", [(3, 0.82), (10, 0.92)])
def test_a_bootstrap_would_not(n, at_most):
    """Why few seeds get Student's t."""

    def resampled(values):
        return stats.bootstrap((values,), np.mean, n_resamples=499, method="percentile", rng=0).confidence_interval

    assert coverage(resampled, n) < at_most


def test_kinds_of_intervals():
    values = np.random.default_rng(0).normal(size=BOOTSTRAP_FROM)
    assert interval(values).how == "bootstrap" and interval(values[:-1]).how == "t"
    assert interval(values) == interval(values)  # the same values, the same interval
    assert ends([3.0, 3.0, 3.0]) == (3.0, 3.0)
    assert ends([0.1] * 50) == pytest.approx((0.1, 0.1))
    assert all(math.isnan(end) for end in ends([3.0]))
    low, high = ends(values)
    t_low, t_high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx((t_low, t_high), abs=0.1)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=8))
def test_the_permutation_test_is_exact(differences):
    """Every change of signs, counted one by one."""
    n = len(differences)
    observed = abs(sum(differences))
    sums = [abs(sum(d if bits >> i & 1 else -d for i, d in enumerate(differences))) for bits in range(1 << n)]
    assert permutation_p(differences) == pytest.approx(sum(s >= observed for s in sums) / (1 << n))


@pytest.mark.parametrize("counts", [[-2, 9, -1, -8], [-3, -5, 4, 1, -8, -1, 7, 8, 5]])
def test_sums_that_only_rounding_tells_apart_are_the_same(counts):
    """Accuracies are counts over held-out rows: many changes of signs give the same sum."""
    assert permutation_p([count / 3.6 for count in counts]) == permutation_p(counts)


def test_equal_differences_show_nothing():
    assert math.isnan(detectable_difference([1.0] * 8)) and math.isnan(detectable_difference([0.0] * 8))


def test_many_pairs_are_tested_at_random_the_same_each_time():
    differences = np.random.default_rng(0).normal(0.4, 1, size=30)
    assert permutation_p(differences) == permutation_p(differences)
    assert permutation_p(differences) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.01)


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1, 1]
    assert holm([0.2]) == [0.2]


def test_false_alarms_are_rare():
    """Methods that are equal are called different in at most about 5 of 100 tables of four lines."""
    random = np.random.default_rng(5)
    alarms = 0
    for _ in range(150):
        pairs = [(random.normal(size=10), random.normal(size=10)) for _ in range(4)]
        alarms += any(line.verdict in "AB" for line in compare_all(pairs))
    assert alarms / 150 <= 0.09


@pytest.mark.parametrize("n_comparisons, needed", [(1, 6), (2, 7), (6, 8), (100, 12)])
def test_too_few_seeds_are_said(n_comparisons, needed):
    assert seeds_needed(n_comparisons) == needed
    for n, verdict in ((needed - 1, "too few seeds"), (needed, "A")):
        a = np.arange(n) + 100.0
        lines = compare_all([(a, np.arange(n) * 0.999)] * n_comparisons)
        assert {line.verdict for line in lines} == {verdict}
        assert math.isinf(lines[0].detectable) == (verdict == "too few seeds")


@pytest.mark.parametrize("n, n_comparisons", [(6, 1), (8, 1), (8, 4), (10, 1), (10, 20), (20, 1)])
def test_what_could_have_been_shown_is_shown_as_often_as_said(n, n_comparisons):
    random = np.random.default_rng(2)
    unit = np.tile([-1.0, 1.0], n // 2)
    shift = detectable_difference(unit / unit.std(ddof=1), n_comparisons)
    tries = 300 if n <= 14 else 60
    found = sum(permutation_p(random.normal(shift, 1, size=n)) <= 0.05 / n_comparisons for _ in range(tries)) / tries
    assert 0.72 <= found <= 0.88


def test_lines_that_are_decided_do_not_count_against_the_others():
    """Holm's last comparison is tested at the full level: six seeds are enough for it, seven for two."""
    a, tied = np.arange(7) + 100.0, np.array([1.0, -1, 1, -1, 1, -1])
    clear, unclear = compare_all([(a, a * 0.99), (tied, -tied)])
    assert (clear.verdict, unclear.verdict, unclear.seeds_needed) == ("A", "tie", 6)
    assert math.isfinite(unclear.detectable)
    neither = compare_all([(tied, -tied), (tied, -tied)])
    assert [(line.verdict, line.seeds_needed) for line in neither] == [("too few seeds", 7)] * 2


def test_ties_and_signs():
    a = np.array([80.0, 81, 82, 83, 84, 85])
    same, ahead, behind = compare_all([(a, a), (a + 5, a * 0.999), (a * 0.999, a + 5)])
    assert (same.verdict, same.mean, same.p) == ("too few seeds", 0, 1)
    many = np.concatenate([a, a + 0.5])
    same, ahead, behind = compare_all([(many, many), (many + 5, many * 0.999), (many * 0.999, many + 5)])
    assert (same.verdict, ahead.verdict, behind.verdict) == ("tie", "A", "B")
    assert ahead.mean == pytest.approx(-behind.mean) and ahead.interval.low > 4
