import hashlib
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from fbbench import MedianBinarizer
from fbbench.datasets import prepare
from fbbench.encoders import SignOneHotEncoder, ThermometerEncoder


@parametrize_with_checks(
    [MedianBinarizer(), MedianBinarizer(scope="global"), ThermometerEncoder(), SignOneHotEncoder()]
)
def test_scikit_learn(estimator, check):
    check(estimator)


def test_scopes():
    x = np.array([[1, 10, 5, 6], [2, 20, 7, 8], [3, 30, 9, 9]])
    assert MedianBinarizer().fit_transform(x).tolist() == [[-1, -1, -1, -1], [-1, -1, -1, -1], [1, 1, 1, 1]]
    assert MedianBinarizer(scope="global").fit(x).thresholds_.tolist() == [7.5] * 4
    per_channel = MedianBinarizer(scope="channel", channel_size=2).fit(x)
    assert per_channel.thresholds_.tolist() == [6.5, 6.5, 7.5, 7.5]
    assert per_channel.transform(x).dtype == np.int8


def test_the_median_itself_is_minus_one():
    assert MedianBinarizer().fit_transform([[0.0], [0.0], [1.0]]).tolist() == [[-1], [-1], [1]]


def test_only_the_rows_of_fit_count():
    encoder = MedianBinarizer().fit([[0.0], [1.0], [2.0]])
    assert encoder.transform([[100.0], [1.5]]).tolist() == [[1], [1]]
    assert encoder.thresholds_.tolist() == [1.0]


@pytest.mark.parametrize(
    "encoder, message",
    [
        (MedianBinarizer(scope="row"), "scope must be"),
        (MedianBinarizer(scope="channel"), "channel_size"),
        (MedianBinarizer(scope="channel", channel_size=3), "channel_size must divide"),
    ],
)
def test_bad_parameters(encoder, message):
    with pytest.raises(ValueError, match=message):
        encoder.fit(np.ones((3, 4)))


@pytest.mark.parametrize("x", [[[np.nan, 1.0]], [[np.inf, 1.0]], [], [1.0, 2.0]])
def test_bad_data(x):
    with pytest.raises(ValueError):
        MedianBinarizer().fit(x)


def test_thermometer_is_the_fraction_of_smaller_training_values():
    x = np.random.default_rng(0).normal(size=(1000, 2)) ** 3
    bits = ThermometerEncoder().fit_transform(x)
    assert bits.shape == (1000, 64) and set(np.unique(bits)) == {-1, 1}
    assert (np.diff(bits.reshape(1000, 2, 32).astype(int), axis=2) <= 0).all()  # a thermometer has no gaps
    share = (bits.reshape(1000, 2, 32) > 0).mean(axis=0)
    assert np.abs(share - (1 - np.arange(1, 33) / 33)).max() < 0.002


def test_thermometer_of_constant_columns_and_values_beyond_the_training_rows():
    encoder = ThermometerEncoder(n_bits=4).fit([[5.0], [5.0], [5.0]])
    assert encoder.transform([[5.0], [4.0], [6.0]]).tolist() == [[-1] * 4, [-1] * 4, [1] * 4]
    with pytest.raises(ValueError, match="n_bits"):
        ThermometerEncoder(n_bits=0).fit([[1.0], [2.0]])


def test_unseen_categories_are_minus_one_everywhere():
    encoder = SignOneHotEncoder().fit(np.array([["a", "x"], ["b", "x"]], dtype=object))
    assert encoder.transform(np.array([["b", "x"], ["c", "y"]], dtype=object)).tolist() == [[-1, 1, 1], [-1, -1, -1]]


# ---- exact, and never blind ----

COLUMNS = st.one_of(
    hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(allow_nan=False, allow_infinity=False)),
    hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)),
    hnp.arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([0.0, 1.0, 2.0])),
    hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(-(2**63), 2**63 - 1)),
    hnp.arrays(np.uint8, st.integers(1, 40)),
)
NEIGHBOURS = np.float32([1, np.nextafter(np.float32(1), np.float32(2))])


