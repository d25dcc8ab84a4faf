"""The suites that ship: what they plan is what was published."""

import json

import pytest
from fbbench.baselines.protocol import METHODS, method_class

from fbbench.datasets.registry import DATASETS
from fbbench.experiments import load_suite, plan
from fbbench.experiments.planning.cells import SET_BY_THE_SUITE
from fbbench.places import shipped

FLOAT_LAYERS = {
    "all_samples": False,
    "gradient_buffer": True,
    "numbers": "float32",
    "input": "float",
    "learning_rate": None,
    "momentum": 0.0,
    "optimizer": "sgd",
    "schedule": "constant",
    "value_bits": 32,
    "weight_decay": 0.0,
}

DEFAULTS = {
    ("sign_perceptron", 1): {"n_units": 1000, "planes": 1},
    ("bep", 1): {
        "gate": 0.05,
        "group_size": 15,
        "grow_after": 5,
        "hidden_bits": 8,
        "hidden_layers": [35, 35],
        "reinforcement": 0.5,
        "robustness": 0.5,
    },
    ("bmlp", 1): {
        "arithmetic": "binary",
        "clip": None,
        "group_size": "published",
        "hidden_bits": 8,
        "hidden_layers": [35, 35],
        "reinforcement": 0.5,
        "robustness": 0.25,
        "trained_classifier": False,
    },
    ("ensemble", 1): {
        "arithmetic": "binary",
        "group_size": "published",
        "hidden_bits": 8,
        "hidden_layers": [35, 35],
        "n_members": 3,
        "reinforcement": 0.5,
        "robustness": 0.25,
    },
    ("float_mlp", 1): {**FLOAT_LAYERS, "hidden_layers": [5, 5]},
    ("logistic", 1): {"alpha": 0.0001},
    ("majority", 1): {},
    ("nearest_centroid", 1): {},
    ("qat", 1): {"batch_norm": True, "hidden_layers": [35, 35], "learning_rate": 0.001},
    ("recommended", 1): {"n_units": 1000},
    ("bmlp_readout", 1): {
        "group_size": "published",
        "hidden_bits": 8,
        "hidden_layers": [35, 35],
        "readout": "vote",
        "reinforcement": 0.5,
        "robustness": 0.25,
    },
    ("random_features", 1): {
        "group_size": "published",
        "hidden_bits": 8,
        "hidden_layers": [35, 35],
        "reinforcement": 0.5,
        "robustness": 0.25,
    },
    ("sbpi", 1): {"committee": [44, 4], "hidden_bits": 8, "p": 0.3, "robustness": 0.25, "theta": 2},
    ("single_layer", 1): {
        "arithmetic": "binary",
        "committees": [[44, 4]],
        "hidden_bits": 8,
        "reinforcement": 0.5,
        "robustness": 0.25,
    },
    ("bloom_wisard", 1): {"address_bits": 8, "choosing_share": 0.1, "filter_bits": 7, "n_hashes": 2, "n_nodes": 100},
    ("hamming_neighbours", 1): {"n_neighbours": 5},
    ("hyperdimensional", 1): {"dimension": 2048, "item_memory": "stored", "rate": 1, "single_pass": "all"},
    ("last_epochs", 1): {
        "group_size": "published",
        "hidden_bits": 8,
        "hidden_layers": [35, 35],
        "n_votes": 10,
        "reinforcement": 0.5,
        "robustness": 0.25,
    },
    ("logic_gates", 1): {"learning_rate": 0.01, "n_gates": 1000, "n_layers": 4, "temperature": 10.0},
    ("nitro", 1): {
        "gradient_buffer": True,
        "decay_inverse": 0,
        "decay_inverse_classes": 0,
        "hidden_layers": [35, 35],
        "patience": 0,
        "rate_inverse": 512,
    },
    ("softmax", 1): FLOAT_LAYERS,
    ("wisard", 1): {"address_bits": 6, "choosing_share": 0.1, "n_nodes": 100},
    ("tsetlin", 1): {"n_clauses": 200, "s": 5.0, "threshold": None},
}


def test_a_new_default_needs_a_new_method_version():
    """Defaults are not part of a cell's identity, so rows of an old default would be taken for rows of a new one."""
    for name in METHODS:
        method = method_class(name)
        defaults = {k: v for k, v in method().get_params().items() if k not in SET_BY_THE_SUITE}
        assert json.loads(json.dumps(defaults)) == DEFAULTS[name, method.version]


def test_float_methods_have_no_cells_on_binary_data():
    planned = plan(load_suite("quick"))
    cells = planned.cells
    assert planned.left_out == ["sgd_float on random_prototypes: it wants floats, and these data are bits by nature"]
    assert not [c for c in cells if c.dataset == "random_prototypes" and c.method_id == "sgd_float"]
    assert [c for c in cells if c.dataset == "fashion_mnist" and c.method_id == "sgd_float"]


def test_quick_is_what_the_paper_compares():
    suite = load_suite("quick")
    assert suite.budgets == ["35_35", "135_135", "525_525"] and len(suite.seeds) == 3 and suite.epochs == 50
    shapes = {(c.dataset, c.budget, c.method_id): c.shape for c in plan(suite).cells}
    assert shapes["fashion_mnist", "525_525", "single_layer_ternary16"] == "880_80"
    assert shapes["random_prototypes", "35_35", "sgd_binary"] == "5_5"


def test_exp1_has_the_published_shapes_and_group_sizes():
    cells = {(c.dataset, c.budget, c.method_id): c for c in plan(load_suite("exp1_budget")).cells}
    assert cells["cifar10", "255_255", "adam_binary"].shape == "17_17"
    assert dict(cells["imagenette", "135_135", "bmlp_binary8"].params)["group_size"] == 135
    assert "group_size" not in dict(cells["fashion_mnist", "135_135", "bmlp_binary8"].params)  # 45 is the default


@pytest.mark.parametrize("name", sorted(path.stem for path in shipped("suites").glob("*.toml")))
def test_suites_that_ship_can_be_planned(name):
    """Wherever sizes are known without the data. Beside the data, no shape is far from its budget but at the smallest,
    where a width more or less is a tenth (and the published ones are), and on CIFAR-100, whose weights to the classes
    alone are as much."""
    suite = load_suite(name)
    known = [name for name in suite.datasets if name in DATASETS]
    if known:
        planned = plan(suite.narrowed(datasets=known))
        assert planned.cells
        assert not [text for text in planned.far_off if " at 35_35:" not in text and " on cifar100 " not in text]


def test_the_published_number_of_settings():
    """As many as the authors' result files have (each in two arithmetics here)."""
    counts = {"exp2_group_size": 116, "robustness": 60, "trained_classifier": 12}
    for name, count in counts.items():
        cells = plan(load_suite(name).narrowed(n_seeds=1)).cells
        assert len([cell for cell in cells if "ternary" in cell.method_id]) == count
    cells = plan(load_suite("exp3_single_layer").narrowed(n_seeds=1, methods=["single_layer_ternary16"])).cells
    assert len(cells) == 104 and all(cell.budget == f"match single_layer {cell.shape}" for cell in cells)
