"""Tables as numbers for float methods, stratified splits, and what a loader says of columns."""

import numpy as np
import pandas as pd
import pytest
from fbbench.baselines.protocol import Task, method_class
from hypothesis import given
from hypothesis import strategies as st

from fbbench import datasets
from fbbench.costs import total_bits
from fbbench.datasets.split import choose_rows, classes_spread
from fbbench.datasets.tables import table_source

FRAME = pd.DataFrame(
    {"x": ["1", "2", "?", "4", "100"], "c": ["a", "b", "a", "?", "b"], "y": ["-1", "0.5", "3", "3", "0"]}
)


def test_numbers_are_standardised_by_the_rows_they_are_fitted_on():
    source = table_source(FRAME, [0, 1, 0, 1, 0], "file.csv")
    fit, wanted = np.array([0, 1, 3]), np.arange(5)
    (rows,) = source.numbers_of(fit, wanted)
    assert rows.shape == (5, source.table_inputs) == (5, 2 + 2 + 1) and rows.dtype == np.float32
    x = np.array([1, 2, 1, 4, 100.0])  # the mode of 1, 2, 4 is the least of them
    seen = x[fit]
    np.testing.assert_allclose(rows[:, 0], (x - seen.mean()) / seen.std(), rtol=1e-6)
    np.testing.assert_array_equal(rows[:, 2:4], [[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]])  # "?" is the mode, a
    np.testing.assert_array_equal(rows[:, 4], 1)


def test_numbers_of_any_size_are_standardised():
    values = np.array([9e307, -9e307, 1e300, 0, 5e307])
    source = table_source(pd.DataFrame({"x": values, "e": [np.nan] * 5}), [0, 1, 0, 1, 0], "file.csv")
    (rows,) = source.numbers_of(np.arange(5), np.arange(5))
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(rows[:, 0].std(), 1, rtol=1e-6)


def test_numbers_of_a_split_are_fitted_on_what_the_protocol_lets_it_see():
    strict, published = (datasets.prepare("iris", 3, protocol).numbers()[0] for protocol in ("strict", "published"))
    np.testing.assert_allclose(strict[:, :4].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(strict[:, :4].std(axis=0), 1, atol=1e-6)
    assert np.abs(published[:, :4].mean(axis=0)).max() > 1e-3


def test_a_number_costs_as_much_as_a_float_as_it_does_as_a_thermometer():
    known = datasets.registry.describe("wine")
    task = Task(known.n_train, known.n_features, known.n_classes, known.table_inputs)
    bits, table = (method_class("float_mlp")(hidden_layers=[5], input=of) for of in ("binary", "table"))
    assert table.memory(task)["data"] == bits.memory(task)["data"] == known.n_train * 13 * 32
    weights = {made.input: made.memory(task)["weights"] for made in (bits, table)}
    assert weights["table"] == 32 * (14 * 5 + 5 * 3) and weights["binary"] == 32 * (13 * 32 * 5 + 5 * 3)
    assert table.sample_divisor == 1 and total_bits(table.ledger(task)) > 0


@pytest.mark.parametrize("params", [{"value_bits": 8}, {"all_samples": True}])
def test_a_table_has_no_shorter_values(params):
    with pytest.raises(ValueError, match="are for float input"):
        method_class("float_mlp")(input="table", **params).check(Task(100, 64, 2, 5))


def test_data_that_are_no_table_are_refused():
    with pytest.raises(ValueError, match="reads the numbers of a table"):
        method_class("float_mlp")(input="table").check(Task(100, 64, 2))
    assert "numbers of a table" in datasets.registry.describe("digits").lacks_input("table")
    assert "a table" in datasets.registry.describe("iris").lacks_input("float")
    assert "bits by nature" in datasets.registry.describe("random_prototypes").lacks_input("float")
    assert datasets.registry.describe("iris").lacks_input("table") == ""


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_class_is_held_out_by_its_share(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    n = len(labels)
    n_heldout = int(share * n)
    order = np.random.default_rng(seed).permutation(n)
    found = classes_spread(order, labels, n_heldout)
    assert sorted(found) == list(range(n))
    heldout = np.bincount(labels[found[n - n_heldout :]], minlength=len(counts))
    assert heldout.sum() == n_heldout
    exact = np.array(counts) * n_heldout / n
    if (np.array(counts) - np.ceil(exact) >= 1).all():  # classes large enough to round as they should
        assert (np.abs(heldout - exact) < 1).all()
    if n - n_heldout >= len(counts):
        assert (heldout < counts).all()  # every class is trained on
    for part in (found[: n - n_heldout], found[n - n_heldout :]):  # as shuffled within each part
        places = np.argsort(order)[part]
        assert (np.diff(places) > 0).all()


def test_small_classes_take_turns_to_be_held_out():
    labels = np.repeat(np.arange(11), [80] + [2] * 10)
    times = np.zeros(11)
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(100)
        heldout = np.bincount(labels[classes_spread(order, labels, 20)[80:]], minlength=11)
        assert heldout[0] == 16 and heldout.max(initial=0, where=np.arange(11) > 0) == 1
        times += heldout
    assert (times[1:] > 5).all()  # whatever their numbers


def test_a_stratified_split_is_by_seed_and_hides_its_held_out_rows():
    split, again, other = (datasets.prepare("iris", seed, "stratified") for seed in (5, 5, 6))
    assert np.bincount(split.y_heldout).tolist() == [10, 10, 10]
    np.testing.assert_array_equal(split.bits_train, again.bits_train)
    assert not np.array_equal(split.rows_heldout, other.rows_heldout)
    assert not split.encoder_saw_heldout
    labels = datasets.load("iris").labels
    train, _, fit = choose_rows(150, 0, False, "stratified", 30, 5, labels)
    np.testing.assert_array_equal(train, fit)
