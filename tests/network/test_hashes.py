"""State hashes in stored rows must stay what they are: a renamed class, format or field shows here."""

import numpy as np
import pytest

from fbbench import FullyBinaryNetwork, MajorityPerceptron, perceptron
from fbbench.network import ErrorPropagatingNetwork, files
from fbbench.perceptron import Reader


def data(n_bits=70):
    random = np.random.default_rng(0)
    return random.choice(np.array([-1, 1], np.int8), (300, n_bits)), random.integers(0, 3, 300)


MAKERS = {
    "binary": lambda: FullyBinaryNetwork((70, 20, 15), 3, group_size=5, seed=1),
    "ternary": lambda: FullyBinaryNetwork((70, 20), 3, group_size=5, seed=1, arithmetic="ternary", hidden_bits=16),
    "committee": lambda: FullyBinaryNetwork((70, 20), 3, group_size=5, seed=1, committee=True, clip=63),
    "trained": lambda: FullyBinaryNetwork((70, 20), 3, group_size=5, seed=1, trained_classifier=True),
    "vote": lambda: FullyBinaryNetwork((70, 20, 15), 3, group_size=5, seed=1, readout="vote"),
    "reader": lambda: FullyBinaryNetwork((70, 20, 15), 3, group_size=5, seed=1, readout="perceptron"),
    "propagation": lambda: ErrorPropagatingNetwork((70, 20, 15), 3, group_size=5, seed=1),
    "majorities": lambda: MajorityPerceptron(70, 3, n_units=40, n_pairs=10, seed=1),
    "reader alone": lambda: Reader(70, 3, seed=1),
}
HASHES = {
    "binary": "e0c179c1aa1cfc38752a8c2af9682045f55e60c26f31c2514cd1300bf6589f1d",
    "ternary": "21d2f6c73b1ac997474c55479a3971e5d293a7fd1431b8f7ee69878056266077",
    "committee": "06a3c7ace84a0235acd12a60e573b089557467da8eb6a8ce74f6f6822937abd5",
    "trained": "e2b053e63fbd3cb3469903e89e1f44ec4e2e0cd3d0d8334be0c01cec3a4f87a0",
    "vote": "cd142475f90593e0f552e269bfd4c23443f82250a777db41f05d80cfb25b8fe5",
    "reader": "81f7f3c407f1376cc5d3bb2c54008b8ac052594d9c561aa9b8633874ae387245",
    "propagation": "54f5a43ceed8856f2529d6247022925d31e98b31c8a0d9cb78ec22ceb5d95a84",
    "majorities": "a513eb515391ed454da2db82a1d330eb3b34a573247428a544e411a6f58066b1",
    "reader alone": "1f02aadbe64851f24a4dc08b4b5a2d4120bf58c5e0fe45773e4dcc79de9f9df8",
}


@pytest.mark.parametrize("name", MAKERS)
def test_hashes_stay(name):
    made = MAKERS[name]()
    made.train_epoch(*data())
    assert made.state_hash() == HASHES[name]


@pytest.mark.parametrize("name", MAKERS)
def test_hashes_do_not_depend_on_names(name, monkeypatch):
    """The readers' were of the file format's name, which was changed once under 39 stored rows."""
    made = MAKERS[name]()
    made.train_epoch(*data())
    before = made.state_hash()
    monkeypatch.setattr(files, "FORMAT", "another")
    for cls in (MajorityPerceptron, Reader):
        monkeypatch.setattr(cls, "FORMAT", "another")
    assert made.state_hash() == before
    assert files.HASHED_AS == "fbbench-network-1" and perceptron.HASHED_AS == "fbbench-perceptron-1"


@pytest.mark.parametrize("name", MAKERS)
def test_hashes_see_everything(name):
    made, again = MAKERS[name](), MAKERS[name]()
    assert made.state_hash() == again.state_hash()
    again.train_epoch(*data())
    assert made.state_hash() != again.state_hash()
