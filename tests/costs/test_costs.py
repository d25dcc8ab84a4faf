"""The paper's memory and gate models give its own figures; budgets are matched to the nearest width."""

import pytest
from fbbench.baselines.protocol import Task, method_class, zeros_of
from hypothesis import assume, given
from hypothesis import strategies as st

from fbbench.costs import (
    binary_gates,
    bmlp_memory,
    committee_memory,
    float_gates,
    float_memory,
    match_width,
    megabytes,
    total_bits,
    total_gates,
    zero_gates,
)

SETS = {
    "random_prototypes": (10_000, 1000),
    "fashion_mnist": (50_000, 784),
    "cifar10": (40_000, 9216),
    "imagenette": (10_000, 2304),
}
BUDGETS = (35, 75, 135, 255, 525)
PUBLISHED = {  # arXiv:2412.00119, section 4.3: partners of BMLP 35, 75, 135, 255, 525 twice
    "random_prototypes": {
        "committee": [(44, 4), (88, 8), (165, 15), (330, 30), (814, 74)],
        "sgd": [5, 10, 20, 41, 98],
        "adam": [3, 5, 10, 22, 51],
    },
    "fashion_mnist": {
        "committee": [(44, 4), (88, 8), (165, 15), (363, 33), (880, 80)],
        "sgd": [5, 11, 21, 44, 105],
        "adam": [3, 6, 11, 23, 56],
    },
    "cifar10": {
        "committee": [(44, 4), (77, 7), (143, 13), (264, 24), (561, 51)],
        "sgd": [5, 10, 18, 33, 70],
        "adam": [3, 5, 9, 17, 35],
    },
    "imagenette": {
        "committee": [(44, 4), (77, 7), (154, 14), (286, 26), (660, 60)],
        "sgd": [5, 10, 19, 36, 81],
        "adam": [3, 5, 9, 19, 42],
    },
}


def bmlp(name, width):
    n, d = SETS[name]
    return bmlp_memory(n, (d, width, width), 10, 100)


@pytest.mark.parametrize(
    "parts, expected",
    [
        (bmlp("fashion_mnist", 35), 4.937),
        (float_memory(50_000, (784, 5, 5), 10, 100, float_input=False), 4.940),
        (bmlp("cifar10", 525), 51.306),
    ],
)
def test_published_memory(parts, expected):
    assert round(megabytes(parts), 3) == expected


def test_published_gates():
    assert f"{total_gates(binary_gates((784, 525, 525), 10, 100)):.2e}" == "8.10e+08"
    assert f"{total_gates(float_gates((784, 105, 105), 10, 100)):.2e}" == "4.03e+11"
    assert f"{total_gates(binary_gates((784, 44, 4), 10, 100, local_classifiers=False)):.2e}" == "4.00e+07"


def test_zeros_are_charged_by_hand():
    """784-35-35-10: one AND an element and one count a weight in the first matrix, two and one a product elsewhere."""
    others = 35 * 35 + 35 * 10 + 2 * 35 * 10  # the second matrix, the one behind it, two local classifiers
    gates = zero_gates((784, 35, 35), 10, 100)
    assert gates == {"AND": 100 * 784 * 35 + 2 * 100 * others, "popcount": 10 * (784 * 35 + 100 * others)}
    committee = zero_gates((784, 44, 4), 10, 100, local_classifiers=False)
    assert committee["popcount"] == 10 * (784 * 44 + 100 * (44 * 4 + 4 * 10))


def test_units_of_a_first_committee_give_the_second_one_zeros():
    task = Task(1000, 784, 10)
    one, two = ([(44, 4)], [(44, 4), (44, 4)])
    gates = [method_class("single_layer")(stages, arithmetic="ternary").zero_gates(task) for stages in (one, two)]
    second = 44 * 44 + 44 * 4 + 4 * 10
    assert {kind: gates[1][kind] - gates[0][kind] for kind in gates[0]} == {
        "AND": 100 * 2 * second, "popcount": 10 * 100 * second,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["bmlp", "single_layer", "ensemble"])
def test_binary_arithmetic_has_no_zeros_to_charge(name):
    task = Task(1000, 784, 10)
    assert zeros_of(method_class(name)(arithmetic="binary"), task) == 0
    assert zeros_of(method_class(name)(arithmetic="ternary"), task) > 0
    assert zeros_of(method_class("majority")(), task) == 0


