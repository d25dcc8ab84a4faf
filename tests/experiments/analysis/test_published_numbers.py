"""The published accuracies come out: last epoch, published split and settings (arXiv:2412.00119 and authors' results).

Trainings are deterministic, so these do not flicker. Binary arithmetic is held against what independent renditions
of the algorithm measured.
"""

import numpy as np
import pytest
from stores import skip_without_packages

from fbbench.datasets import load
from fbbench.experiments.planning.agenda import PlannedCell
from fbbench.experiments.planning.cells import Cell
from fbbench.experiments.running.train import train_cell

TERNARY16 = {"arithmetic": "ternary", "hidden_bits": 16}
BINARY8 = {"arithmetic": "binary", "hidden_bits": 8}


def accuracy(dataset, method, params, n_seeds):
    """Return the mean held-out accuracy over seeds 42, 43, .."""
    skip_without_packages(method)
    accuracies = []
    for seed in range(42, 42 + n_seeds):
        cell = Cell(
            dataset=dataset,
            protocol="published",
            method=method,
            method_version=1,
            method_id=method,
            label=method,
            budget="",
            shape="",
            params=tuple(params.items()),
            epochs=50,
            batch_size=100,
            seed=seed,
        )
        outcome, _ = train_cell(PlannedCell(cell, cell.identity(load(dataset, "published").checksum), key=""))
        accuracies.append(outcome["heldout_accuracy"])
    return np.mean(accuracies)


@pytest.mark.parametrize(
    "method, params, n_seeds, published, within",
    [
        ("bmlp", {"hidden_layers": [35, 35], **TERNARY16}, 10, 79.1, 1.5),
        ("bmlp", {"hidden_layers": [525, 525], **TERNARY16}, 3, 94.8, 1.0),
        ("single_layer", {"committees": [(814, 74)], **TERNARY16}, 3, 90.6, 1.5),
        ("bmlp", {"hidden_layers": [35, 35], **BINARY8}, 10, 74.6, 1.5),
    ],
)
def test_prototypes(method, params, n_seeds, published, within):
    assert abs(accuracy("random_prototypes", method, params, n_seeds) - published) <= within


@pytest.mark.parametrize(
    "method, params, n_seeds, published, within",
    [
        ("bmlp", {"hidden_layers": [35, 35], **TERNARY16}, 5, 82.1, 0.6),
        ("bmlp", {"hidden_layers": [135, 135], **TERNARY16}, 3, 85.7, 0.6),
        ("bmlp", {"hidden_layers": [525, 525], **TERNARY16}, 2, 86.6, 0.6),
        ("bmlp", {"hidden_layers": [35, 35], **BINARY8}, 5, 81.0, 0.6),
        ("float_mlp", {"hidden_layers": [105, 105], "input": "float"}, 3, 78.4, 1.5),
    ],
)
def test_fashion_mnist(real_fashion_mnist, method, params, n_seeds, published, within):
    assert abs(accuracy("fashion_mnist", method, params, n_seeds) - published) <= within
