"""Every native path gives the same bits as the NumPy reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import network_of, problems, trained

from fbbench import FullyBinaryNetwork, kernels
from fbbench.kernels import _native, reference
from fbbench.kernels.random import hit_cuts

SLOW_REFERENCE = settings(max_examples=250)


@pytest.fixture(scope="module", autouse=True)
def threads_for_few_units():
    """Let small layers be shared among as many threads as a test asks for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fbbench.network.rules.local_errors.UNITS_A_THREAD", 1)
        patch.setattr(
            "fbbench.network.parameters.available_cores", lambda: 64
        )  # more threads than there are cores, too
        yield


def planes(random, n, d, ternary):
    values = random.choice([-1, 0, 1] if ternary else [-1, 1], size=(n, d))
    return reference.pack_planes(values, ternary)


@pytest.mark.parametrize("planes_of", ["binary", "ternary weights", "ternary"])
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 40),
    k=st.one_of(st.integers(1, 70), st.sampled_from([80, 128, 129, 208, 300])),  # slices of 128 on the portable path
    fan_in=st.one_of(st.integers(1, 600), st.sampled_from([1023, 1024, 1025, 4096, 9216, 10_000])),
)
@settings(max_examples=60)
def test_product(planes_of, seed, n, k, fan_in):
    random = np.random.default_rng(seed)
    x_sign, x_mask = planes(random, n, fan_in, planes_of == "ternary")
    w_sign, w_mask = planes(random, k, fan_in, planes_of != "binary")
    expected = reference.product(x_sign, x_mask, w_sign, w_mask, fan_in)
    for name in kernels.offered():
        assert np.array_equal(kernels.load(name).product(x_sign, x_mask, w_sign, w_mask, fan_in), expected), name


@pytest.mark.parametrize("fan_in", [1, 63, 64, 65, 9_216, 10_000, 32_767])
def test_product_at_its_extremes(path, fan_in):
    """All equal and all different: the sums +D and -D must not wrap. So many rows and units go by slices where a
    path has any."""
    ones = reference.pack_planes(np.ones((130, fan_in), dtype=int), False)[0]
    minus = reference.pack_planes(-np.ones((130, fan_in), dtype=int), False)[0]
    native = kernels.load(path)
    full = reference.pack_planes(np.ones((130, fan_in), dtype=int), True)[1]
    for x_mask, w_mask in ((None, None), (None, full), (full, full)):
        assert (native.product(ones, x_mask, ones, w_mask, fan_in) == fan_in).all()
        assert (native.product(minus, x_mask, ones, w_mask, fan_in) == -fan_in).all()


@given(
    key=st.integers(0, 2**64 - 1),
    threshold=st.one_of(st.integers(0, 2**32), st.integers(0, 2**26), st.sampled_from([2**31, 2**32 - 1])),
    n_words=st.one_of(st.integers(1, 40), st.integers(100, 300)),
)
def test_bernoulli(key, threshold, n_words):
    cuts = hit_cuts(threshold)
    expected = reference.bernoulli(key, cuts, n_words)
    for name in kernels.offered():
        assert np.array_equal(kernels.load(name).bernoulli(key, cuts, n_words), expected), name


@given(problem=problems())
@SLOW_REFERENCE
def test_training_gives_the_reference_state(problem):
    with kernels.use("reference"):
        expected, expected_right = trained(problem)
        x = problem["batches"][0][0]
        scores = expected.decision_function(x)
    for name in kernels.offered():
        with kernels.use(name):
            network, right = trained(problem)
            assert right == expected_right, name
            assert network.state_hash() == expected.state_hash(), name
            assert np.array_equal(network.decision_function(x), scores), name
            assert_visible_weights_follow(network, name)


