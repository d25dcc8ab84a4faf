"""The published accuracies on AlexNet features; minutes for the features, so run by name (`make test-slow`)."""

import numpy as np
import pytest
from fbbench.baselines.protocol import method_class

from fbbench.datasets import DataUnavailable, describe, prepare

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name, published, tolerance", [("cifar10", 81.2, 0.8), ("imagenette", 87.9, 1.0)])
def test_bmlp_135_135(name, published, tolerance, real_data):
    """Seeds 42 to 44, ternary, int16, 50 epochs, group size 135, as published (Imagenette: see docs/notes.md)."""
    pytest.importorskip("torch")
    pictures = describe(name).pictures
    try:
        for part in pictures.parts("published"):
            pictures.compute(part)
    except DataUnavailable as error:
        pytest.skip(str(error))
    accuracies = []
    for seed in (42, 43, 44):
        split = prepare(name, seed)
        method = method_class("bmlp")(
            hidden_layers=[135, 135], group_size=135, arithmetic="ternary", hidden_bits=16, n_bits=split.n_features,
            random_state=seed,
        )  # fmt: skip
        for _ in range(50):
            method.partial_fit(split.bits_train, split.y_train, classes=range(10))
        accuracies.append(100 * np.mean(method.predict(split.bits_heldout) == split.y_heldout))
    assert abs(np.mean(accuracies) - published) < tolerance, accuracies
