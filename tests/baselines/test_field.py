"""The rivals of the field, each against a plain rendition of what its paper says."""

import itertools

import numpy as np
import pytest
from fbbench.baselines.bloom_wisard import BloomWisard
from fbbench.baselines.hamming_neighbours import HammingNeighbours
from fbbench.baselines.hyperdimensional import Hyperdimensional
from fbbench.baselines.last_epochs import LastEpochs
from fbbench.baselines.nitro import NitroMLP
from fbbench.baselines.protocol import Task, method_class, numbers_of
from fbbench.baselines.rows import Knob
from fbbench.baselines.wisard import Wisard
from hypothesis import given, settings
from hypothesis import strategies as st

from fbbench import FullyBinaryNetwork
from fbbench.bits import unpack
from fbbench.costs import total_bits
from fbbench.exact import integer_product

N_BITS, N_CLASSES = 37, 3


def problem(n=120, seed=0):
    """Return +-1 rows and labels that can be learnt: noisy copies of a pattern a class."""
    drawn = np.random.default_rng(seed)
    patterns, labels = drawn.choice([-1, 1], (N_CLASSES, N_BITS)), drawn.integers(0, N_CLASSES, n)
    noise = np.where(drawn.random((n, N_BITS)) < 0.2, -1, 1)
    return (patterns[labels] * noise).astype(np.int8), labels.astype(np.int32)


@given(
    st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**20), st.integers(0, 2**20),
    st.integers(0, 99),
)  # fmt: skip
def test_integer_products_are_exact(n, k, m, of_a, of_b, seed):
    drawn = np.random.default_rng(seed)
    a, b = drawn.integers(-of_a, of_a + 1, (n, k)), drawn.integers(-of_b, of_b + 1, (k, m))
    assert np.array_equal(integer_product(a, b), a @ b)


def test_integer_products_that_might_not_be_exact_are_refused():
    large = np.full((1, 2), 1 << 27)
    with pytest.raises(OverflowError, match="not exact"):
        integer_product(large, large.T)
    with pytest.raises(TypeError, match="must be of integers"):
        integer_product(large.astype(float), large.T)
    least = np.full((1, 1), np.iinfo(np.int64).min)
    with pytest.raises(OverflowError):
        integer_product(least, np.ones((1, 1), dtype=np.int64))


# ---- Hyperdimensional computing ----


@pytest.mark.parametrize("single_pass", ["all", "missed"])
@pytest.mark.parametrize("item_memory", ["stored", "rotated"])
def test_hyperdimensional_is_record_encoding_and_retraining(item_memory, single_pass):
    x, y = problem()
    made = Hyperdimensional(96, item_memory=item_memory, single_pass=single_pass, batch_size=30, epochs=3)
    made.partial_fit(x, y, classes=range(N_CLASSES))
    items = unpack(made.items_, N_BITS)  # (dimension, inputs): a column is an input's item vector
    if item_memory == "rotated":
        assert all(np.array_equal(items[:, i], np.roll(items[:, 0], -i)) for i in range(N_BITS))
    made.partial_fit(x, y), made.partial_fit(x, y)

    def encoded(row):
        bound = [value * items[:, i] for i, value in enumerate(row)]  # XNOR with the item vector
        return np.where(np.sum(bound, axis=0) >= 0, 1, -1)  # bundled by majority

    vectors = np.array([encoded(row) for row in x])
    counters, order = np.zeros((N_CLASSES, 96), dtype=int), np.random.default_rng(0)
    for epoch in range(3):
        shuffled = order.permutation(len(x))
        for batch in np.split(shuffled, range(30, len(x), 30)):
            signs = np.where(counters >= 0, 1, -1)
            for i in batch:
                won = int(np.argmax(signs @ vectors[i]))
                if epoch == 0 and single_pass == "all":
                    counters[y[i]] += vectors[i]
                elif won != y[i]:
                    counters[y[i]] += vectors[i]
                    counters[won] -= vectors[i]
    assert np.array_equal(counters, made.counters_)
    signs = np.where(counters >= 0, 1, -1)
    assert np.array_equal(made.predict(x), (vectors @ signs.T).argmax(axis=1))


def test_a_class_without_rows_is_never_predicted():
    x, y = problem()
    made = Hyperdimensional(64, epochs=2)
    for _ in range(2):
        made.partial_fit(x[y < 2], y[y < 2], classes=range(N_CLASSES))
    assert set(made.predict(np.random.default_rng(1).choice([-1, 1], (300, N_BITS)).astype(np.int8))) == {0, 1}


