"""A network is an object of its own: copies, parameters, what it refuses."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

from fbbench import FullyBinaryNetwork, kernels
from fbbench.network.rules.error_propagation import ErrorPropagation


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    return random.choice(np.array([-1, 1], dtype=np.int8), size=(90, 20)), random.integers(0, 3, 90)


def test_a_copy_is_a_network_of_its_own(data):
    """The kernels' table of the layers is kept; a shallow copy must not leave the first with a stale one."""
    x, y = data
    network = FullyBinaryNetwork((x.shape[1], 20, 15), 3, group_size=5, seed=1)
    untouched = FullyBinaryNetwork((x.shape[1], 20, 15), 3, group_size=5, seed=1)
    before = network.decision_function(x)
    for copied in (copy.copy(network), copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        copied.train_epoch(x, y % 3)
        assert np.array_equal(network.decision_function(x), before)
        assert network.state_hash() == untouched.state_hash() != copied.state_hash()
    network.train_epoch(x, y % 3)
    assert network.state_hash() == copied.state_hash()
    assert np.array_equal(network.decision_function(x), copied.decision_function(x))


def test_parameters_cannot_be_set_past_the_hash():
    network = FullyBinaryNetwork((8, 4), 2, group_size=2, seed=0)
    for name in ("reinforcement", "readout", "seed", "bound"):
        with pytest.raises(AttributeError):
            setattr(network, name, getattr(network, name))
    changed = dataclasses.replace(network.parameters, reinforcement=0.25)
    assert FullyBinaryNetwork.of(changed).state_hash() != network.state_hash()


def test_repr_tells_the_rule():
    network = FullyBinaryNetwork((8, 4), 2, group_size=2, seed=0, rule=ErrorPropagation(gate=0.25))
    known = {"FullyBinaryNetwork": FullyBinaryNetwork, "ErrorPropagation": ErrorPropagation}
    assert eval(repr(network), known).state_hash() == network.state_hash()


@pytest.mark.parametrize("wrong", [{"rule": "error propagation"}, {"rule": None}, {"readout": ["last"]}])
def test_rules_and_readouts_of_a_wrong_type(wrong):
    with pytest.raises(ValueError, match="must be"):
        FullyBinaryNetwork((8, 4), 2, group_size=2, seed=0, **wrong)


@pytest.mark.parametrize("path_name", ["reference", "portable"])
def test_kernels_refuse_what_they_do_not_have(path_name):
    network, rows = FullyBinaryNetwork((8, 4), 2, group_size=2, seed=0), np.zeros((1, 1), dtype=np.uint64)
    path = kernels.load(path_name)
    with pytest.raises(ValueError, match="readout must be one of last, vote, preactivation; got 'x'"):
        path.scores(network._layers, rows, readout="x")
    with pytest.raises(ValueError, match="fan_in must be at most 32767"):
        path.product(np.zeros((1, 513), np.uint64), None, np.zeros((1, 513), np.uint64), None, 32768)


@pytest.mark.parametrize("change", [{"group_size": 0}, {"group_size": 3}, {"n_classes": 3}, {"bound": 1 << 16}])
def test_layers_that_do_not_fit_are_refused(change):
    """A group size of 0 ended the process."""
    network = FullyBinaryNetwork((8, 4, 4), 2, group_size=2, seed=0)
    layers = [network._layers[0], dataclasses.replace(network._layers[1], **change)]
    with pytest.raises(ValueError):
        kernels.load("portable").scores(layers, np.zeros((1, 1), dtype=np.uint64))
