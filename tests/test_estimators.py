import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fbbench import FullyBinaryClassifier, MajorityPerceptron, MedianBinarizer, SignPerceptron, ThermometerEncoder
from fbbench.costs import perceptron_memory, sign_memory
from fbbench.estimators import published_group_size
from fbbench.random_units import units_within


@parametrize_with_checks(
    [
        FullyBinaryClassifier(hidden_layers=(35,), epochs=5, random_state=0),
        FullyBinaryClassifier(hidden_layers=(21, 15), epochs=2, arithmetic="ternary", hidden_bits=16),
        FullyBinaryClassifier(hidden_layers=(21, 15), epochs=2, readout="perceptron", random_state=0),
        FullyBinaryClassifier(memory="100kB", random_state=0),
        FullyBinaryClassifier(memory="100kB", weights="integers", random_state=0),
    ]
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


def test_learns_digits(digits):
    x, y = digits
    model = FullyBinaryClassifier(hidden_layers=(135, 135), epochs=20, random_state=0)
    assert cross_val_score(model, x, y, cv=3).mean() > 0.8  # chance is 0.1


@pytest.mark.parametrize(
    "names", [list("abcdefghij"), [float(k - 3) for k in range(10)], [k % 2 == 0 for k in range(10)]]
)
def test_any_labels(digits, names):
    x, y = digits
    labels = np.array(names)[y]
    model = FullyBinaryClassifier(hidden_layers=(35,), epochs=3, random_state=0).fit(x, labels)
    assert set(model.predict(x)) <= set(labels)
    assert model.score(x, labels) > 0.3


@pytest.mark.parametrize(
    "weights, network, memory_model, epochs",
    [("bits", SignPerceptron, sign_memory, 20), ("integers", MajorityPerceptron, perceptron_memory, 10)],
)
def test_a_memory_budget_chooses_the_network_and_its_size(digits, weights, network, memory_model, epochs):
    x, y = digits
    model = FullyBinaryClassifier(memory="50kB", weights=weights, random_state=0).fit(x, y)
    units = model.network_.n_units
    assert type(model.network_) is network
    assert units == units_within(memory_model, 8 * 50_000, len(x), x.shape[1], 10) > 0
    assert len(model.training_accuracies_) == epochs
    assert cross_val_score(model, x, y, cv=3).mean() > 0.85
    steps = FullyBinaryClassifier(memory="50kB", weights=weights, random_state=0)
    for _ in range(epochs):
        steps.partial_fit(x, y, classes=range(10))
    assert steps.network_.state_hash() == model.network_.state_hash()


@pytest.mark.parametrize("memory", ["1kB", "5", 5, "five MB"])
def test_a_budget_that_is_none_or_too_small_is_said(digits, memory):
    with pytest.raises(
        ValueError,
        match=r"memory: (\d+ bits .15.4 kB. are the least|a size must be a number and a unit|a size needs a unit)",
    ):
        FullyBinaryClassifier(memory=memory).fit(*digits)


@pytest.mark.parametrize("weights", ["floats", None, 3])
def test_weights_are_bits_or_integers(digits, weights):
    with pytest.raises(ValueError, match="weights must be 'bits' or 'integers'"):
        FullyBinaryClassifier(memory="50kB", weights=weights).fit(*digits)


def test_partial_fit_is_fit_epoch_by_epoch(digits):
    x, y = digits
    whole = FullyBinaryClassifier(hidden_layers=(35,), epochs=3, random_state=1).fit(x, y)
    steps = FullyBinaryClassifier(hidden_layers=(35,), random_state=1)
    for _ in range(3):
        steps.partial_fit(x, y, classes=range(10))
    assert steps.network_.state_hash() == whole.network_.state_hash()
    assert steps.training_accuracies_ == whole.training_accuracies_


def test_bits_without_an_encoder():
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 60)
    x = random.choice([-1, 1], size=(2, 30))[y] * random.choice([-1, 1], p=[0.1, 0.9], size=(60, 30))
    model = FullyBinaryClassifier(hidden_layers=(35,), epochs=10, encoder=None, random_state=0).fit(x, y)
    assert model.score(x, y) > 0.8
    with pytest.raises(ValueError, match="-1 or"):
        model.predict(x * 0.5)


