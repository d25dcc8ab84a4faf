"""Error propagation (BEP): the reference is the algorithm, every path is the reference, and layers learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rendition import propagate_batch
from strategies import propagation_problems as problems

from fbbench import kernels
from fbbench.network import ErrorPropagatingNetwork
from fbbench.network.rules.error_propagation import equiangular


def trained(problem, n_threads=1):
    arguments, batches, accuracies = problem
    network = ErrorPropagatingNetwork(**arguments, n_threads=n_threads)
    right = [
        network.train_batch(x, y, previous_accuracy=accuracy)
        for (x, y), accuracy in zip(batches, accuracies, strict=True)
    ]
    return network, right


@given(problem=problems(max_rows=5, reinforcement=0.0))
@settings(max_examples=40)
def test_reference_is_the_algorithm(problem):
    arguments, batches, _ = problem
    with kernels.use("reference"):
        network = ErrorPropagatingNetwork(**arguments)
        n_layers = network.n_layers
        hidden = [network.hidden_weights(number).tolist() for number in range(n_layers)]
        classifier = network.classifier(n_layers - 1).tolist()
        for x, y in batches:
            right = propagate_batch(
                hidden, classifier, x.tolist(), y.tolist(), group_sizes=arguments["group_size"],
                robustness=arguments["robustness"], gate=arguments["gate"], bound=network.bound,
            )  # fmt: skip
            assert network.train_batch(x, y) == right
            for number, expected in enumerate(hidden):
                assert network.hidden_weights(number).tolist() == expected


@given(problem=problems())
@settings(max_examples=80)
def test_every_path_gives_the_reference_state(problem):
    with kernels.use("reference"):
        expected, expected_right = trained(problem)
    for name in kernels.offered():
        with kernels.use(name):
            network, right = trained(problem)
            assert right == expected_right and network.state_hash() == expected.state_hash(), name


@given(problem=problems(max_rows=60), n_threads=st.integers(2, 5))
@settings(max_examples=25)
def test_any_number_of_threads_gives_the_same_state(problem, n_threads, monkeypatch_cores):
    one, right = trained(problem)
    many, right_of_many = trained(problem, n_threads)
    assert right_of_many == right and many.state_hash() == one.state_hash()


@pytest.fixture(scope="module")
def monkeypatch_cores():
    """Let a network have more threads than this machine has cores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fbbench.network.parameters.available_cores", lambda: 8)
        yield


@pytest.mark.parametrize("batch_size", [257, 600])
def test_mini_batches_larger_than_what_is_taken_at_a_time(path, batch_size):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], size=(700, 130)), random.integers(0, 3, 700)
    hashes = set()
    for name in ("reference", path):
        with kernels.use(name):
            network = ErrorPropagatingNetwork((130, 66, 35, 20), 3, group_size=[11, 7, 20], gate=0.5, seed=7)
            network.train_epoch(x, y, batch_size=batch_size)
            hashes.add(network.state_hash())
    assert len(hashes) == 1


def test_targets_travel_through_layers():
    """Prototypes are learnt by three layers, of which only the last has a classifier."""
    random = np.random.default_rng(1)
    prototypes = random.choice([-1, 1], size=(4, 200))
    y = random.integers(0, 4, 1500)
    x = np.where(random.random((1500, 200)) < 0.3, -prototypes[y], prototypes[y])
    network = ErrorPropagatingNetwork((200, 75, 75, 35), 4, group_size=[15, 15, 7], gate=0.25, seed=3)
    for _ in range(15):
        network.train_epoch(x[:1000], y[:1000])
    assert np.mean(network.predict(x[1000:]) == y[1000:]) > 0.9


def test_rows_of_the_classifier_are_nearly_equiangular():
    random = np.random.default_rng(0)
    start = random.choice(np.array([-1, 1], dtype=np.int8), size=(10, 105))
    made = equiangular(start, 5)
    assert set(np.unique(made)) == {-1, 1} and np.array_equal(made, equiangular(start, 5))
    pairs = np.triu_indices(10, 1)
    before, after = (p.astype(int) @ p.astype(int).T for p in (start, made))
    assert after[pairs].mean() < before[pairs].mean() and after[pairs].std() < 0.5 * before[pairs].std()
    assert np.abs(after[pairs] + 105 / 9).max() < 25  # ten equiangular rows have products of -K / 9


def test_group_sizes_may_change(tmp_path):
    network = ErrorPropagatingNetwork((20, 12, 12), 3, group_size=3, seed=1)
    network.set_group_size([4, 6])
    assert network.group_size == (4, 6) and [layer.group_size for layer in network._layers] == [4, 6]
    with pytest.raises(ValueError, match="5 does not divide 12"):
        network.set_group_size([4, 5])
    assert network.group_size == (4, 6)


def test_saved_and_loaded_it_goes_on(tmp_path):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], size=(90, 40)), random.integers(0, 3, 90)
    network = ErrorPropagatingNetwork((40, 14, 14), 3, group_size=7, gate=0.3, seed=2)
    network.train_epoch(x, y, 20)
    network.save(tmp_path / "network.npz")
    again = ErrorPropagatingNetwork.load(tmp_path / "network.npz")
    assert again.state_hash() == network.state_hash() and again.gate == 0.3
    for one in (network, again):
        one.train_epoch(x, y, 20)
    assert again.state_hash() == network.state_hash()


@pytest.mark.parametrize(
    "wrong, said", [({"gate": 1.5}, "gate"), ({"gate": "wide"}, "gate"), ({"group_size": 5}, "divide")]
)
def test_wrong_arguments(wrong, said):
    arguments = {"layer_sizes": (20, 12), "n_classes": 3, "group_size": 3, "seed": 1, **wrong}
    for make in (ErrorPropagatingNetwork, ErrorPropagatingNetwork.parameters_of):
        with pytest.raises(ValueError, match=said):
            make(**arguments)
    with pytest.raises(ValueError, match="at most 64 layers"):
        ErrorPropagatingNetwork.parameters_of(layer_sizes=[8] * 66, n_classes=2, group_size=1, seed=0)


def test_as_many_layers_as_the_kernels_take_and_no_more():
    """70 layers were made, trained by the reference, and refused by the native paths."""
    for make in (
        lambda n: ErrorPropagatingNetwork((8, *[4] * n), 2, group_size=2, seed=1),
        lambda n: ErrorPropagatingNetwork.parameters_of(layer_sizes=(8, *[4] * n), n_classes=2, group_size=2, seed=1),
        lambda n: ErrorPropagatingNetwork.from_arrays(
            [np.ones((4, 8 if i == 0 else 4), int) for i in range(n)], [np.ones((2, 4), int)] * n, group_size=2, seed=1
        ),
    ):
        make(64)
        with pytest.raises(ValueError, match="layer_sizes must name at most 64 layers; got 70"):
            make(70)


def test_its_repr_is_its_own():
    network = ErrorPropagatingNetwork((8, 4), 2, group_size=2, gate=0.25, seed=1)
    assert repr(network).startswith("ErrorPropagatingNetwork((8, 4), 2, group_size=(2,)") and "gate=0.25" in repr(
        network
    )
    again = eval(repr(network), {"ErrorPropagatingNetwork": ErrorPropagatingNetwork})
    assert again.state_hash() == network.state_hash()