def test_a_rotated_item_memory_is_charged_once():
    task = Task(1000, 784, 10)
    stored, rotated = (Hyperdimensional(640, item_memory=kind).memory(task) for kind in ("stored", "rotated"))
    assert stored["item memory"] == 784 * 640 and rotated["item memory"] == 640
    assert {**stored, "item memory": 0} == {**rotated, "item memory": 0}


# ---- Weightless networks ----


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_wisard_counts_tuples(share):
    x, y = problem()
    made = Wisard(20, address_bits=4, choosing_share=share, random_state=1).fit(x, y)
    assert len(np.unique(made.wires_)) == N_BITS  # 80 wires read every input before any twice more
    seen = {}
    for row, label in zip(x, y, strict=True):
        for node, wires in enumerate(made.wires_):
            key = label, node, tuple(row[wires] > 0)
            seen[key] = seen.get(key, 0) + 1

    def responses(row):
        return [
            sum(seen.get((c, n, tuple(row[w] > 0)), 0) > made.threshold_ for n, w in enumerate(made.wires_))
            for c in range(N_CLASSES)
        ]

    assert made.threshold_ == 0 or share
    assert made.predict(x).tolist() == [int(np.argmax(responses(row))) for row in x]


def test_wisard_counters_saturate_and_the_threshold_is_chosen_on_training_rows():
    x, y = np.ones((600, 8), dtype=np.int8), np.zeros(600, dtype=int)
    x[300:], y[300:] = -1, 1
    made = Wisard(2, address_bits=4, choosing_share=0.0).fit(x, y)
    assert made.memories_.max() == 255 and made.memories_.sum() == 4 * 255
    assert np.array_equal(made.predict(x), y)


def test_a_bloom_filter_never_counts_too_few():
    """Its answer is at least the number of times a tuple came, and that number where no entries are shared."""
    x, y = problem(60)
    made = BloomWisard(10, address_bits=6, filter_bits=9, n_hashes=2, choosing_share=0.0).fit(x, y)
    tuples = (x > 0)[:, made.wires_]
    exact = 0
    for c in range(N_CLASSES):
        answers = made._counts(made._addresses(tuples), c)
        of_class = tuples[y == c]
        came = (of_class[None] == tuples[:, None]).all(axis=3).sum(axis=1)
        assert (answers >= came).all()
        exact += int((answers == came).sum())
    assert exact > 0.9 * N_CLASSES * tuples.shape[0] * 10
    words = made.hashes_
    by_hand = [0, 0]
    for bit in np.flatnonzero(tuples[0, 0]):
        by_hand = [by_hand[h] ^ int(words[h, bit]) for h in range(2)]
    assert made._addresses(tuples[:1])[0, 0].tolist() == by_hand


# ---- Nearest neighbours ----


@pytest.mark.parametrize("k", [1, 3, 500])
def test_neighbours_vote(k):
    x, y = problem(300)
    made = HammingNeighbours(n_neighbours=k).fit(x[:200], y[:200])
    for row, predicted in zip(x[200:], made.predict(x[200:]), strict=True):
        distances = (x[:200] != row).sum(axis=1)
        nearest = np.argsort(distances, kind="stable")[:k]
        votes = np.bincount(y[:200][nearest], minlength=N_CLASSES)
        winners = np.flatnonzero(votes == votes.max())
        assert predicted in winners


# ---- NITRO-D ----


