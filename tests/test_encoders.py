import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fbbench import MedianBinarizer


@parametrize_with_checks([MedianBinarizer(), MedianBinarizer(scope="global")])
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
