import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fbbench import MedianBinarizer
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
