"""The public face of the network: arguments, errors before any state changes, files, hashes."""

import math
import pickle
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbbench import FullyBinaryNetwork, kernels
from fbbench.bits import pack
from fbbench.network.files import header_of


def small(**changes):
    arguments = {"layer_sizes": (20, 12, 6), "n_classes": 3, "group_size": [4, 6], "seed": 5} | changes
    return FullyBinaryNetwork(arguments.pop("layer_sizes"), arguments.pop("n_classes"), **arguments)


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    return random.choice(np.array([-1, 1], dtype=np.int8), size=(90, 20)), random.integers(0, 3, 90)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"layer_sizes": (20,)}, "layer_sizes"),
        ({"layer_sizes": ()}, "layer_sizes"),
        ({"layer_sizes": 20}, "layer_sizes"),
        ({"layer_sizes": (0, 12, 6)}, "layer_sizes"),
        ({"layer_sizes": (20, -12, 6)}, "layer_sizes"),
        ({"layer_sizes": (20, 12.0, 6)}, "layer_sizes"),
        ({"layer_sizes": (20, True, 6)}, "layer_sizes"),
        ({"layer_sizes": (2**31, 12, 6)}, "layer_sizes"),
        ({"layer_sizes": (2**63, 12, 6)}, "layer_sizes"),
        ({"layer_sizes": (10**30, 12, 6)}, "layer_sizes"),
        ({"n_classes": 1}, "n_classes"),
        ({"n_classes": 2**40}, "n_classes"),
        ({"n_classes": "3"}, "n_classes"),
        ({"group_size": 5}, "does not divide 12"),
        ({"group_size": [4, 4]}, "does not divide 6"),
        ({"group_size": [4]}, "group_size"),
        ({"group_size": 0}, "group_size"),
        ({"group_size": 2.0}, "group_size"),
        ({"robustness": -0.1}, "robustness"),
        ({"robustness": 1.1}, "robustness"),
        ({"robustness": math.nan}, "robustness"),
        ({"reinforcement": -1}, "reinforcement"),
        ({"reinforcement": math.inf}, "reinforcement"),
        ({"reinforcement": None}, "reinforcement"),
        ({"hidden_bits": 7}, "hidden_bits"),
        ({"arithmetic": "float"}, "arithmetic"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"seed": 1.5}, "seed"),
    ],
)
def test_bad_parameters(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def make(hidden, classifiers, **changes):
    arguments = {"group_size": 1, "seed": 0} | changes
    return FullyBinaryNetwork.from_arrays(hidden, classifiers, **arguments)


ODD, SIGNS = np.array([[1, -3], [5, 127]]), np.array([[1, -1], [-1, 1]])


@pytest.mark.parametrize(
    "hidden, classifiers, changes, message",
    [
        ([], [], {}, "hidden"),
        ([ODD], [], {}, "classifiers"),
        ([ODD], [SIGNS, SIGNS], {}, "classifiers"),
        ([ODD[0]], [SIGNS], {}, r"hidden\[0\]"),
        ([ODD.astype(float)], [SIGNS], {}, r"hidden\[0\]"),
        ([ODD - 1], [SIGNS], {}, "odd"),
        ([ODD + 2], [SIGNS], {}, "127"),
        ([-ODD - 2], [SIGNS], {}, "127"),
        ([ODD * 1001], [SIGNS], {"hidden_bits": 16}, "32767"),
        ([np.full((2, 2), 2**64 - 1, dtype=np.uint64)], [SIGNS], {}, "64-bit signed"),
        ([ODD], [SIGNS * 3], {}, r"classifiers\[0\] must be -1 or \+1"),
        ([ODD], [SIGNS * 0], {}, r"classifiers\[0\] must be -1 or \+1"),
        ([ODD], [SIGNS[:, :1]], {}, r"classifiers\[0\] must have shape"),
        ([ODD], [SIGNS[:1]], {}, "n_classes"),
        ([ODD, np.ones((2, 3), dtype=int)], [SIGNS, SIGNS], {}, r"hidden\[1\] must have 2 columns"),
        ([ODD], [SIGNS], {"group_size": 3}, "group_size"),
        ([np.empty((0, 2), dtype=int)], [SIGNS], {}, r"hidden\[0\]"),
    ],
)
def test_bad_arrays(hidden, classifiers, changes, message):
    with pytest.raises(ValueError, match=message):
        make(hidden, classifiers, **changes)


def test_ternary_takes_even_weights_and_zeros():
    network = make([ODD + 1 - 2 * (ODD == 127)], [SIGNS * [[1, 0]]], arithmetic="ternary")
    assert network.classifier(0).tolist() == [[1, 0], [-1, 0]]


BAD_CALLS = [
    (lambda x, y: (x[:, :-1], y), "x must be"),
    (lambda x, y: (x[0], y), "x must be"),
    (lambda x, y: (x[:0], y[:0]), "x must be"),
    (lambda x, y: (x.astype(float) * np.nan, y), "x: values must be"),
    (lambda x, y: (x * 2, y), "x: values must be"),
    (lambda x, y: (pack(x)[:, :0], y), "x must be"),
    (lambda x, y: (pack(x) | np.uint64(1 << 63), y), "tail bits"),
    (lambda x, y: (x, y[:-1]), "y must have shape"),
    (lambda x, y: (x, y[:, None]), "y must have shape"),
    (lambda x, y: (x, y.astype(float)), "y must be integers"),
    (lambda x, y: (x, np.where(np.arange(len(y)) == 3, 3, y)), r"y must lie in 0 .. 2; got 0 .. 3"),
    (lambda x, y: (x, y - 1), "y must lie in"),
    (lambda x, y: (x, y.astype(np.uint64) + np.uint64(2**63)), "y must lie in"),
    (lambda x, y: (x, [None] * len(y)), "y must be integers"),
]


@pytest.mark.parametrize("spoil, message", BAD_CALLS)
def test_bad_samples_change_nothing(data, spoil, message):
    network = small()
    before = network.state_hash()
    x, y = spoil(*data)
    for call in (network.train_batch, network.train_epoch):
        with pytest.raises(ValueError, match=message):
            call(x, y)
    assert network.state_hash() == before


def test_bad_numbers_change_nothing(data):
    network = small()
    before = network.state_hash()
    for accuracy in (-0.1, 1.1, math.nan, "high"):
        with pytest.raises(ValueError, match="previous_accuracy"):
            network.train_batch(*data, previous_accuracy=accuracy)
    for size in (0, -1, 2.5, "all"):
        with pytest.raises(ValueError, match="batch_size"):
            network.train_epoch(*data, batch_size=size)
    for layer in (-1, 2, 0.0):
        with pytest.raises(ValueError, match="layer"):
            network.hidden_weights(layer)
    for x in (data[0][:, 1:], data[0] * 0):
        with pytest.raises(ValueError, match="x"):
            network.predict(x)
    assert network.state_hash() == before


def test_packed_and_plain_rows_are_the_same(data):
    x, y = data
    one, two = small(), small()
    assert one.train_epoch(x, y, 32) == two.train_epoch(pack(x), y, 32)
    assert one.train_batch(x.astype(float), y) == two.train_batch(pack(x), y.astype(np.uint8))
    assert one.state_hash() == two.state_hash()
    assert np.array_equal(one.decision_function(x), two.decision_function(pack(x)))


def test_inputs_are_left_as_they_were(data):
    x, y = data
    packed, labels = pack(x), y.copy()
    kept = packed.copy()
    small().train_epoch(packed, labels)
    assert np.array_equal(packed, kept) and np.array_equal(labels, y)


def test_non_contiguous_rows(data):
    x, y = data
    assert np.array_equal(small().decision_function(x[::2, ::-1]), small().decision_function(x[::2, ::-1].copy()))
    read_only = pack(x)
    read_only.flags.writeable = False
    small().train_epoch(read_only, y)


def test_same_seed_same_bits_and_other_seed_other_bits(data):
    def trained(seed):
        network = small(seed=seed)
        network.train_epoch(*data)
        return network.state_hash()

    assert trained(1) == trained(1) != trained(2)


def test_predict_is_the_first_best_class(data):
    network = small()
    scores = network.decision_function(data[0])
    assert scores.shape == (90, 3) and scores.dtype == np.int32
    assert network.predict(data[0]).tolist() == [max(range(3), key=lambda c: (row[c], -c)) for row in scores.tolist()]


def test_copies_are_handed_out():
    network = small()
    before = network.state_hash()
    network.hidden_weights(0)[:] = 1
    network.classifier(0)[:] = 1
    assert network.state_hash() == before


@pytest.mark.parametrize("arithmetic, hidden_bits", [("binary", 8), ("ternary", 16)])
def test_save_and_load_go_on_bit_for_bit(tmp_path, data, arithmetic, hidden_bits):
    network = small(arithmetic=arithmetic, hidden_bits=hidden_bits)
    network.train_epoch(*data, batch_size=40)
    network.save(tmp_path / "network.npz")
    loaded = FullyBinaryNetwork.load(tmp_path / "network.npz")
    assert loaded.state_hash() == network.state_hash()
    for each in (network, loaded):
        each.train_epoch(*data, batch_size=40)
    assert loaded.state_hash() == network.state_hash()
    assert [p.name for p in tmp_path.iterdir()] == ["network.npz"]


def test_pickled_copy_goes_on_bit_for_bit(data):
    network = small()
    copy = pickle.loads(pickle.dumps(network))
    assert copy.train_epoch(*data) == network.train_epoch(*data)
    assert copy.state_hash() == network.state_hash()


def saved_bytes():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        small().save(path)
        return path.read_bytes()


SAVED = saved_bytes()


@given(cut=st.integers(0, len(SAVED) - 1))
def test_a_truncated_file_is_a_clear_error(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "network.npz"
    path.write_bytes(SAVED[:cut])
    with pytest.raises(ValueError, match=r"network\.npz is not a whole network file"):
        FullyBinaryNetwork.load(path)


@given(position=st.integers(0, len(SAVED) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_or_harmless(tmp_path_factory, position, bit):
    content = bytearray(SAVED)
    content[position] ^= 1 << bit
    path = tmp_path_factory.mktemp("flip") / "network.npz"
    path.write_bytes(content)
    try:
        loaded = FullyBinaryNetwork.load(path)
    except ValueError as error:
        assert "not a whole network file" in str(error)
    else:  # a bit of the container that nobody reads
        assert loaded.state_hash() == small().state_hash()


def test_foreign_files_are_clear_errors(tmp_path):
    with pytest.raises(FileNotFoundError):
        FullyBinaryNetwork.load(tmp_path / "none.npz")
    text = tmp_path / "text.npz"
    text.write_text("not a network")
    other = tmp_path / "other.npz"
    np.savez(other, weights=np.ones(3))
    objects = tmp_path / "objects.npz"
    np.savez(objects, header=np.array([{"a": 1}], dtype=object))
    empty_zip = tmp_path / "empty.npz"
    zipfile.ZipFile(empty_zip, "w").close()
    single = tmp_path / "single.npy"
    np.save(single, np.ones(3))
    for path in (text, other, objects, empty_zip, single, tmp_path):
        with pytest.raises(ValueError, match="not a whole network file"):
            FullyBinaryNetwork.load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "network.npz"
    network = small()
    network.save(path)
    content = path.read_bytes()

    def fails(file, **_):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fails)
    with pytest.raises(OSError, match="disk full"):
        network.save(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


KNOWN_HASH = {1: "8dcbddc50c6ecf868a27ea9296ced596ef273e48c81324cd5e3348f60dc1dff4"}
"""By kernels.VERSION; stored rows of another version run again."""


def test_known_hash_on_every_path(path):
    """The whole chain from the start state to the hash is part of the promise; a change must be meant."""
    rows, columns = np.arange(90)[:, None], np.arange(20)[None, :]
    x, y = 1 - 2 * ((rows * columns + rows // 3) % 5 % 2), np.arange(90) % 3
    with kernels.use(path):
        network = small()
        network.train_epoch(x, y, batch_size=40)
        assert network.state_hash() == KNOWN_HASH[kernels.VERSION]


def test_group_of_one_and_single_unit_layers(data):
    network = FullyBinaryNetwork((20, 1), 3, group_size=1, seed=0)
    network.train_epoch(*data)
    assert set(np.unique(network.decision_function(data[0]))) <= {-1, 1}


def test_nothing_triggers_nothing_changes():
    """Right with a full margin: no update, and no reinforcement either."""
    hidden, classifiers = [np.array([[1, 1, 1]] * 4)], [np.array([[1] * 4, [-1] * 4])]
    network = make(hidden, classifiers, group_size=2, reinforcement=100.0)
    before = network.hidden_weights(0)
    assert network.train_batch(np.ones((5, 3)), np.zeros(5, dtype=int)) == 5
    assert np.array_equal(network.hidden_weights(0), before)


def test_reinforcement_with_p_one_moves_every_weight_away_from_zero():
    hidden, classifiers = [np.array([[1, -1, 3, -125]])], [np.array([[-1], [1]])]
    network = make(hidden, classifiers, reinforcement=1e6)
    network.train_batch(np.array([[1, 1, 1, -1]]), np.array([0]), previous_accuracy=0.0)
    # z > 0 but class 0 wants -1: H -= 2x, then every weight 2 away from 0, then the clip.
    assert network.hidden_weights(0).tolist() == [[-3, -5, 3, -125]]


def test_threads_are_checked_and_are_no_part_of_the_state(monkeypatch, tmp_path):
    monkeypatch.setattr("fbbench.network.parameters.available_cores", lambda: 2)
    arguments = {"layer_sizes": (20, 10), "n_classes": 3, "group_size": 5, "seed": 1}
    with pytest.raises(ValueError, match="n_threads must be at most 2, the cores this process may use; got 3"):
        FullyBinaryNetwork(**arguments, n_threads=3)
    for wrong in (0, -1, 1.0, True, "2", 10_000):
        with pytest.raises(ValueError, match="n_threads must be an integer in 1"):
            FullyBinaryNetwork(**arguments, n_threads=wrong)
    one, two = FullyBinaryNetwork(**arguments), FullyBinaryNetwork(**arguments, n_threads=2)
    assert one.state_hash() == two.state_hash()
    two.save(tmp_path / "network.npz")
    assert FullyBinaryNetwork.load(tmp_path / "network.npz").n_threads == 1
    assert FullyBinaryNetwork.load(tmp_path / "network.npz", n_threads=2).n_threads == 2
    with pytest.raises(ValueError, match="n_threads must be at most 2"):
        FullyBinaryNetwork.load(tmp_path / "network.npz", n_threads=3)


def test_an_epoch_in_pieces_is_the_same_and_an_interrupted_one_ends_between_mini_batches(monkeypatch):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], size=(95, 20)), random.integers(0, 3, 95)
    arguments = {"layer_sizes": (20, 10), "n_classes": 3, "group_size": 5, "seed": 1}
    whole, pieces, stopped = (FullyBinaryNetwork(**arguments) for _ in range(3))
    accuracy = whole.train_epoch(x, y, 10)
    monkeypatch.setattr("fbbench.network.fully_binary.UNINTERRUPTED", 20 * 10 * 30)  # three mini-batches
    assert pieces.train_epoch(x, y, 10) == accuracy
    assert pieces.state_hash() == whole.state_hash()

    class StopsAfterTwo:
        calls = 0

        def train(self, *arguments):
            if self.calls == 2:
                raise KeyboardInterrupt
            self.calls += 1
            return kernels.load("portable").train(*arguments)

    stopper = StopsAfterTwo()
    monkeypatch.setattr(kernels, "active", lambda: stopper)
    with pytest.raises(KeyboardInterrupt):
        stopped.train_epoch(x, y, 10)
    assert header_of(stopped)["steps"] == 6 and header_of(stopped)["epochs"] == 0


def test_repr_makes_the_same_network():
    for parameters in (
        {}, {"committee": True}, {"clip": 63}, {"trained_classifier": True}, {"readout": "vote"},
        {"arithmetic": "ternary", "hidden_bits": 16},
    ):  # fmt: skip
        network = FullyBinaryNetwork((8, 4), 2, group_size=2, seed=1, **parameters)
        assert eval(repr(network), {"FullyBinaryNetwork": FullyBinaryNetwork}).state_hash() == network.state_hash()