def assert_visible_weights_follow(network, name):
    """Signs are kept beside the hidden weights and must never drift from them."""
    learning = [*network._layers, *(layer.trained for layer in network._layers if layer.trained is not None)]
    for layer in learning:
        sign, mask = _native.binarise(layer.hidden, layer.fan_in, network.ternary)
        assert np.array_equal(sign, layer.sign), name
        assert mask is None or np.array_equal(mask, layer.mask), name
        assert not layer.hidden[:, layer.fan_in :].any(), name


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize("sizes, group_size", [((300, 130, 70), [13, 70]), ((10_000, 12), 3), ((1, 1), 1)])
def test_epochs_with_a_short_last_batch(path, arithmetic, sizes, group_size):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], size=(137, sizes[0])), random.integers(0, 3, 137)
    hashes = set()
    for name in ("reference", path):
        with kernels.use(name):
            network = FullyBinaryNetwork(sizes, 3, group_size=group_size, arithmetic=arithmetic, seed=7)
            accuracies = [network.train_epoch(x, y, batch_size=50) for _ in range(3)]
            hashes.add((network.state_hash(), tuple(accuracies)))
    assert len(hashes) == 1


def test_one_unit_chosen_more_often_than_a_counter_holds(path):
    """A mini-batch of 500 equal samples gives one unit 500 increments; they add up before the only clip."""
    x, y = np.ones((500, 70), dtype=np.int8), np.zeros(500, dtype=int)
    hidden = [np.full((2, 70), -127)]
    hidden[0][:, ::2] = 127
    classifiers = [np.array([[1, 1], [-1, -1]])]
    for bits, start in ((8, 127), (16, 32_767)):
        hidden = [np.where(np.arange(70) % 3 == 0, start, -start)[None, :].repeat(2, 0)]
        states = []
        for name in ("reference", path):
            with kernels.use(name):
                network = FullyBinaryNetwork.from_arrays(hidden, classifiers, group_size=2, hidden_bits=bits, seed=0)
                network.train_batch(x, y)
                states.append(network.hidden_weights(0))
        assert np.array_equal(*states)
        assert (states[0] != hidden[0]).any()


@given(problem=problems(), n_threads=st.integers(2, 5), batch_size=st.integers(1, 60))
@settings(max_examples=60)
def test_any_number_of_threads_gives_the_same_state(problem, n_threads, batch_size):
    """More threads than cores, rows or units, too."""
    x = np.concatenate([x for x, _ in problem["batches"]])
    y = np.concatenate([y for _, y in problem["batches"]])
    for name in kernels.offered():
        if name == "reference":
            continue
        with kernels.use(name):
            states = []
            for threads in (1, n_threads):
                network = network_of(problem)
                network.n_threads = threads
                accuracies = [network.train_epoch(x, y, batch_size) for _ in range(2)]
                states.append((accuracies, network.state_hash(), network.decision_function(x).tolist()))
            assert states[0] == states[1], name


@pytest.mark.parametrize("arithmetic, committee", [("binary", False), ("ternary", False), ("ternary", True)])
@pytest.mark.parametrize("batch_size", [257, 600, 1100])
def test_mini_batches_larger_than_what_is_taken_at_a_time(path, batch_size, arithmetic, committee):
    random = np.random.default_rng(1)
    x, y = random.choice([-1, 1], size=(1100, 65)), random.integers(0, 3, 1100)
    hashes = set()
    for name, threads in (("reference", 1), (path, 1), (path, 3)):
        with kernels.use(name):
            network = FullyBinaryNetwork(
                (65, 20, 33), 3, group_size=[5, 33], arithmetic=arithmetic, committee=committee, seed=7
            )
            network.n_threads = threads
            hashes.add((network.train_epoch(x, y, batch_size), network.state_hash()))
    assert len(hashes) == 1


def test_threads_train_a_wide_network_alike(path):
    """Wide enough that the threads' shares of units and rows are many cache lines."""
    random = np.random.default_rng(2)
    x, y = random.choice([-1, 1], size=(400, 300)), random.integers(0, 5, 400)
    hashes = set()
    for threads in (1, 2, 7):
        with kernels.use(path):
            network = FullyBinaryNetwork((300, 525, 270), 5, group_size=[105, 27], arithmetic="ternary", seed=7)
            network.n_threads = threads
            for _ in range(3):
                network.train_epoch(x, y, 50)
            hashes.add(network.state_hash())
    assert len(hashes) == 1
