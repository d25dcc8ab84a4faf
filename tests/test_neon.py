"""The NEON path, cross-compiled and run by an emulator where both are installed, against the NumPy reference.

On Debian or Ubuntu: ``sudo apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user``. On an ARM machine the
path is native and every other test runs it.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import network_of, problems

from fbbench import kernels
from fbbench.kernels.random import hit_cuts

TESTS = Path(__file__).parent
KERNELS = TESTS.parent / "fbbench" / "kernels"
COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    """Return the cross-compiled harness."""
    missing = [tool for tool in (COMPILER, EMULATOR) if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    binary = tmp_path_factory.mktemp("arm") / "harness"
    sources = [TESTS / "path_harness.c", KERNELS / "neon.c", KERNELS / "portable.c"]
    flags = ["-O3", "-std=gnu11", "-fno-strict-aliasing", "-Wall", "-Werror", "-Wno-unused-function", "-static"]
    subprocess.run([COMPILER, *flags, "-pthread", f"-I{KERNELS}", *sources, "-o", binary], check=True)
    return binary


def cuts_for(network, accuracy):
    return [hit_cuts(network.reinforcement_threshold(layer.fan_in, accuracy)) for layer in network._layers]


def encoded(network, x, labels, cuts, batch_size, step, n_threads):
    """Return what the harness reads."""
    numbers = [network.n_layers, network.ternary, len(labels), batch_size, step, n_threads]
    parts = [np.array(numbers, dtype=np.int64)]
    for layer, layer_cuts in zip(network._layers, cuts, strict=True):
        shape = [
            layer.fan_in,
            layer.n_units,
            layer.n_classes,
            layer.group_size,
            layer.n_read,
            layer.margin,
            layer.bound,
        ]
        parts.append(np.array([*shape, layer.committee, network.hidden_bits], dtype=np.int64))
        parts += [np.array([layer.stream], dtype=np.uint64), layer_cuts, layer.hidden, layer.sign, layer.p_sign]
        if network.ternary:
            parts += [layer.mask, layer.p_mask]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in [*parts, x, labels])


def decoded(network, answer, n_rows):
    """Return (right, states, scores) from what the harness wrote."""
    position = 8

    def array(like):
        nonlocal position
        found = np.frombuffer(answer, dtype=like.dtype, count=like.size, offset=position).reshape(like.shape)
        position += like.nbytes
        return found

    states = []
    for layer in network._layers:
        states.append([array(a) for a in (layer.hidden, layer.sign, layer.mask) if a is not None])
    scores = array(np.empty((n_rows, network.n_classes), dtype=np.int32))
    assert position == len(answer)
    return int(np.frombuffer(answer, dtype=np.int64, count=1)[0]), states, scores


@pytest.mark.parametrize("arm_path", ["neon", "portable"])
@given(
    problem=problems(),
    batch_size=st.integers(1, 60),
    step=st.integers(0, 1000),
    n_threads=st.integers(1, 3),
)
@settings(max_examples=40)
def test_training_on_arm_gives_the_reference_state(harness, arm_path, problem, batch_size, step, n_threads):
    network = network_of(problem)
    x, labels = problem["batches"][0]
    x, labels = network._check_samples(x, labels)
    cuts = cuts_for(network, problem["accuracies"][1])
    command = [EMULATOR, harness, arm_path]
    done = subprocess.run(
        command, input=encoded(network, x, labels, cuts, batch_size, step, n_threads), capture_output=True, check=True
    )
    right, states, scores = decoded(network, done.stdout, len(labels))
    reference = kernels.load("reference")
    assert right == reference.train(network._layers, cuts, x, labels, np.arange(len(labels)), batch_size, step)
    for layer, state in zip(network._layers, states, strict=True):
        for expected, found in zip(
            [a for a in (layer.hidden, layer.sign, layer.mask) if a is not None], state, strict=True
        ):
            assert np.array_equal(expected, found)
    assert np.array_equal(scores, reference.scores(network._layers, x))