def plain_nitro(made, x, y):
    """Train one epoch of NITRO-D in Python's own integers, from the source's equations; return all weights."""

    def divided(a, b):
        return abs(a) // b * (1 if a >= 0 else -1)

    def forward(row, weights):
        n = len(weights)
        return [divided(sum(row[i] * weights[i][j] for i in range(n)), 256 * n) for j in range(len(weights[0]))]

    def leaky(z):
        clipped = max(-127, min(127, z))
        return (clipped if clipped >= 0 else divided(clipped, 4)) - 36

    def missed(found, wanted):
        return [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(found, wanted, strict=True)]

    forwards, heads = ([w.tolist() for w in of] for of in (made.forward_, made.to_classes_))
    output, rate = made.output_.tolist(), made.rate_inverse
    order = np.random.default_rng(made.random_state).permutation(len(x))

    def step(weights, values, errors, divisor, decay):
        for i, j in itertools.product(range(len(weights)), range(len(weights[0]))):
            gradient = sum(v[i] * e[j] for v, e in zip(values, errors, strict=True))
            moved = weights[i][j] - divided(gradient, divisor) - (divided(weights[i][j], decay) if decay else 0)
            weights[i][j] = max(-32767, min(32767, int(moved)))

    for first in range(0, len(x), made.batch_size):
        batch = order[first : first + made.batch_size]
        values = [[51 * int(v) for v in x[i]] for i in batch]
        wanted = [[32 * (c == y[i]) for c in range(N_CLASSES)] for i in batch]
        for weights, head in zip(forwards, heads, strict=True):
            sums = [forward(row, weights) for row in values]
            above = [[leaky(z) for z in row] for row in sums]
            errors = missed([forward(row, head) for row in above], wanted)
            back = [[sum(e * h for e, h in zip(row, head[j], strict=True)) for j in range(len(head))] for row in errors]
            passed = [
                [0 if abs(z) >= 127 else e if z >= 0 else divided(e, 4) for z, e in zip(zs, es, strict=True)]
                for zs, es in zip(sums, back, strict=True)
            ]
            step(head, above, errors, rate, made.decay_inverse_classes)
            step(weights, values, passed, 64 * N_CLASSES * rate, made.decay_inverse)
            values = above
        errors = missed([forward(row, output) for row in values], wanted)
        step(output, values, errors, rate, made.decay_inverse_classes)
    return forwards, heads, output


@pytest.mark.parametrize(("decay", "rate"), [(0, 8), (0, 512), (20, 512)])
def test_nitro_is_its_equations_in_integers(decay, rate):
    x, y = problem(40)
    made = NitroMLP((6, 5), batch_size=15, rate_inverse=rate, decay_inverse=decay, decay_inverse_classes=decay)
    twin = NitroMLP(**made.get_params())
    twin._start(N_BITS, N_CLASSES)
    made.partial_fit(x, y, classes=range(N_CLASSES))
    forwards, heads, output = plain_nitro(twin, x, y)
    assert [w.tolist() for w in made.forward_] == forwards and [w.tolist() for w in made.to_classes_] == heads
    assert made.output_.tolist() == output and made.output_.dtype == np.int32


def test_nitro_waits_before_it_slows_down():
    x, y = problem()
    made = NitroMLP((8,), patience=1, rate_inverse=16)
    for _ in range(80):
        made.partial_fit(x, y, classes=range(N_CLASSES))
        assert made.rate_inverse_ in {*(16 * 3**n for n in range(31)), 1 << 40}  # and no further, without end
    assert made.rate_inverse_ > 16


def test_nitro_without_a_gradient_buffer_is_the_same_and_charged_none():
    x, y = problem()
    task = Task(1000, 784, 10)
    kept, fused = (NitroMLP((8,), gradient_buffer=buffer, epochs=2).fit(x, y) for buffer in (True, False))
    assert np.array_equal(kept.forward_[0], fused.forward_[0])
    assert kept.memory(task)["gradient"] == 32 * 784 * 8 and fused.memory(task)["gradient"] == 0


# ---- The BMLP's own family ----


def test_the_last_epochs_vote():
    x, y = problem()
    made = LastEpochs((15, 15), group_size=5, n_votes=3, batch_size=20, random_state=4)
    network = FullyBinaryNetwork((N_BITS, 15, 15), N_CLASSES, group_size=5, seed=4)
    scores = []
    for epoch in range(5):
        made.partial_fit(x, y, classes=range(N_CLASSES))
        network.train_epoch(x, y, 20)
        scores.append(network.decision_function(x))
        assert np.array_equal(made.predict(x), sum(scores[-3:]).argmax(axis=1)), epoch
    task = Task(1000, N_BITS, N_CLASSES)
    ours, one = made.memory(task), method_class("bmlp")((15, 15), group_size=5, batch_size=20).memory(task)
    assert total_bits(ours) - total_bits(one) == 3 * (N_BITS * 15 + 15 * 15)


# ---- What methods are made of, and their sizes ----


