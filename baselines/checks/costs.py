"""What a method says that it costs, and whether that is so."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fbbench.costs import GATES, total_bits, total_gates
from fbbench.nearest import nearest

from ..protocol import Predicting, WithZeros
from .subject import TASK, Skipped, Warned, expect

SLACK_BYTES = 6e6
"""What a measured peak may hold beside the ledger: the allocator's, and code that is read in."""


def check_memory(subject):
    """Memory and ledger are whole numbers of bits by part, data among them, and grow with the samples."""
    for name in ("memory", "ledger"):
        parts = getattr(subject.make(), name)(TASK)
        expect("data" in parts, f"{name} must have a part 'data'; it has {', '.join(parts)}")
        for part, bits in parts.items():
            expect(
                isinstance(bits, (int, np.integer)) and bits >= 0, f"{name}[{part!r}] must be whole bits; got {bits!r}"
            )
        least = int(0.999 * TASK.n_samples * TASK.n_features)  # a whole number of wider samples may be a little less
        expect(
            parts["data"] >= least,
            f"{name}['data'] must be at least the {least:,} bits that the training rows take; got {parts['data']:,}",
        )
        more = getattr(subject.make(), name)(replace(TASK, n_samples=2 * TASK.n_samples))
        expect(total_bits(more) > total_bits(parts), f"{name} must grow with the number of samples")


def check_gates(subject):
    """Gates are of a mini-batch, by kind, and grow with its size and with the features."""
    gates = subject.make(batch_size=100).gates(TASK)
    expect(gates and all(count >= 0 for count in gates.values()), f"gates must be numbers by kind; got {gates}")
    larger = subject.make(batch_size=200).gates(TASK)
    expect(total_gates(larger) > total_gates(gates), "gates of a mini-batch must grow with batch_size")
    wider = subject.make(batch_size=100).gates(
        replace(TASK, n_features=2 * TASK.n_features, table_inputs=2 * TASK.table_inputs)
    )
    expect(total_gates(wider) >= total_gates(gates), "gates must not shrink with more features")


def check_kinds_of_gates(subject):
    """Gates are of kinds whose price is known (fbbench.costs.GATES), or the method says why it has its own."""
    made, own = subject.make(), getattr(subject.cls, "own_gates", {})
    for name in ("inference_memory", "inference_gates") if isinstance(made, Predicting) else ():
        found = getattr(made, name)(TASK)
        expect(isinstance(found, Mapping), f"{name} must return a dict, bits by part or gates by kind; got {found!r}")
    charged = [made.gates(TASK)]
    charged += [made.zero_gates(TASK)] if isinstance(made, WithZeros) else []
    charged += [made.inference_gates(TASK)] if isinstance(made, Predicting) else []
    kinds = {kind for gates in charged for kind in gates}
    unknown = sorted(kinds - set(GATES))
    expect(set(unknown) >= set(own), f"own_gates explains kinds that it does not count: {sorted(set(own) - kinds)}")
    if unexplained := [kind for kind in unknown if not own.get(kind)]:
        raise Warned(
            f"kinds without a known price: {', '.join(kind + nearest(kind, GATES) for kind in unexplained)}; known are "
            f"{', '.join(f'{kind} {price}' for kind, price in GATES.items())}. Say in own_gates why yours cost that"
        )


MEASURE = """
import json, sys
from pathlib import Path
import numpy as np
from fbbench.baselines.protocol import Task, method_class, reads_floats
from fbbench.kernels import random
from fbbench.costs import total_bits

def peak_bytes():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

name, params, n, d = json.loads(sys.argv[1])
cls = method_class(name)
is_float = reads_floats(cls(**params))
bits = random.words(1, 0, n * ((d + 63) // 64)).reshape(n, -1)
if d % 64:
    bits[:, -1] &= np.uint64((1 << (d % 64)) - 1)
used = n // cls(**params).sample_divisor
x = np.random.default_rng(0).normal(size=(used, d)).astype(np.float32) if is_float else bits
labels = (random.words(2, 0, len(x)) % np.uint64(10)).astype(np.int32)
make = lambda: cls(**params, **({} if is_float else {"n_bits": d}))
small = make().partial_fit(x[:100], labels[:100], classes=range(10))  # imports and first touches
small.predict(x[:100])
del small
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
before = peak_bytes()
method = make()
for _ in range(2):
    method.partial_fit(x, labels, classes=range(10))
method.predict(x[:1000])
parts = method.ledger(Task(n, d, 10, d))
print(json.dumps([peak_bytes() - before, (total_bits(parts) - parts["data"]) // 8]))
"""


def measured_and_ledger(name, params, n=20_000, d=784):
    """Return (measured growth, ledger without data) in bytes of two epochs in a process of their own."""
    if not sys.platform.startswith("linux"):
        raise Skipped("the peak of a process is read from Linux's /proc")
    command = [sys.executable, "-P", "-c", MEASURE, json.dumps([name, params, n, d])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "clear_refs" in done.stderr:
        raise Skipped("this system does not let a process reset its own peak")
    expect(done.returncode == 0, done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def check_ledger(subject):
    """The ledger covers the measured peak, data aside: within 15 % and a few megabytes."""
    if reason := getattr(subject.cls, "ledger_not_measured", None):
        raise Skipped(reason)
    measured, ledger = measured_and_ledger(subject.name, subject.params)
    expect(
        measured <= 1.15 * ledger + SLACK_BYTES,
        f"two epochs on 20 000 x 784 took {measured / 1e6:.1f} MB beside the data, the ledger has "
        f"{ledger / 1e6:.1f} MB",
    )