def ratios(partner, optimizer="sgd"):
    found = []
    for name, (_, d) in SETS.items():
        for i, width in enumerate(BUDGETS):
            other = PUBLISHED[name][optimizer][i] if partner == "matched" else width
            ours = total_gates(binary_gates((d, width, width), 10, 100))
            found.append(total_gates(float_gates((d, other, other), 10, 100, optimizer=optimizer)) / ours)
    return min(found), max(found)


@pytest.mark.parametrize(
    "partner, optimizer, low, high",
    [("matched", "sgd", 432.8, 497.5), ("equal", "sgd", 3_490, 4_127), ("matched", "adam", 221, 306)],
)
def test_published_gate_ratios(partner, optimizer, low, high):
    least, most = ratios(partner, optimizer)
    digits = 1 if partner == "matched" and optimizer == "sgd" else 0
    assert (round(least, digits), round(most, digits)) == (low, high)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("budget", range(5))
def test_published_partners_are_within_one_width_of_the_nearest(name, budget):
    n, d = SETS[name]
    bits = total_bits(bmlp(name, BUDGETS[budget]))
    for optimizer in ("sgd", "adam"):
        width = match_width(
            bits,
            lambda k, o=optimizer: total_bits(float_memory(n, (d, k, k), 10, 100, float_input=False, optimizer=o)),
        )
        assert abs(width - PUBLISHED[name][optimizer][budget]) <= 1
    units = match_width(bits, lambda k: total_bits(committee_memory(n, [(d, k, k // 11)], 10, 100)), step=11)
    assert abs(units - PUBLISHED[name]["committee"][budget][0]) <= 11


@given(
    budget=st.integers(100, 10**7), slope=st.integers(1, 50), base=st.integers(0, 50), step=st.sampled_from([1, 5, 11])
)
def test_match_width_is_the_nearest(budget, slope, base, step):
    def cost(k):
        return base + slope * k * k

    candidates = range(step, 4000, step)
    assume(cost(step) <= 2 * budget <= cost(candidates[-1]))
    best = min(candidates, key=lambda k: (abs(cost(k) - budget), k))
    assert match_width(budget, cost, step=step) == best


def test_impossible_budgets():
    with pytest.raises(ValueError, match="too small"):
        match_width(10, lambda k: 1000 * k)
    with pytest.raises(ValueError, match="above"):
        match_width(10**9, lambda k: k, largest=100)


def test_unknown_optimizer():
    for model in (float_gates, lambda *a, **k: float_memory(100, *a, float_input=True, **k)):
        with pytest.raises(ValueError, match="optimizer must be"):
            model((10, 5), 3, 100, optimizer="lion")


def test_float_input_holds_whole_values():
    parts = float_memory(100, (7, 3), 2, 10, float_input=True)
    assert parts["data"] == 700 // 32 * 32


METHODS = [
    ("bmlp", {"hidden_layers": [135, 135]}),
    ("single_layer", {"committees": [(165, 15)]}),
    ("float_mlp", {"hidden_layers": [21, 21]}),
    ("float_mlp", {"hidden_layers": [21, 21], "input": "binary", "optimizer": "adam"}),
]


@pytest.mark.parametrize("name, params", METHODS)
def test_costs_grow_with_the_task(name, params):
    method = method_class(name)(**params)
    task = Task(50_000, 784, 10)
    for bigger in (Task(60_000, 784, 10), Task(50_000, 1000, 10), Task(50_000, 784, 20)):
        assert total_bits(method.memory(bigger)) > total_bits(method.memory(task))
        assert total_bits(method.ledger(bigger)) > total_bits(method.ledger(task))
        assert total_gates(method.gates(bigger)) >= total_gates(method.gates(task))


def test_a_ledger_charges_wider_weights_and_planes():
    task = Task(50_000, 784, 10)
    bmlp = method_class("bmlp")
    binary8 = bmlp([135, 135]).ledger(task)
    ternary16 = bmlp([135, 135], arithmetic="ternary", hidden_bits=16).ledger(task)
    assert ternary16["hidden weights"] == 2 * binary8["hidden weights"]
    assert ternary16["visible weights"] == 2 * binary8["visible weights"]
    assert binary8["data"] == bmlp([135, 135]).memory(task)["data"]
