"""The one-bit network: the reference is the rule in plain Python, every path is the reference, files hold it whole."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import perceptron_problems as problems

from fbbench import SignPerceptron, kernels
from fbbench.bits import pack
from fbbench.costs import sign_memory, total_bits
from fbbench.datasets import random_prototypes
from fbbench.kernels._native import MOST_FEATURES
from fbbench.sign_perceptron import BOUND, INPUT_WEIGHT, N_VOTES

SMALL = {"n_inputs": 70, "n_classes": 3, "n_units": 90, "n_pairs": 20, "seed": 5}
RNG = np.random.default_rng(0)
X, Y = RNG.choice([-1, 1], (300, 70)), RNG.integers(0, 3, 300)


def small(**changed):
    return SignPerceptron(**{**SMALL, **changed})


def trained(passes=4, **changed):
    perceptron = small(epochs=4, **changed)
    for _ in range(passes):
        perceptron.train_epoch(X, Y)
    return perceptron


def features_of(perceptron, row):
    """Return what is read of a row, a list of +-1."""
    value = lambda wire: row[wire // 2] * (-1 if wire % 2 else 1)  # noqa: E731
    wires = perceptron.wires.tolist()
    pairs = [value(w[0]) * value(w[1]) for w in wires[: perceptron.n_pairs]]
    return row + pairs + [1 if sum(map(value, w)) > 0 else -1 for w in wires[perceptron.n_pairs :]]


def agreeing(perceptron, weights, features):
    """Return how many features agree with the weights of a class; inputs count twice."""
    worth = [INPUT_WEIGHT] * perceptron.n_inputs + [1] * perceptron.n_units
    return sum(n for w, f, n in zip(weights, features, worth, strict=True) if (w > 0) == (f > 0))


def plain(perceptron, x, y, order, margin, n_votes):
    """The rule once more, on lists: (hidden weights, votes, right, margin)."""
    hidden = perceptron._read(perceptron.hidden).tolist()
    votes, right, n_classes = [[0] * len(line) for line in hidden], 0, perceptron.n_classes
    asked_after = [(len(order) * number + n_votes - 1) // n_votes for number in range(1, n_votes + 1)]
    for number, i in enumerate(order, start=1):
        read, label = features_of(perceptron, x[i].tolist()), int(y[i])
        scores = [agreeing(perceptron, line, read) for line in hidden]
        right += scores.index(max(scores)) == label
        rival = max((c for c in range(n_classes) if c != label), key=lambda c: (scores[c], -c))
        if 4 * (scores[label] - scores[rival]) <= margin:
            for c, by in ((label, 2), (rival, -2)):
                hidden[c] = [max(-BOUND, min(BOUND, h + by * f)) for h, f in zip(hidden[c], read, strict=True)]
            margin = max(0, margin - 7)
        else:
            margin += 3
        for _ in range(asked_after.count(number)):
            votes = [[v + (h > 0) for v, h in zip(a, b, strict=True)] for a, b in zip(votes, hidden, strict=True)]
    return hidden, votes, right, margin


@given(problem=problems(most_rows=20), margin=st.integers(0, 400), n_votes=st.sampled_from([0, 1, 15]))
@settings(max_examples=40)
def test_reference_is_the_rule(problem, margin, n_votes):
    arguments, x, y = problem
    perceptron, order = SignPerceptron(**arguments), np.arange(len(x))[::-1].copy()
    hidden, votes, right, after = plain(perceptron, x, y, order, margin, n_votes)
    found = kernels.load("reference").train_signs(
        perceptron, pack(x), y.astype(np.int32), order, margin, len(x), 0, n_votes
    )
    assert found == (right, after)
    assert perceptron._read(perceptron.hidden).tolist() == hidden
    assert perceptron._read(perceptron.votes).tolist() == votes


@given(problem=problems(), planes=st.sampled_from([1, 2, 3, 15]))
@settings(max_examples=60)
def test_every_path_gives_the_reference_state_and_scores(problem, planes):
    arguments, x, y = problem
    outcomes = {}
    for name in ("reference", *kernels.offered(), "avx512-emulated"):
        with kernels.use(name):
            perceptron = SignPerceptron(**arguments, planes=planes)
            before = perceptron.decision_function(x).tolist()
            right = [perceptron.train_epoch(x, y) for _ in range(arguments["epochs"])]
            outcomes[name] = before, right, perceptron.state_hash(), perceptron.decision_function(x).tolist()
    assert all(outcome == outcomes["reference"] for outcome in outcomes.values())


def test_hidden_weights_at_their_bound_agree(path):
    x, y, hashes = np.ones((64, 130), dtype=int), np.zeros(64, dtype=np.int32), set()
    x[:, ::3] = -1
    for name in ("reference", path):
        perceptron = SignPerceptron(130, 2, n_units=100, n_pairs=10, seed=1)
        order = np.zeros(200, dtype=np.int64)
        kernels.load(name).train_signs(perceptron, pack(x), y, order, 10**12, 200, 0, 0)
        assert np.abs(perceptron._read(perceptron.hidden).astype(int)).min() == BOUND
        hashes.add(perceptron.state_hash())
    assert len(hashes) == 1


def test_as_many_features_as_there_may_be_agree(path):
    perceptron = SignPerceptron(MOST_FEATURES, 2, n_units=0, seed=0)
    perceptron.sign[0], perceptron.sign[1] = ~np.uint64(0), 0
    rows = pack(np.ones((1, MOST_FEATURES), np.int8))
    found = kernels.load(path).sign_scores(perceptron, perceptron.sign[None], rows)
    assert found.tolist() == [[INPUT_WEIGHT * MOST_FEATURES, 0]]


@pytest.mark.parametrize("n_rows", [1, 2, 14, 15, 16, 31, 200])
def test_weights_are_asked_fifteen_times_whatever_the_rows(n_rows, path):
    perceptron = small(epochs=1)
    with kernels.use(path):
        perceptron.train_epoch(X[:n_rows], Y[:n_rows])
    never_moved = np.abs(perceptron.hidden) == 1
    assert perceptron.votes.max() == N_VOTES
    assert n_rows > 2 or never_moved.any()
    constant = never_moved & (perceptron.hidden == 1)
    assert n_rows > 1 or (perceptron.votes[constant] == N_VOTES).all()


def test_votes_are_those_of_the_last_pass_alone_and_the_majority_predicts():
    perceptron = trained(passes=3)
    assert not perceptron.votes.any()
    assert (perceptron.prediction_planes() == perceptron.sign[None]).all(), "signs, before there are votes"
    perceptron.train_epoch(X, Y)
    votes = perceptron.votes.copy()
    ones = np.unpackbits(perceptron.prediction_planes()[0].view(np.uint8), axis=1, bitorder="little")
    assert (ones == (votes >= 8)).all()
    perceptron.train_epoch(X, Y)
    assert perceptron.votes.max() <= N_VOTES and (perceptron.votes != votes).any()


def test_all_planes_are_the_sum_of_the_votes():
    perceptron = trained(planes=N_VOTES)
    x = X[:9]
    expected = []
    for row in x.tolist():
        features = np.array(features_of(perceptron, row))
        worth = np.array([INPUT_WEIGHT] * 70 + [1] * 90)
        votes = perceptron._read(perceptron.votes).astype(int)
        expected.append((np.where(features > 0, votes, N_VOTES - votes) @ worth).tolist())
    assert perceptron.decision_function(x).tolist() == expected


def test_planes_change_prediction_and_not_training():
    one, three = trained(planes=1), trained(planes=3)
    assert (one.hidden == three.hidden).all() and (one.votes == three.votes).all()
    assert len(one.prediction_planes()) == 1 and len(three.prediction_planes()) == 3
    assert one.state_hash() != three.state_hash()


def test_units_that_differ_least_between_classes_are_drawn_anew_in_the_first_half():
    perceptron = small(epochs=4)
    wires = [perceptron.wires.copy()]
    for _ in range(4):
        perceptron.train_epoch(X, Y)
        wires.append(perceptron.wires.copy())
    changed = [(a != b).any(axis=1).sum() for a, b in itertools.pairwise(wires)]
    assert changed == [27, 27, 0, 0], "three of ten"
    perceptron = small(epochs=2)
    kernels.active().train_signs(perceptron, pack(X), Y.astype(np.int32), np.arange(300), 0, 300, 0, 0)
    units = perceptron._columns()[1]
    spread = np.ptp(perceptron.hidden[:, units].astype(int), axis=0)
    before = perceptron.wires.copy()
    perceptron._draw_units_anew()
    drawn = (before != perceptron.wires).any(axis=1)
    assert spread[drawn].max() <= spread[~drawn].min()
    assert (np.abs(perceptron.hidden[:, units][:, drawn]) == 1).all()
    assert (perceptron.sign == kernels.reference.pack_above(perceptron.hidden, 0)).all()


def test_hidden_weights_stay_odd_and_the_padding_empty():
    perceptron = trained()
    inside = np.zeros(perceptron.n_columns, dtype=bool)
    for of in perceptron._columns():
        inside[of] = True
    assert (perceptron.hidden[:, inside] & 1).all() and not perceptron.hidden[:, ~inside].any()
    assert not perceptron.votes[:, ~inside].any()


def test_it_learns_and_three_rows_of_ten_move_weights():
    source = random_prototypes(4000, 200, 4, flip_probability=0.3)
    x, y = source.bits(None, np.arange(4000), np.arange(1))[0], source.labels.astype(np.int32)
    perceptron = SignPerceptron(200, 4, n_units=500, n_pairs=125, epochs=6, seed=1)
    for _ in range(6):
        before = perceptron.margin
        perceptron.train_epoch(x[:3000], y[:3000])
    moved = (3 * 3000 + before - perceptron.margin) / 10  # 7 a row that moves, -3 any other, as long as none is cut off
    assert abs(moved / 3000 - 0.3) < 0.02
    assert (perceptron.predict(x[3000:]) == y[3000:]).mean() > 0.9


def test_a_pass_in_pieces_is_the_same(monkeypatch):
    hashes = set()
    for work in (1, 10**9):
        monkeypatch.setattr("fbbench.random_units.UNINTERRUPTED", work)
        hashes.add(trained().state_hash())
    assert len(hashes) == 1


def test_an_interrupted_pass_leaves_no_votes(monkeypatch):
    monkeypatch.setattr("fbbench.random_units.UNINTERRUPTED", 1)
    perceptron, native = trained(4), kernels.active()
    voted = perceptron.decision_function(X).tolist()

    class Interrupted:
        sign_scores = staticmethod(native.sign_scores)

        @staticmethod
        def train_signs(*arguments):
            if arguments[6]:
                raise KeyboardInterrupt
            return native.train_signs(*arguments)

    monkeypatch.setattr("fbbench.kernels.active", lambda: Interrupted)
    with pytest.raises(KeyboardInterrupt):
        perceptron.train_epoch(X, Y)
    assert not perceptron.votes.any() and (perceptron.prediction_planes() == perceptron.sign[None]).all()
    left = perceptron.decision_function(X).tolist()
    assert left == SignPerceptron.restored(perceptron.to_arrays()).decision_function(X).tolist() != voted


def test_it_goes_on_from_a_file_as_it_would_have(tmp_path):
    for passes in (0, 1, 4):
        perceptron = trained(passes, planes=3)
        perceptron.save(tmp_path / "p.npz")
        other = SignPerceptron.load(tmp_path / "p.npz")
        for one in (perceptron, other):
            one.train_epoch(X, Y)
        assert other.state_hash() == perceptron.state_hash()
        assert (other.decision_function(X) == perceptron.decision_function(X)).all()
    assert repr(other) == "SignPerceptron(70, 3, n_units=90, n_pairs=20, fan_in=5, epochs=4, planes=3, seed=5)"


@pytest.mark.parametrize(
    "name, change, said",
    [
        ("hidden", lambda a: np.where(a == 1, 2, a).astype(np.int8), "must be odd"),
        ("hidden", lambda a: a.astype(np.int16), "hidden must be int8"),
        ("hidden", lambda a: a[:, 1:], r"hidden must be int8 \(3, 160\)"),
        ("hidden", lambda a: -a, "its own checksum"),
        ("votes", lambda a: a + np.uint8(16), "votes at most 15"),
        ("wires", lambda a: a + np.uint32(1000), "wires must lie below 140"),
        ("wires", lambda a: a[::-1].copy(), "its own checksum"),
    ],
)
def test_an_altered_file_is_refused(tmp_path, name, change, said):
    arrays = trained().to_arrays()
    arrays[name] = change(arrays[name])
    with pytest.raises(ValueError, match=said):
        SignPerceptron.restored(arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    (tmp_path / "p.npz").write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=r"not a whole file written by SignPerceptron\.save"):
        SignPerceptron.load(tmp_path / "p.npz")


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"n_units": -1}, "n_units must be an integer in 0"),
        ({"fan_in": 4}, "fan_in must be odd"),
        ({"planes": 0}, r"planes must be an integer in 1 \.\. 15"),
        ({"planes": 16}, r"planes must be an integer in 1 \.\. 15"),
        ({"epochs": 0}, "epochs must be an integer in 1"),
        ({"n_classes": 1}, "n_classes must be an integer in 2"),
        ({"n_units": MOST_FEATURES}, "in whole words of 64, must be at most"),
    ],
)
def test_wrong_arguments_are_named(wrong, said):
    with pytest.raises(ValueError, match=said):
        small(**wrong)


def test_bad_rows_change_nothing():
    perceptron = trained(2)
    before = perceptron.state_hash()
    for x, y in ((X[:, 1:], Y), (X * 2, Y), (X, Y + 1), (X, Y[1:])):
        with pytest.raises(ValueError):
            perceptron.train_epoch(x, y)
    assert perceptron.state_hash() == before


@pytest.mark.parametrize("damage", ["margin", "first", "votes", "planes", "wires"])
def test_kernels_refuse_what_does_not_fit(path, damage):
    perceptron, native = trained(1), kernels.load(path)
    if path == "reference":
        pytest.skip("the reference checks nothing")
    arguments = {"margin": 0, "n_rows": 300, "first": 0, "n_votes": 15}
    planes = perceptron.prediction_planes()
    if damage == "margin":
        arguments["margin"] = -1
    elif damage == "first":
        arguments["first"] = 1
    elif damage == "votes":
        arguments["n_votes"] = 256
    elif damage == "planes":
        planes = planes[:, :2].copy()
    else:
        perceptron.wires[3, 1] = 140
    with pytest.raises(ValueError):
        native.train_signs(perceptron, pack(X), Y.astype(np.int32), np.arange(300), *arguments.values())
        native.sign_scores(perceptron, planes, pack(X))


def test_memory_is_twelve_bits_a_weight_and_its_wires():
    of = {"n_units": 10, "n_pairs": 2, "fan_in": 5}
    parts = sign_memory(100, 64, 4, **of)
    assert parts["hidden weights"] + parts["votes"] == 12 * 74 * 4
    assert parts["wires"] == (2 * 2 + 5 * 8) * 7
    assert total_bits(parts) == 100 * 64 + 12 * 74 * 4 + 44 * 7 + 74 + 32 * 4 + 32
