"""The recommended network and the read-outs: the reference is the algorithm, every path is the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import perceptron_problems as problems

from fbbench import FullyBinaryNetwork, MajorityPerceptron, kernels
from fbbench.bits import pack
from fbbench.costs import perceptron_memory, total_bits
from fbbench.datasets import random_prototypes
from fbbench.kernels._native import MOST_FEATURES
from fbbench.perceptron import (
    BOUND,
    FIRST_MARGIN,
    HALVINGS,
    MOST_SNAPSHOTS,
    Reader,
)
from fbbench.random_units import recommended_pairs, units_within


def plain(perceptron, x, y, order, margin, every):
    """The rule once more, in plain Python, on lists: (weights, sums, right) of features without padding."""

    def features(row):
        wires = perceptron.wires.tolist()
        value = lambda wire: row[wire // 2] * (-1 if wire % 2 else 1)  # noqa: E731
        units = [value(w[0]) * value(w[1]) for w in wires[: perceptron.n_pairs]]
        units += [1 if sum(value(wire) for wire in w) > 0 else -1 for w in wires[perceptron.n_pairs :]]
        return row + units

    n_classes = perceptron.n_classes
    weights = [[0] * perceptron.n_features for _ in range(n_classes)]
    sums, right = [line[:] for line in weights], 0
    for number, i in enumerate(order, start=1):
        read, label = features(x[i].tolist()), int(y[i])
        scores = [sum(w * f for w, f in zip(line, read, strict=True)) for line in weights]
        right += scores.index(max(scores)) == label
        rival = max((c for c in range(n_classes) if c != label), key=lambda c: (scores[c], -c))
        if scores[label] - scores[rival] <= margin:
            for c, step in ((label, 1), (rival, -1)):
                weights[c] = [max(-BOUND, min(BOUND, w + step * f)) for w, f in zip(weights[c], read, strict=True)]
        if every and number % every == 0:
            sums = [[s + w for s, w in zip(a, b, strict=True)] for a, b in zip(sums, weights, strict=True)]
    return weights, sums, right


@given(problem=problems(most_rows=20), margin=st.integers(0, 400), every=st.integers(0, 4))
@settings(max_examples=40)
def test_reference_is_the_rule(problem, margin, every):
    arguments, x, y = problem
    perceptron, order = MajorityPerceptron(**arguments), np.arange(len(x))[::-1].copy()
    weights, sums, right = plain(perceptron, x, y, order, margin, every)
    found = kernels.load("reference").train_perceptron(perceptron, pack(x), y.astype(np.int32), order, margin, 0, every)
    assert found == right
    assert perceptron._read(perceptron.weights).tolist() == weights
    assert perceptron._read(perceptron.sums).tolist() == sums


@given(problem=problems())
@settings(max_examples=60)
def test_every_path_gives_the_reference_state_and_scores(problem):
    arguments, x, y = problem
    outcomes = {}
    for name in ("reference", *kernels.offered()):
        with kernels.use(name):
            perceptron = MajorityPerceptron(**arguments)
            before = perceptron.decision_function(x).tolist()
            right = [perceptron.train_epoch(x, y) for _ in range(arguments["epochs"])]
            outcomes[name] = before, right, perceptron.state_hash(), perceptron.decision_function(x).tolist()
    assert all(outcome == outcomes["reference"] for outcome in outcomes.values())


def test_weights_and_sums_of_their_largest_size_agree(path):
    """Weights that run into the bound and sums that run into 16 bits, on every path."""
    x = np.ones((64, 130), dtype=int)
    x[:, ::3] = -1
    y = np.zeros(64, dtype=np.int32)
    results = []
    for name in ("reference", path):
        perceptron = MajorityPerceptron(130, 2, n_units=100, n_pairs=10, epochs=MOST_SNAPSHOTS, seed=1)
        rows, order = pack(x), np.zeros(MOST_SNAPSHOTS, dtype=np.int64)
        kernels.load(name).train_perceptron(perceptron, rows, y, order, 10**9, 0, 0)
        kernels.load(name).train_perceptron(perceptron, rows, y, order, 10**9, 0, 1)
        results.append((perceptron.state_hash(), kernels.load(name).perceptron_scores(perceptron, rows).tolist()))
        assert np.abs(perceptron.weights.astype(int)).max() == BOUND
        assert np.abs(perceptron.sums.astype(int)).max() == BOUND * MOST_SNAPSHOTS
    assert results[0] == results[1]


def test_as_many_features_as_there_may_be_of_the_largest_sums_agree(path):
    perceptron, rows = (
        MajorityPerceptron(MOST_FEATURES, 2, n_units=0, seed=0),
        pack(np.ones((1, MOST_FEATURES), np.int8)),
    )
    perceptron.sums[0], perceptron.sums[1] = BOUND * MOST_SNAPSHOTS, -BOUND * MOST_SNAPSHOTS
    most = BOUND * MOST_SNAPSHOTS * MOST_FEATURES
    assert kernels.load(path).perceptron_scores(perceptron, rows).tolist() == [[most, -most]]


@pytest.mark.parametrize("epochs", [1, 3, 10, 40, MOST_SNAPSHOTS])
@pytest.mark.parametrize("n_rows", [1, 2, 49, 1000])
def test_sums_hold_all_snapshots(epochs, n_rows):
    perceptron, snapshots = MajorityPerceptron(3, 2, n_units=0, epochs=epochs, seed=0), 0
    for number in range(epochs):
        perceptron._epochs = number
        every = perceptron._rows_between_sums(n_rows)
        assert (every == 0) == (number < min(HALVINGS, epochs - 1))
        snapshots += n_rows // every if every else 0
    assert 1 <= snapshots <= MOST_SNAPSHOTS


def test_it_learns_prototypes_and_the_margin_falls(monkeypatch):
    source, margins = random_prototypes(3000, 200, 4, flip_probability=0.3), []
    learn = kernels.load("reference").train_perceptron

    class Watched:
        def train_perceptron(self, *arguments):
            margins.append(arguments[4])
            return learn(*arguments)

    perceptron = MajorityPerceptron(200, 4, n_units=40, n_pairs=10, epochs=6, seed=1)
    monkeypatch.setattr(kernels, "active", Watched)
    for _ in range(6):
        perceptron.train_epoch(source.features[:300], source.labels[:300])
    monkeypatch.undo()
    assert margins == [240 * factor for factor in (16, 8, 4, 2, 2, 2)]
    assert FIRST_MARGIN == 16
    found = perceptron.predict(source.features[2000:])
    assert np.mean(found == source.labels[2000:]) > 0.9


def test_passes_beyond_the_planned_ones_start_the_sums_anew(path):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], (50, 70)), random.integers(0, 3, 50)
    with kernels.use(path):
        perceptron = MajorityPerceptron(70, 3, n_units=9, epochs=7, seed=5)
        for number in range(16):
            before = perceptron.sums.copy()
            perceptron.train_epoch(x, y)
            summed = perceptron.sums - (0 if number in (3, 7, 11, 15) else before)
            assert np.abs(summed.astype(int)).max() <= 25 * BOUND and summed.any() == (number >= 3), number


def test_a_saved_perceptron_goes_on_as_the_first_would(tmp_path):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], (200, 70)), random.integers(0, 3, 200)
    perceptron = MajorityPerceptron(70, 3, n_units=90, n_pairs=20, epochs=6, seed=5)
    for _ in range(4):
        perceptron.train_epoch(x, y)
    perceptron.save(tmp_path / "p.npz")
    other = MajorityPerceptron.load(tmp_path / "p.npz")
    assert other.state_hash() == perceptron.state_hash()
    perceptron.train_epoch(x, y)
    other.train_epoch(x, y)
    assert other.state_hash() == perceptron.state_hash()
    content = (tmp_path / "p.npz").read_bytes()
    for damaged in (content[:-40], content[:200] + b"x" + content[201:], b"nothing"):
        (tmp_path / "bad.npz").write_bytes(damaged)
        with pytest.raises(ValueError, match="not a whole file"):
            MajorityPerceptron.load(tmp_path / "bad.npz")
    with pytest.raises(FileNotFoundError):
        MajorityPerceptron.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fan_in": 4}, "fan_in must be odd"), ({"fan_in": 17}, "fan_in must be an integer in"),
        ({"n_pairs": 11}, "n_pairs must be an integer in 0 .. 10"), ({"n_units": -1}, "n_units"),
        ({"n_pairs": 2, "fan_in": 1}, "fan_in must be an integer in 3"), ({"epochs": 0}, "epochs"),
        ({"epochs": MOST_SNAPSHOTS + 1}, "epochs"), ({"seed": -1}, "seed"),
        ({"n_units": 1 << 19}, "in whole words of 64, must be at most 524288"),
    ],
)  # fmt: skip
def test_bad_arguments_are_said(change, message):
    arguments = {"n_units": 10, "seed": 0} | change
    with pytest.raises(ValueError, match=message):
        MajorityPerceptron.parameters_of(n_inputs=20, n_classes=3, **arguments)
    with pytest.raises(ValueError, match=message):
        MajorityPerceptron(20, 3, **arguments)


def test_native_paths_refuse_what_would_read_elsewhere():
    perceptron, native = MajorityPerceptron(20, 3, n_units=5, seed=0), kernels.load("portable")
    rows, labels, order = pack(np.ones((4, 20), dtype=int)), np.zeros(4, dtype=np.int32), np.arange(4)
    for wrong in ({"labels": labels + 3}, {"order": order + 1}, {"labels": labels[:3]}):
        given_ = {"labels": labels, "order": order} | wrong
        with pytest.raises(ValueError):
            native.train_perceptron(perceptron, rows, given_["labels"], given_["order"], 0, 0, 0)
    perceptron.wires = perceptron.wires + np.uint32(40)
    with pytest.raises(ValueError, match="wires must lie below 40"):
        native.perceptron_scores(perceptron, rows)


def test_a_budget_gives_the_largest_size_that_fits():
    for bits in (8 * 5_000_000, 8 * 5_500_000):
        units = units_within(perceptron_memory, bits, 50_000, 784, 10)

        def taken(n):
            pairs = recommended_pairs(n)
            return total_bits(perceptron_memory(50_000, 784, 10, n_units=n, n_pairs=pairs, fan_in=5))

        assert taken(units) <= bits < taken(units + 1)
    with pytest.raises(ValueError, match=r"\(4\.92 MB\) are the least for 50000 rows"):
        units_within(perceptron_memory, 8 * 4_900_000, 50_000, 784, 10)


# ---- read-outs of the multi-layer network ----

NETWORK = {"layer_sizes": (130, 66, 35), "n_classes": 3, "group_size": [11, 7], "seed": 7}
RANDOM = np.random.default_rng(3)
X, Y = RANDOM.choice([-1, 1], (300, 130)), RANDOM.integers(0, 3, 300)


def hidden(network, x):
    """Return pre-activations and activations of every layer, from the weights alone."""
    found = []
    for number in range(network.n_layers):
        z = x @ np.sign(network.hidden_weights(number).astype(int)).T
        x = np.sign(z) if network.ternary else np.where(z >= 0, 1, -1)
        found.append((z, x))
    return found


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize("readout", ["last", "vote", "preactivation"])
@pytest.mark.parametrize("n_rows", [1, 255, 256, 257, 300])
def test_read_outs_are_sums_over_the_classifiers(path, arithmetic, readout, n_rows):
    with kernels.use(path):
        network = FullyBinaryNetwork(**NETWORK, arithmetic=arithmetic, readout=readout)
        network.train_epoch(X, Y, 50)
        layers = hidden(network, X[:n_rows])
        of_layer = [a @ network.classifier(number).astype(int).T for number, (_, a) in enumerate(layers)]
        of_sums = layers[-1][0] @ network.classifier(1).astype(int).T
        expected = {"last": of_layer[-1], "vote": sum(of_layer), "preactivation": of_sums}[readout]
        assert network.decision_function(X[:n_rows]).tolist() == expected.tolist()


def test_training_does_not_depend_on_the_read_out():
    networks = [FullyBinaryNetwork(**NETWORK, readout=name) for name in ("last", "vote", "preactivation", "perceptron")]
    for network in networks:
        network.train_epoch(X, Y, 50)
    weights = [[network.hidden_weights(number).tolist() for number in (0, 1)] for network in networks]
    assert all(one == weights[0] for one in weights)
    assert len({network.state_hash() for network in networks}) == 4


def test_a_vote_of_committees_is_the_sum_of_their_classifiers(path):
    with kernels.use(path):
        network = FullyBinaryNetwork((130, 66, 35), 3, group_size=[11, 7], seed=7, committee=True, readout="vote")
        network.train_epoch(X, Y, 50)
        expected = 0
        for number, (_, a) in enumerate(hidden(network, X)):
            groups = a.reshape(len(a), -1, network.group_size[number]).sum(axis=2)
            expected = expected + np.where(groups >= 0, 1, -1) @ network.classifier(number).astype(int).T
        assert network.decision_function(X).tolist() == expected.tolist()


def test_the_perceptron_reads_all_layers_and_is_saved(tmp_path, path):
    with kernels.use(path):
        network = FullyBinaryNetwork(**NETWORK, readout="perceptron")
        assert not network.decision_function(X).any()
        network.train_epoch(X, Y, 50)
        bits = np.concatenate([a for _, a in hidden(network, X)], axis=1)
        assert (network.activation_bits(X) == pack(bits)).all()
        sums = network.reader._read(network.reader.sums).astype(int)
        assert sums.any() and network.decision_function(X).tolist() == (bits @ sums.T).tolist()
        network.save(tmp_path / "n.npz")
        other = FullyBinaryNetwork.load(tmp_path / "n.npz")
        assert other.state_hash() == network.state_hash()
        for one in (network, other):
            one.train_epoch(X, Y, 50)
        assert other.state_hash() == network.state_hash()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"readout": "first"}, "readout must be one of last, vote, preactivation, perceptron"),
        ({"readout": "perceptron", "arithmetic": "ternary"}, "for binary arithmetic"),
        ({"readout": "preactivation", "committee": True}, "without committees"),
    ],
)  # fmt: skip
def test_read_outs_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        FullyBinaryNetwork(**NETWORK, **change)


def test_a_perceptron_that_cannot_be_is_not_read(tmp_path):
    perceptron = MajorityPerceptron(70, 3, n_units=9, seed=5)
    for name, value in (("weights", -128), ("sums", -32768)):
        other = MajorityPerceptron(70, 3, n_units=9, seed=5)
        getattr(other, name)[0, 0] = value
        with pytest.raises(ValueError, match=f"{name} must lie within"):
            MajorityPerceptron.restored(other.to_arrays())
    network = FullyBinaryNetwork(**NETWORK, readout="perceptron")
    arrays = network.to_arrays() | {f"reader_{k}": v for k, v in Reader(7, 9, seed=7).to_arrays().items()}
    with pytest.raises(ValueError, match="header and perceptron disagree"):
        FullyBinaryNetwork.restored(arrays)
    perceptron.save(tmp_path / "p.npz")
    with pytest.raises(ValueError, match=r"not a whole file written by Reader\.save"):
        Reader.load(tmp_path / "p.npz")


def test_a_pass_in_pieces_is_the_same(monkeypatch):
    random = np.random.default_rng(0)
    x, y = random.choice([-1, 1], (500, 70)), random.integers(0, 3, 500)
    hashes = set()
    for work in (1, 10**9):
        monkeypatch.setattr("fbbench.random_units.UNINTERRUPTED", work)
        perceptron = MajorityPerceptron(70, 3, n_units=90, n_pairs=20, epochs=5, seed=5)
        for _ in range(5):
            perceptron.train_epoch(x, y)
        hashes.add(perceptron.state_hash())
    assert len(hashes) == 1


def test_a_reader_too_large_is_said_before_anything_is_drawn():
    sizes = (8, *[32767, 1] * 17)
    with pytest.raises(ValueError, match="n_inputs must be an integer in 1"):
        FullyBinaryNetwork.parameters_of(layer_sizes=sizes, n_classes=3, group_size=1, seed=0, readout="perceptron")
