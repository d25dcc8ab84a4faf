"""Threads under ThreadSanitizer, which reports two that touch the same memory without an order between them."""

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


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Return the harness built with ThreadSanitizer, for this machine."""
    binary = tmp_path_factory.mktemp("races") / "harness"
    sources = [TESTS / "path_harness.c", KERNELS / "neon.c", KERNELS / "portable.c"]
    command = [os.environ.get("CC", "gcc"), "-O1", "-g", "-std=gnu11", "-fno-strict-aliasing", "-pthread"]
    command += [f"-I{KERNELS}", *sources, "-o", binary]
    built = subprocess.run([*command, "-fsanitize=thread"], capture_output=True, text=True, check=False)
    if built.returncode:
        subprocess.run(command, check=True)  # else it is not the sanitizer that is missing
        pytest.skip(f"no build with ThreadSanitizer: {built.stderr.strip().splitlines()[-1:]}")
    started = subprocess.run([binary], input=b"", capture_output=True, check=False)
    if started.returncode != 2:  # what the harness says to an empty input; some kernels' address layouts do not suit it
        pytest.skip(f"ThreadSanitizer does not run here: {started.stderr.decode().strip()[:200]}")
    return binary


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize(
    "sizes, group_size", [((70, 64), 8), ((300, 130, 70), [13, 70]), ((100, 60, 60, 60), 20), ((65, 20, 20, 20, 20), 5)]
)
def test_threads_do_not_race(watched, sizes, group_size, arithmetic):
    random = np.random.default_rng(0)
    network = FullyBinaryNetwork(sizes, 4, group_size=group_size, arithmetic=arithmetic, seed=3)
    x, y = network._check_samples(random.choice([-1, 1], size=(300, sizes[0])), random.integers(0, 4, 300))
    cuts = cuts_for(network, 0.5)
    for n_threads in (2, 4):
        right, states, _ = run_harness([watched, "portable"], network, x, y, cuts, 30, 5, n_threads)
        expected = FullyBinaryNetwork(sizes, 4, group_size=group_size, arithmetic=arithmetic, seed=3)
        native = kernels.load("portable")
        assert right == native.train(expected._layers, np.stack(cuts), x, y, np.arange(300), 30, 5)
        for layer, state in zip(expected._layers, states, strict=True):
            assert np.array_equal(layer.hidden, state[0])


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize("sizes, group_size", [((70, 66), 11), ((100, 60, 77), [5, 7])])
def test_threads_do_not_race_in_committees(watched, sizes, group_size, arithmetic):
    random = np.random.default_rng(0)
    arguments = {"group_size": group_size, "arithmetic": arithmetic, "seed": 3, "committee": True}
    network = FullyBinaryNetwork(sizes, 4, **arguments)
    x, y = network._check_samples(random.choice([-1, 1], size=(800, sizes[0])), random.integers(0, 4, 800))
    cuts = cuts_for(network, 0.5)
    for n_threads in (2, 5):
        right, states, _ = run_harness([watched, "portable"], network, x, y, cuts, 600, 5, n_threads)  # chunks of rows
        expected = FullyBinaryNetwork(sizes, 4, **arguments)
        native = kernels.load("portable")
        assert right == native.train(expected._layers, np.stack(cuts), x, y, np.arange(800), 600, 5)
        for layer, state in zip(expected._layers, states, strict=True):
            assert np.array_equal(layer.hidden, state[0])


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize("sizes", [(70, 64), (100, 60, 40, 60)])
def test_threads_do_not_race_for_trained_classifiers(watched, sizes, arithmetic):
    random = np.random.default_rng(0)
    arguments = {"group_size": 4, "arithmetic": arithmetic, "seed": 3, "trained_classifier": True}
    network = FullyBinaryNetwork(sizes, 4, **arguments)
    x, y = network._check_samples(random.choice([-1, 1], size=(300, sizes[0])), random.integers(0, 4, 300))
    cuts = cuts_for(network, 0.5)
    for n_threads in (2, 4):
        right, states, _ = run_harness([watched, "portable"], network, x, y, cuts, 30, 5, n_threads)
        expected = FullyBinaryNetwork(sizes, 4, **arguments)
        native = kernels.load("portable")
        assert right == native.train(expected._layers, np.stack(cuts), x, y, np.arange(300), 30, 5)
        for layer, state in zip(expected._layers, states, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(kept(layer), state, strict=True))


@pytest.mark.parametrize("sizes, group_size", [((70, 64), [8]), ((70, 64), [4]), ((100, 60, 40, 60), [20, 4, 5])])
def test_threads_do_not_race_in_error_propagation(watched, sizes, group_size):
    random = np.random.default_rng(0)
    network = ErrorPropagatingNetwork(sizes, 4, group_size=group_size, gate=0.3, seed=3)
    x, y = network._check_samples(random.choice([-1, 1], size=(300, sizes[0])), random.integers(0, 4, 300))
    cuts, gates = cuts_for(network, 0.5), network.gates()
    for n_threads in (2, 4):
        right, states, _ = run_harness([watched, "portable"], network, x, y, cuts, 30, 5, n_threads, gates)
        expected = ErrorPropagatingNetwork(sizes, 4, group_size=group_size, gate=0.3, seed=3)
        native = kernels.load("portable")
        assert right == native.propagate(expected._layers, np.stack(cuts), gates, x, y, np.arange(300), 30, 5)
        for layer, state in zip(expected._layers, states, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(kept(layer), state, strict=True))
