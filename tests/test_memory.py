"""The ledger covers what a training run really takes, measured by the operating system."""

import json
import subprocess
import sys

import pytest

MEASURE = """
import json, sys
from pathlib import Path
import numpy as np
from baselines.protocol import Task, method_class
from fbbench.kernels import random
from fbbench.costs import total_bits

def peak_bytes():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

name, params, n, d = json.loads(sys.argv[1])
bits = random.words(1, 0, n * ((d + 63) // 64)).reshape(n, -1)
if d % 64:
    bits[:, -1] &= np.uint64((1 << (d % 64)) - 1)
labels = (random.words(2, 0, n) % np.uint64(10)).astype(np.int32)
make = lambda: method_class(name)(**params, n_bits=d)
small = make().partial_fit(bits[:100], labels[:100], classes=range(10))  # imports and first touches
del small
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
before = peak_bytes()
method = make()
for _ in range(2):
    method.partial_fit(bits, labels, classes=range(10))
parts = method.ledger(Task(n, d, 10))
print(json.dumps([peak_bytes() - before, (total_bits(parts) - parts["data"]) // 8]))
"""


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
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps([name, params, n, d])], capture_output=True, text=True, check=False
    )
    if "clear_refs" in done.stderr:
        pytest.skip("this system does not let a process reset its own peak")
    assert done.returncode == 0, done.stderr
    peak, ledger = json.loads(done.stdout)
    assert peak <= 1.1 * ledger + 4e6, f"peak {peak / 1e6:.2f} MB, ledger {ledger / 1e6:.2f} MB"
    assert peak >= 0.5 * ledger - 4e6, f"peak {peak / 1e6:.2f} MB: the ledger charges more than is used"