@given(COLUMNS)
@example(NEIGHBOURS)
@example(np.array([1.0, np.nextafter(1.0, 2.0)]))
@example(np.array([1.7e308, 1.6e308, 1.5e308, -1.7e308]))
@example(np.array([2**53, 2**53 + 1, 2**53 + 1]))
@example(np.array([1] * 51 + [0] * 49))
def test_median_is_exact_and_two_values_always_vary(column):
    x = column.reshape(-1, 1)
    bits = MedianBinarizer().fit_transform(x)[:, 0]
    exact = sorted(Fraction(int(v) if column.dtype.kind in "iu" else float(v)) for v in column)
    median = (exact[(len(exact) - 1) // 2] + exact[len(exact) // 2]) / 2
    if median == exact[-1]:  # the largest value takes up half of the rows
        expected = [1 if v == column.max() and exact[0] < exact[-1] else -1 for v in column]
    else:
        values = (Fraction(int(v) if column.dtype.kind in "iu" else float(v)) for v in column)
        expected = [1 if v > median else -1 for v in values]
    assert bits.tolist() == expected
    assert len(np.unique(column)) < 2 or len(np.unique(bits)) == 2


@given(COLUMNS, st.integers(1, 40))
@example(np.arange(11.0), 32)
@example(np.arange(210.0), 32)
@example(np.array([1.0] * 98 + [0.0] * 2), 32)
@example(NEIGHBOURS, 32)
@example(np.array([2**53, 2**53 + 1, 2**53 + 1]), 32)
def test_quantiles_are_exact_and_two_values_always_vary(column, n_bits):
    encoder = ThermometerEncoder(n_bits).fit(column.reshape(-1, 1))
    ordered, n = np.sort(column), len(column)
    expected = [next(ordered[i] for i in range(n) if Fraction(i + 1, n) >= Fraction(k, n_bits + 1))
                for k in range(1, n_bits + 1)]  # fmt: skip
    if expected[0] == ordered[-1] > ordered[0]:
        expected = [ordered[ordered < ordered[-1]][-1]] * n_bits
    assert encoder.thresholds_[0].tolist() == expected
    codes = encoder.transform(column.reshape(-1, 1))
    assert len(np.unique(column)) < 2 or len(np.unique(codes, axis=0)) >= 2


@pytest.mark.parametrize("scope", [{"scope": "global"}, {"scope": "channel", "channel_size": 2}])
def test_shared_medians_split_what_shares_them(scope):
    x = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 1]])
    assert MedianBinarizer(**scope).fit_transform(x).tolist() == (2 * x - 1).tolist()


def test_binary_features_keep_their_information():
    """As `FullyBinaryClassifier` sees 0/1 features with more than half ones; before, all bits were -1."""
    x = (np.random.default_rng(0).random((200, 5)) < 0.8).astype(float)
    assert (MedianBinarizer().fit_transform(x) == 2 * x - 1).all()


def test_names_of_bits():
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "size": [3.0, 2.0, 1.0]})
    assert MedianBinarizer().fit(frame).get_feature_names_out().tolist() == ["age", "size"]
    assert ThermometerEncoder(2).fit(frame).get_feature_names_out().tolist() == ["age_1", "age_2", "size_1", "size_2"]
    colours = pd.DataFrame({"colour": ["red", "blue", "red"]})
    assert SignOneHotEncoder().fit(colours).get_feature_names_out().tolist() == ["colour_blue", "colour_red"]
    for encoder, data in ((MedianBinarizer(), frame), (ThermometerEncoder(2), frame), (SignOneHotEncoder(), colours)):
        framed = encoder.set_output(transform="pandas").fit_transform(data)
        assert list(framed.columns) == encoder.get_feature_names_out().tolist()


def digest_of(name, protocol):
    split = prepare(name, 42, protocol)
    return hashlib.sha256(split.bits_train.tobytes() + split.bits_heldout.tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(("protocol", "digest"), [("published", "5683285f29eca881"), ("strict", "b18d08341156f3aa")])
def test_bits_of_fashion_mnist_are_what_the_committed_rows_were_trained_on(real_fashion_mnist, protocol, digest):
    assert digest_of("fashion_mnist", protocol) == digest


@pytest.mark.parametrize(
    ("name", "protocol", "digest"),
    [("random_prototypes", "published", "c62b4eab2eb862fb"), ("digits", "published", "48b8e526ea90a690"),
     ("digits", "strict", "a01aa4fd97d9f9b1"), ("iris", "published", "6f99df19c3d3a05e"),
     ("wine", "strict", "3cadff6f3c18cd96"), ("breast_cancer", "published", "40c0d3282fe1f523")],
)  # fmt: skip
def test_bits_of_known_sets_do_not_change(name, protocol, digest):
    assert digest_of(name, protocol) == digest


@pytest.mark.parametrize("encoder", [MedianBinarizer(), ThermometerEncoder()])
def test_numbers_beyond_64_bits_and_times_are_refused(encoder):
    """Three values of 1e4000 became one bit, silently."""
    if np.finfo(np.longdouble).max > np.finfo(np.float64).max:
        with pytest.raises(ValueError, match="64-bit floats"):
            encoder.fit(np.array([[1], [2], [3]], dtype=np.longdouble) * np.longdouble("1e4000"))
    assert clone(encoder).fit_transform(np.array([[1], [2]], dtype=np.longdouble)).any()
    with pytest.raises(ValueError):
        encoder.fit(np.array([["2020-01-01"], ["2021-01-01"]], dtype="datetime64[D]"))
