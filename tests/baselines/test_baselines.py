"""Every method: the protocol of baselines/protocol.py, and that it learns."""

import numpy as np
import pytest
from fbbench.baselines.protocol import Task, method_class
from sklearn.base import clone
from stores import skip_without_packages

from fbbench.bits import pack
from fbbench.costs import total_bits, total_gates
from fbbench.datasets import random_prototypes

VARIANTS = [
    ("bmlp", {"hidden_layers": [35, 35]}),
    ("bmlp", {"hidden_layers": [35], "arithmetic": "ternary", "hidden_bits": 16, "group_size": 5}),
    ("single_layer", {"committees": [(165, 15)]}),
    ("single_layer", {"committees": [(55, 5), (44, 4)], "arithmetic": "ternary"}),
    ("float_mlp", {"hidden_layers": [20, 20], "input": "binary", "learning_rate": 0.1}),
    ("float_mlp", {"hidden_layers": [20, 20], "optimizer": "adam"}),
    ("majority", {}),
    ("nearest_centroid", {}),
    ("logistic", {}),
    ("random_features", {"hidden_layers": [75, 35]}),
    ("random_features", {"hidden_layers": [105, 75, 35], "group_size": 5}),
    ("ensemble", {"hidden_layers": [35], "n_members": 3}),
    ("ensemble", {"arithmetic": "ternary", "n_members": 2, "group_size": 5}),
]


@pytest.fixture(scope="module")
def prototypes():
    """Easy prototypes: 1 000 + 500 samples of 200 bits, a quarter of them flipped."""
    source = random_prototypes(1500, 200, 4, flip_probability=0.25)
    return source.features[:1000], source.labels[:1000], source.features[1000:], source.labels[1000:]


@pytest.mark.parametrize("name, params", VARIANTS)
def test_learns_and_repeats(name, params, prototypes):
    skip_without_packages(name)
    x, y, x_heldout, y_heldout = prototypes
    kept = x.copy()
    names = np.array(["a", "b", "c", "d"])
    method = method_class(name)(**params, epochs=15, batch_size=50, random_state=3)
    method.fit(x, names[y])
    predicted = method.predict(x_heldout)
    assert np.mean(predicted == names[y_heldout]) > (0.6 if name != "majority" else 0.2)  # chance is 0.25
    assert 0 <= method.training_accuracy_ <= 1
    again = clone(method).fit(x, names[y])
    assert np.array_equal(again.predict(x_heldout), predicted)
    assert np.array_equal(method.fit(x, names[y]).predict(x_heldout), predicted)  # fit starts from scratch
    assert np.array_equal(x, kept)


@pytest.mark.parametrize("name, params", [v for v in VARIANTS if v[1].get("input") == "binary" or v[0] != "float_mlp"])
def test_packed_rows_are_the_same_task(name, params, prototypes):
    skip_without_packages(name)
    x, y, x_heldout, _ = prototypes
    method = method_class(name)(**params, random_state=3)
    plain = method.partial_fit(x, y, classes=range(4)).predict(x_heldout)
    packed = clone(method).set_params(n_bits=200).partial_fit(pack(x), y, classes=range(4))
    assert np.array_equal(packed.predict(pack(x_heldout)), plain)


@pytest.mark.parametrize("name, params", VARIANTS)
def test_bad_data(name, params, prototypes):
    skip_without_packages(name)
    x, y, _, _ = prototypes
    method = method_class(name)(**params)
    with pytest.raises(ValueError, match="classes"):
        clone(method).partial_fit(x, y)
    with pytest.raises(ValueError):
        clone(method).partial_fit(np.where(np.arange(200) == 7, np.nan, x), y, classes=range(4))
    with pytest.raises(ValueError):
        clone(method).partial_fit(x, y[:-1], classes=range(4))
    with pytest.raises(ValueError, match="y must only hold"):
        clone(method).partial_fit(x, y + 1, classes=range(4))


@pytest.mark.parametrize("name, params", VARIANTS)
def test_shapes_in_words(name, params):
    cls = method_class(name)
    shape = "none" if cls.width_step is None else cls.shape_of_width(22 * cls.width_step)
    made = cls(**{**params, **cls.shape_params(shape)})
    assert total_bits(made.memory(Task(1000, 100, 10))) > 0
    assert total_gates(made.gates(Task(1000, 100, 10))) > 0


def test_committee_shapes():
    shape_params = method_class("single_layer").shape_params
    assert shape_params("44_4_55_5") == {"committees": [[44, 4], [55, 5]]}
    with pytest.raises(ValueError, match="units_groups"):
        shape_params("44_4_55")
    with pytest.raises(ValueError, match="divide"):
        method_class("single_layer")(committees=[(44, 3)]).fit(np.ones((4, 5)), [0, 1, 0, 1])


def test_even_groups_collapse_only_in_ternary_arithmetic(real_fashion_mnist):
    """Published: Fashion-MNIST 44_11 gives 18.9 %. A group output of 0 is never wrong, so it never learns."""
    from fbbench.datasets import prepare

    split = prepare("fashion_mnist", 42)
    accuracies = {}
    for arithmetic, bits in (("ternary", 16), ("binary", 8)):
        method = method_class("single_layer")(
            [(44, 11)], arithmetic=arithmetic, hidden_bits=bits, n_bits=784, random_state=42
        )
        for _ in range(20):
            method.partial_fit(split.bits_train, split.y_train, classes=range(10))
        accuracies[arithmetic] = np.mean(method.predict(split.bits_heldout) == split.y_heldout)
    assert accuracies["ternary"] < 0.4
    assert accuracies["binary"] > 0.65


def test_unknown_method():
    with pytest.raises(ValueError, match="method must be one of bep, bloom_wisard"):
        method_class("perceptron")


def test_torch_is_not_imported_until_a_float_method_runs():
    import subprocess
    import sys

    code = (
        "import sys, fbbench, fbbench.cli, fbbench.baselines.protocol as p\n"
        "[p.method_class(name) for name in p.METHODS]\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
