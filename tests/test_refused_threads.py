"""A system that grants fewer threads than were asked for: the same results, and no memory but what belongs to them."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from harness import cuts_for, kept, run_harness

from fbbench import FullyBinaryNetwork, kernels
from fbbench.propagating import ErrorPropagatingNetwork

TESTS = Path(__file__).parent
KERNELS = TESTS.parent / "fbbench" / "kernels"
N_ROWS, BATCH, STEP, N_THREADS = 300, 70, 5, 8


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    """Return the harness for this machine, to which the system grants two threads more and no third."""
    binary = tmp_path_factory.mktemp("refused") / "harness"
    command = [os.environ.get("CC", "gcc"), "-O1", "-g", "-std=gnu11", "-fno-strict-aliasing", "-pthread"]
    command += ["-DFBB_REFUSE", "-Wl,--wrap=pthread_create", f"-I{KERNELS}"]
    command += [TESTS / "path_harness.c", KERNELS / "neon.c", KERNELS / "portable.c", "-o", binary]
    built = subprocess.run([*command, "-fsanitize=address"], capture_output=True, check=False)
    if built.returncode:
        subprocess.run(command, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", "detect_leaks=0")  # the harness frees nothing
        yield binary


@pytest.mark.parametrize(
    "sizes, group_size, more",
    [
        ((200, 1024), 8, {}),
        ((200, 300, 130), [1, 130], {"arithmetic": "ternary"}),
        ((100, 264, 77), [11, 7], {"committee": True}),
        ((100, 60, 200), 20, {"trained_classifier": True}),
    ],
)
def test_training_with_fewer_threads_than_asked_for(refusing, sizes, group_size, more):
    network = FullyBinaryNetwork(sizes, 5, group_size=group_size, seed=3, **more)
    native = kernels.load("portable")

    def train(expected, cuts, x, y):
        return native.train(expected._layers, np.stack(cuts), x, y, np.arange(N_ROWS), BATCH, STEP)

    compare(refusing, network, train)


def test_error_propagation_with_fewer_threads_than_asked_for(refusing):
    network = ErrorPropagatingNetwork((100, 256, 64), 5, group_size=[4, 8], gate=0.3, seed=3)
    native = kernels.load("portable")

    def train(expected, cuts, x, y):
        return native.propagate(
            expected._layers, np.stack(cuts), expected.gates(), x, y, np.arange(N_ROWS), BATCH, STEP
        )

    compare(refusing, network, train, network.gates())


def compare(refusing, network, train, gates=None):
    """Train in the harness, and here on one thread."""
    random = np.random.default_rng(0)
    x = random.choice([-1, 1], size=(N_ROWS, network.layer_sizes[0]))
    x, y = network._check_samples(x, random.integers(0, 5, N_ROWS))
    cuts = cuts_for(network, 0.5)
    right, states, scores = run_harness([refusing, "portable"], network, x, y, cuts, BATCH, STEP, N_THREADS, gates)
    assert right == train(network, cuts, x, y)
    for layer, state in zip(network._layers, states, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(kept(layer), state, strict=True))
    assert np.array_equal(network.decision_function(x), scores[0])
