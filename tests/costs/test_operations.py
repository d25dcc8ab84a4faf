"""Counts of operations against instrumented runs, and what they make of circuits and joules."""

import itertools

import numpy as np
import pytest
from fbbench.baselines.protocol import METHODS, Counted, Task, method_class

from fbbench import costs, kernels
from fbbench.circuits import BY_NAME, gates_of
from fbbench.costs import NetworkShape, energy, operations
from fbbench.experiments.analysis.reckonings import RECKONINGS, operations_of, reckoned
from fbbench.kernels import reference
from fbbench.network import ErrorPropagatingNetwork, FullyBinaryNetwork

N, D, K, C, G, BATCH = 200, 64, 30, 5, 5, 20


class Counter:
    """What the kernels' reference executes, by the names of :data:`fbbench.costs.CIRCUITS`."""

    def __init__(self, monkeypatch):
        self.products, self.moves, self.settled, self.selected = 0, 0, 0, 0
        product, easiest, settle = reference.exact_product, reference.easiest_units, reference.settle

        def exact_product(x, w):
            self.products += x.shape[0] * w.shape[0] * x.shape[1]
            return product(x, w)

        def easiest_units(layer, *of):
            chosen, desired = easiest(layer, *of)
            self.moves += int(chosen.sum()) * layer.fan_in
            self.selected += layer.n_units
            return chosen, desired

        def settled(layer, hidden, *of):
            self.settled += hidden.size
            return settle(layer, hidden, *of)

        monkeypatch.setattr(reference, "exact_product", exact_product)
        monkeypatch.setattr(reference, "easiest_units", easiest_units)
        monkeypatch.setattr(reference, "settle", settled)


@pytest.fixture
def rows():
    rng = np.random.default_rng(5)
    return rng.choice([-1, 1], (N, D)).astype(np.int8), rng.integers(0, C, N)


@pytest.mark.parametrize("kind", [FullyBinaryNetwork, ErrorPropagatingNetwork])
def test_counts_are_those_of_the_reference_or_the_most_it_may_do(kind, rows, monkeypatch):
    """Labels are drawn, so nearly every row triggers: what depends on rows comes near the most that is charged."""
    counter = Counter(monkeypatch)
    network = kind([D, K, K], C, group_size=G, hidden_bits=8, robustness=0.5, seed=1)
    with kernels.use("reference"):
        network.train_epoch(*rows, batch_size=BATCH)
    shape = NetworkShape(n_samples=N, layer_sizes=(D, K, K), n_classes=C, batch_size=BATCH, group_sizes=(G, G))
    propagates = kind is ErrorPropagatingNetwork
    counted = (operations.propagation_operations if propagates else operations.multilayer_operations)(shape)
    batches = N // BATCH
    products = counted["unit, an element"] + counted["classifier, an element"]
    assert counter.products == batches * products
    assert counter.settled == batches * counted["draw"] == batches * counted["end of mini-batch, a weight of 8 bits"]
    assert 0.5 * batches * counted["move counted"] < counter.moves <= batches * counted["move counted"]
    assert 0.5 * batches * counted["easiest unit, a unit"] < counter.selected
    assert counter.selected <= batches * counted["easiest unit, a unit"]


@pytest.mark.parametrize("hidden", [[], [7], [9, 6]])
def test_multiplications_of_a_float_network_are_those_that_torch_counts(hidden):
    torch = pytest.importorskip("torch", reason="torch is not installed (fbbench[float])")
    from torch.utils.flop_counter import FlopCounterMode

    sizes = [12, *hidden, 4]
    weights = [torch.randn(b, a, requires_grad=True) for a, b in itertools.pairwise(sizes)]
    x = torch.randn(BATCH, 12)
    with FlopCounterMode(display=False) as counter:
        for weight in weights:
            x = torch.relu(x @ weight.T)
        x.sum().backward()
    counted = costs.float_operations((12, *hidden), 4, BATCH)
    beside = operations.softmax_operations(BATCH, 4)["float32 multiply"] + sum(weight.numel() for weight in weights)
    assert counter.get_total_flops() / 2 == counted["float32 multiply"] - beside


def test_signs_of_inputs_take_no_multiplication():
    plain, signs = (costs.float_operations((12, 7), 4, BATCH, sign_inputs=used) for used in (False, True))
    assert signs["XNOR"] == 2 * BATCH * 12 * 7 == plain["float32 multiply"] - signs["float32 multiply"]
    assert plain["float32 add"] == signs["float32 add"]


def test_other_numbers_change_products_and_sums_alone():
    of_bits = costs.float_operations((12, 7), 4, BATCH, numbers="int8")
    plain = costs.float_operations((12, 7), 4, BATCH)
    matrices = plain["float32 multiply"] - of_bits["float32 multiply"]
    assert of_bits["int8 multiply"] == matrices
    assert of_bits["integer add, a bit"] == 32 * (plain["float32 add"] - of_bits["float32 add"])
    assert of_bits["draw"] == 12 * 7 + 7 * 4 + BATCH * (7 + 4), "a weight and a gradient are rounded by a draw each"
    with pytest.raises(KeyError):
        costs.float_operations((12, 7), 4, BATCH, numbers="int7")