@pytest.mark.parametrize(
    ("name", "params", "numbers"),
    [
        ("bmlp", {}, "binary"), ("hyperdimensional", {}, "binary"), ("wisard", {}, "binary"),
        ("recommended", {}, "integer"), ("nitro", {}, "integer"), ("bmlp_readout", {"readout": "vote"}, "binary"),
        ("bmlp_readout", {"readout": "perceptron"}, "integer"), ("float_mlp", {}, "float"), ("softmax", {}, "float"),
        ("logic_gates", {}, "float"),
    ],
)  # fmt: skip
def test_what_numbers_a_method_is_made_of(name, params, numbers):
    assert numbers_of(method_class(name)(**params)) == numbers


def test_a_knob_is_a_method_size():
    assert Hyperdimensional.shape_params("128") == {"dimension": 128} and Hyperdimensional.width_step == 32
    assert Wisard.knob == Knob("n_nodes", largest=1 << 17) and Wisard.widest == 1 << 17
    with pytest.raises(ValueError, match="one number, n_nodes"):
        Wisard.shape_params("12_3")


# ---- Tuned float rivals ----


def float_mlp(**params):
    pytest.importorskip("torch")
    return method_class("float_mlp")((4,), input="binary", batch_size=50, **params)


def test_the_rate_falls_linearly_to_0():
    made, x = float_mlp(schedule="linear", learning_rate=0.5, epochs=4), problem(100)
    seen = []
    for _ in range(4):
        made.partial_fit(*x, classes=range(N_CLASSES))
        seen.append(made.optimizer_.param_groups[0]["lr"])
    assert seen == pytest.approx([0.5 * (1 - (epoch + 0.5) / 4) for epoch in range(4)])


@settings(max_examples=10)
@given(decay=st.sampled_from([0.0, 0.01]), momentum=st.sampled_from([0.0, 0.9]))
def test_momentum_and_decay_are_sgds(decay, momentum):
    made = float_mlp(learning_rate=0.1, momentum=momentum, weight_decay=decay, epochs=2)
    x, y = problem(50)
    made.partial_fit(x, y, classes=range(N_CLASSES))
    before = [w.detach().numpy().astype(float) for w in made.weights_]
    buffers = [made.optimizer_.state[w].get("momentum_buffer") for w in made.weights_]
    buffers = [0.0 if buffer is None else buffer.numpy().astype(float) for buffer in buffers]
    made.partial_fit(x, y)  # one mini-batch: its step by hand
    hidden = np.maximum(x @ before[0].T, 0)
    scores = hidden @ before[1].T
    chance = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = (chance / chance.sum(axis=1, keepdims=True) - np.eye(N_CLASSES)[y]) / len(x)
    gradients = [((error @ before[1]) * (hidden > 0)).T @ x, error.T @ hidden]
    for weight, old, buffer, gradient in zip(made.weights_, before, buffers, gradients, strict=True):
        step = momentum * buffer + gradient + decay * old
        assert weight.detach().numpy() == pytest.approx(old - 0.1 * step, abs=1e-5)


def test_what_options_cost():
    task, n = Task(1000, 784, 10), 784 * 4 + 4 * 10
    plain, heavy, fused = (
        float_mlp(**options).memory(task) for options in ({}, {"momentum": 0.9}, {"gradient_buffer": False})
    )
    assert heavy["weights"] - plain["weights"] == 32 * n and fused["gradient"] == 0 < plain["gradient"]
    adds = [float_mlp(weight_decay=decay).gates(task)["float add"] for decay in (0.0, 0.1)]
    assert adds[1] - adds[0] == n * 10**4
    for wrong in ({"momentum": 0.9, "optimizer": "adam"}, {"momentum": 0.9, "gradient_buffer": False}):
        with pytest.raises(ValueError, match="momentum"):
            float_mlp(**wrong).check(task)


def test_gate_networks_predict_with_gates_alone():
    """The discrete network is what its tables say, unit by unit."""
    pytest.importorskip("torch")
    x, y = problem()
    made = method_class("logic_gates")(30, n_layers=3, epochs=3, temperature=1.0).fit(x, y)
    values = x > 0
    for wires, logits in zip(made.wires_, made.logits_, strict=True):
        kinds = logits.detach().numpy().argmax(axis=1)
        first, second = values[:, wires[0].numpy()], values[:, wires[1].numpy()]
        values = (kinds >> (3 - (2 * first + second))) & 1 == 1
    ones = values.reshape(len(x), N_CLASSES, 10).sum(axis=2)
    assert np.array_equal(made.predict(x), ones.argmax(axis=1))
