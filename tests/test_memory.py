"""The ledger covers what a training run really takes, measured by the operating system."""

import sys

import pytest

from baselines.checks import Skipped, measured_and_ledger


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak from /proc")
@pytest.mark.parametrize(
    "name, params, n, d",
    [
        ("bmlp", {"hidden_layers": [525, 525]}, 50_000, 784),
        ("bmlp", {"hidden_layers": [525, 525], "arithmetic": "ternary", "hidden_bits": 16}, 2_000, 9216),
        ("bmlp", {"hidden_layers": [2025, 2025], "group_size": 45}, 1_000, 9216),
        ("single_layer", {"committees": [(880, 80)]}, 50_000, 784),
    ],
)
def test_peak_is_within_the_ledger(name, params, n, d):
    try:
        peak, ledger = measured_and_ledger(name, params, n, d)
    except Skipped as reason:
        pytest.skip(str(reason))
    assert peak <= 1.1 * ledger + 4e6, f"peak {peak / 1e6:.2f} MB, ledger {ledger / 1e6:.2f} MB"
    assert peak >= 0.5 * ledger - 4e6, f"peak {peak / 1e6:.2f} MB: the ledger charges more than is used"
