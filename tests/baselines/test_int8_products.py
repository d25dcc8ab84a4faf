"""Training in numbers of 8 bits: what is held is 8 bits, and rounding at random is right in the mean."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fbbench.baselines import int8_products  # noqa: E402
from fbbench.baselines.float_mlp import FloatMLP  # noqa: E402


def of_8_bits(values):
    """Return whether values are whole numbers up to 127 times one power of 2."""
    values = np.asarray(values, dtype=np.float64)
    step = 2.0 ** math.floor(math.log2(np.abs(values).max() / 63.5))
    return any((np.abs(v := values / (step * power)) <= 127).all() and (v == np.rint(v)).all() for power in (0.5, 1, 2))


@pytest.mark.parametrize("scale", [1e-20, 0.3, 1.0, 127.0, 128.0, 1e20])
def test_what_is_cut_to_8_bits_is_near(scale):
    values = torch.linspace(-1, 0.7, 1001) * scale
    for generator in (None, torch.Generator().manual_seed(1)):
        short = int8_products.to_int8(torch, values, generator)
        assert of_8_bits(short)
        assert (short - values).abs().max() <= scale / 63.5 * (0.5 if generator is None else 1)


def test_nothing_is_cut_to_nothing():
    assert (int8_products.to_int8(torch, torch.zeros(5)) == 0).all()


def test_signs_are_kept_as_they_are():
    signs = torch.tensor([1.0, -1, -1, 1])
    assert (int8_products.to_int8(torch, signs) == signs).all()


def test_rounding_at_random_is_right_in_the_mean():
    generator, values = torch.Generator().manual_seed(3), torch.full((200_000,), 0.3)
    found = int8_products.rounded(torch, values, generator)
    assert set(found.tolist()) == {0.0, 1.0}
    assert abs(found.mean() - 0.3) < 5 * math.sqrt(0.21 / 200_000)


def test_a_product_and_its_gradients_are_those_of_the_cut_numbers():
    rng = np.random.default_rng(5)
    x, w = (torch.from_numpy(rng.integers(-127, 128, shape).astype(np.float32)) for shape in ((9, 30), (4, 30)))
    x[0, 0] = w[0, 0] = 127
    x, w = (x / 64).requires_grad_(), (w / 64).requires_grad_()
    got = int8_products.product_of(torch)(x, w, torch.Generator().manual_seed(1))
    assert (got == x @ w.T).all(), "8 bits already"
    gradient = torch.zeros(9, 4)
    gradient[2, 1] = -2.0
    got.backward(gradient)
    assert (x.grad[2] == -2 * w[1]).all() and (x.grad[3] == 0).all()
    assert (w.grad[1] == -2 * x[2]).all() and (w.grad[0] == 0).all()


def test_weights_keep_8_bits_and_learn():
    rng = np.random.default_rng(0)
    centres = rng.integers(0, 2, (3, 96))
    y = np.arange(600) % 3
    X = np.where(rng.random((600, 96)) < 0.3, 1 - centres[y], centres[y])
    X = np.packbits(X.astype(np.uint8), axis=1, bitorder="little")
    X = np.ascontiguousarray(np.pad(X, ((0, 0), (0, 4)))).view(np.uint64)
    of = {"input": "binary", "numbers": "int8", "learning_rate": 0.3, "n_bits": 96, "epochs": 8, "random_state": 4}
    net = FloatMLP((16,), **of).fit(X, y)
    assert all(of_8_bits(weight.detach().numpy()) for weight in net.weights_)
    assert (net.predict(X) == y).mean() > 0.95
    again = FloatMLP((16,), **of)
    again.partial_fit(X, y, classes=np.unique(y))
    other = FloatMLP((16,), **of)
    other.restore(again.checkpoint())
    for one in (again, other):
        one.partial_fit(X, y)
    assert all((a == b).all() for a, b in zip(again.weights_, other.weights_, strict=True))


@pytest.mark.parametrize("wrong", [{"optimizer": "adam"}, {"momentum": 0.9}])
def test_8_bits_are_for_plain_sgd(wrong):
    with pytest.raises(ValueError, match="numbers='int8' is for SGD without momentum"):
        FloatMLP((4,), numbers="int8", **wrong).check(None)