def test_own_encoder_and_pipeline(digits):
    x, y = digits
    model = FullyBinaryClassifier(hidden_layers=(35,), epochs=2, encoder=MedianBinarizer("global"), random_state=0)
    assert clone(model).fit(x, y).encoder_.scope == "global"
    assert make_pipeline(FunctionTransformer(), model).fit(x, y).score(x, y) > 0.2


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": 2.5}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"encoder": "mean"}, "encoder"),
        ({"group_size": "best"}, "group_size"),
        ({"group_size": 4}, "group_size"),
        ({"hidden_layers": ()}, "hidden_layers must not be empty"),
        ({"hidden_layers": 35}, "hidden_layers"),
        ({"arithmetic": "decimal"}, "arithmetic"),
        ({"encoder": {}}, "encoder must be"),
        ({"encoder": MedianBinarizer}, "encoder must be"),
        ({"hidden_layers": ("a",)}, "hidden_layers must be an integer"),
        ({"hidden_layers": (10**9,)}, "hidden_layers must be an integer"),
        ({"hidden_layers": {35, 75}}, "hidden_layers must be a sequence"),
        ({"group_size": [[1], [2, 3]]}, "group_size"),
        ({"readout": ["last"]}, "readout must be one of"),
        ({"encoder": ThermometerEncoder(10**9)}, "n_bits must be an integer"),
        ({"encoder": StandardScaler()}, "encoder must give -1 and .1; StandardScaler"),
        (
            {"encoder": KBinsDiscretizer(2, strategy="uniform")},
            "encoder must give an array; KBinsDiscretizer gives a sparse matrix",
        ),
    ],
)
def test_bad_parameters(digits, changes, message):
    with pytest.raises(ValueError, match=message):
        FullyBinaryClassifier(**({"hidden_layers": (35,), "epochs": 1} | changes)).fit(*digits)


@pytest.mark.parametrize("epochs", ["false", 8.0, True, float("inf")])
def test_bad_epochs_are_refused_epoch_by_epoch_too(digits, epochs):
    with pytest.raises(ValueError, match="epochs must be an integer"):
        FullyBinaryClassifier(epochs=epochs).partial_fit(*digits, classes=np.unique(digits[1]))


def test_bad_data(digits):
    x, y = digits
    model = FullyBinaryClassifier(hidden_layers=(35,), epochs=1, random_state=0)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.where(x == 3, np.nan, x), y)
    with pytest.raises(ValueError, match="2 classes"):
        model.fit(x, y * 0)
    model.fit(x, y)
    before = model.network_.state_hash()
    with pytest.raises(ValueError, match="known classes"):
        model.partial_fit(x, y + 1)
    with pytest.raises(ValueError, match="features"):
        model.predict(x[:, 1:])
    assert model.network_.state_hash() == before


def test_published_group_sizes():
    published = {35: 35, 75: 75, 135: 45, 255: 85, 525: 105, 1035: 115}
    assert {k: published_group_size(k) for k in published} == published
    for width in range(1, 400):
        assert width % published_group_size(width) == 0


def test_parameters_that_change_between_epochs_do_not_change_the_network(digits):
    x, y = digits
    model = FullyBinaryClassifier(memory="50kB", random_state=0).partial_fit(x, y, classes=range(10))
    other = FullyBinaryClassifier(memory="50kB", random_state=0).partial_fit(x, y, classes=range(10)).partial_fit(x, y)
    model.set_params(memory=None).partial_fit(x, y)
    assert model.network_.state_hash() == other.network_.state_hash()
