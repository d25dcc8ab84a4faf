"""The ledger covers what a training run really takes, measured by the operating system."""

import platform
import sys

import numpy as np
import pytest
from fbbench.baselines.checks.costs import measured_and_ledger
from fbbench.baselines.checks.subject import Skipped

from fbbench.experiments.running.peak_memory import PeakMemory


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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives free memory back when asked")
def test_memory_that_was_freed_before_is_counted_again():
    """A worker runs one cell after another; what was kept of the first must not hide what the second takes."""

    def use():
        return [np.ones(2_000) for _ in range(1_000)]  # 16 MB in pieces that are not given back one by one

    kept = use()[::50]  # what is freed lies between pieces that are in use
    with PeakMemory() as peak:
        if peak.scope != "cell":
            pytest.skip("this system does not let a process reset its own peak")
        grown = peak.growth_of(use)
        assert peak.growth_of(lambda: None) < 2e6
    assert 14e6 < grown < 24e6
    assert len(kept) == 20 and peak.bytes >= peak.before
