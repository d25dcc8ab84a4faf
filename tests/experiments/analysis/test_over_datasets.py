"""Many data sets, one difference each; and what a row's confusion matrix gives."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, f1_score

from fbbench.experiments.analysis.measures import balanced_accuracy, macro_f1, measure_of, measured_by
from fbbench.experiments.analysis.over_datasets import chances, is_told_apart, resampled_error, typical

DIFFERENCES = st.lists(st.floats(-20, 20).map(lambda x: round(x, 3)), min_size=6, max_size=25)


@given(DIFFERENCES)
def test_the_typical_difference_is_the_median_of_means_of_two(values):
    found = typical(values)
    pairs = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2)]
    assert found.value == pytest.approx(float(np.median(pairs)), abs=1e-9)
    assert found.low <= found.value <= found.high and found.n == len(values)
    turned = typical([-value for value in values])
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    wide = typical(values, level=0.01)
    assert wide.low <= found.low and wide.high >= found.high


def test_the_interval_covers_what_is_true():
    """Of normal differences around 1, the 95 % interval holds 1 in about 95 of 100 cases."""
    rng = np.random.default_rng(0)
    found = [typical(rng.normal(1, 3, size=28)) for _ in range(400)]
    covered = np.mean([one.low <= 1 <= one.high for one in found])
    assert 0.92 < covered < 0.98
    assert np.mean([one.p < 0.05 for one in (typical(rng.normal(0, 3, size=28)) for _ in range(400))]) < 0.08


@pytest.mark.parametrize("n", [6, 7, 8, 12, 20, 28])
@pytest.mark.parametrize("level", [0.05, 0.05 / 3])
def test_the_interval_is_the_test_inverted(n, level):
    """What lies inside is what Wilcoxon's exact test does not refuse; of values without ties."""
    values = np.random.default_rng(n).normal(0.7, 2, size=n)
    found = typical(values, level)
    for shift, inside in ((found.low + 1e-6, True), (found.low - 1e-6, False), (found.high + 1e-6, False)):
        if np.isfinite(shift):
            assert (stats.wilcoxon(values - shift, method="exact").pvalue > level) == inside


def test_few_data_sets_tell_nothing():
    found = typical([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.value == 3 and np.isnan(found.low) and np.isnan(found.p)
    assert typical([0.0] * 8).p == 1


def test_chances_of_behind_same_and_ahead():
    pytest.importorskip("baycomp")
    assert chances([5.0] * 20) == pytest.approx((0, 0, 1), abs=0.01)
    assert chances([-5.0] * 20) == pytest.approx((1, 0, 0), abs=0.01)
    assert chances([0.2] * 20) == pytest.approx((0, 1, 0), abs=0.01)
    assert chances([3.0, -1.0, 0.5] * 6) == chances([3.0, -1.0, 0.5] * 6)


def test_seeds_of_one_small_table_count_for_less():
    values = np.array([1.0, 2.0, 0.5, 1.5, 1.0, 2.5, 0.0, 1.0, 1.5, 2.0])
    plain = values.std(ddof=1) / np.sqrt(10)
    assert resampled_error(values, 0, 80) == pytest.approx(plain)
    assert resampled_error(values, 20, 80) == pytest.approx(plain * np.sqrt(1 + 10 * 0.25))
    assert is_told_apart(values, 20, 80)
    near = values - 0.7
    assert stats.ttest_1samp(near, 0).pvalue < 0.05 and not is_told_apart(near, 20, 80)
    assert not is_told_apart([1.0, 1.0], 20, 80) and is_told_apart([1.0] * 6, 20, 80)
    assert not is_told_apart([0.0] * 5, 20, 80) and not is_told_apart([1.0], 20, 80)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_measures_of_a_confusion_matrix_are_those_of_scikit_learn(pairs):
    truth, predicted = map(list, zip(*pairs, strict=True))
    confusion = np.zeros((5, 5), dtype=int)
    np.add.at(confusion, (truth, predicted), 1)
    there = sorted(set(truth))
    recalls = [np.mean([p == t for t, p in pairs if t == c]) for c in there]
    assert balanced_accuracy(confusion) == pytest.approx(np.mean(recalls))
    if set(predicted) <= set(truth):
        assert balanced_accuracy(confusion) == pytest.approx(balanced_accuracy_score(truth, predicted))
    assert macro_f1(confusion) == pytest.approx(f1_score(truth, predicted, average="macro"))


def test_rows_without_a_confusion_matrix_have_accuracy_alone():
    old = {"outcome": {"heldout_accuracy": 75.0}}
    new = {"outcome": {"heldout_accuracy": 75.0, "confusion": [[3, 0], [1, 0]]}}
    assert measure_of(old, "accuracy") == 75 and np.isnan(measure_of(old, "balanced"))
    assert measure_of(new, "balanced") == 50
    assert measured_by([("a", old), ("b", new)], "accuracy") == [("a", old), ("b", new)]
    ((key, row),) = measured_by([("a", old), ("b", new)], "f1")
    assert key == "b" and row["outcome"]["heldout_accuracy"] == pytest.approx(100 * (6 / 7) / 2)
    assert new["outcome"]["heldout_accuracy"] == 75