def test_a_committee_by_sbpi_reinforces_no_weight_and_draws_for_units():
    of = (12, 33, 3, 4, BATCH, 8)
    none, some = costs.sbpi_operations(*of, 0.0), costs.sbpi_operations(*of, 0.5)
    assert none["draw"] == BATCH * 33 and none["end of mini-batch, a weight of 8 bits"] == 12 * 33
    assert some["move counted"] - none["move counted"] == BATCH * 0.5 * 33 * 12
    committee = costs.committee_operations([(12, 33, 3)], 4, BATCH, 8)
    for same in ("unit, an element", "classifier, an element", "easiest unit, a unit", "majority of 11"):
        assert none[same] == committee[same]
    assert none["move counted"] == committee["move counted"] and committee["draw"] == 12 * 33


def test_every_price_is_that_of_a_circuit():
    for name, circuit in operations.CIRCUITS.items():
        known, divided = circuit if isinstance(circuit, tuple) else (circuit, 1)
        assert known is None or known in BY_NAME
        assert costs.price(name) == (1 if known is None else gates_of(known) / divided)
    assert set(operations.circuits_read()) == set(operations.CIRCUITS)


@pytest.mark.parametrize("name", METHODS)
def test_methods_count_only_operations_that_have_a_price(name):
    method = method_class(name)()
    counted = method.operations(Task(1000, 64, 10)) if isinstance(method, Counted) else {}
    assert set(counted) <= set(operations.CIRCUITS)
    assert all(count >= 0 for count in counted.values())


def test_synthesized_gates_come_near_a_whole_layer_of_circuits():
    """A row through the layer that the tests train by circuits, against the sum of its operations' prices."""
    row = gates_of("bmlp_row")
    shape = NetworkShape(n_samples=1, layer_sizes=(64, 15), n_classes=5, batch_size=1, group_sizes=(5,))
    counted = operations.layer_operations(shape, 0)
    of_row = {k: v for k, v in counted.items() if not any(word in k for word in ("draw", "move", "mini-batch"))}
    assert sum(costs.synthesized(of_row).values()) == pytest.approx(row, rel=0.15)


def test_energy():
    counted, memory = {"float32 multiply": 10, "XNOR": 4}, {"data": 1e9, "weights": 640, "activations": 1e6}
    logic = energy.operation_picojoules(counted)
    assert logic == pytest.approx(37 + 4 * energy.gate_picojoules())
    assert energy.moved_bits(counted, memory, 64, 10) == 2 * 640 + 640
    of_16 = {"end of mini-batch, a weight of 16 bits": 80, "move counted": 5}
    assert energy.moved_bits(of_16, memory, 64, 10) == 2 * 80 * 16 + 640 + 5
    in_dram = energy.training_picojoules(counted, memory, 64, 10, "DRAM")
    assert in_dram == pytest.approx(logic + 1300 * (2 * 640 + 640) / 64)
    assert energy.training_picojoules(counted, memory, 64, 10, "nowhere") == logic
    assert energy.gate_picojoules() == pytest.approx(0.1 / 154, rel=0.1)


def test_reckonings_of_a_method():
    task, bmlp = Task(50_000, 784, 10), method_class("bmlp")(hidden_layers=[525, 525], group_size=105)
    assert reckoned(bmlp, task, "model with output classifier") - reckoned(bmlp, task, "model") == 110_000
    assert reckoned(bmlp, task, "area") > reckoned(bmlp, task, "synthesized")
    by_energy = [reckoned(bmlp, task, by) for by in RECKONINGS if by.startswith("energy")]
    assert by_energy == sorted(by_energy) and by_energy[0] > 0
    sgd = method_class("float_mlp")(hidden_layers=[105, 105], input="binary")
    assert reckoned(sgd, task, "model", sign_inputs=True) < reckoned(sgd, task, "model")
    assert reckoned(sgd, task, "synthesized") == reckoned(sgd, task, "synthesized", sign_inputs=True)
    with pytest.raises(ValueError, match="does not count its operations"):
        operations_of(method_class("logistic")(), task)
    for made in (bmlp, sgd):
        with pytest.raises(ValueError, match="numbers must be one of"):
            operations_of(made, task, "float8")
    recommended = method_class("recommended")()
    with pytest.raises(ValueError, match="rows one by one"):
        reckoned(recommended, task, "energy with DRAM")
    assert reckoned(recommended, task, "energy of logic") > 0


def test_more_rows_than_a_sum_holds_are_priced_by_the_bit():
    few, many = (operations.moved_weights(10, 100, 8, rows)["move counted"] for rows in (127, 1000))
    assert few == 127 * 10 and many == 1000 * 10 * 11 / 8
