"""The NEON path, cross-compiled and run by an emulator where both are installed, against the NumPy reference.

On Debian or Ubuntu: ``sudo apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user``. On an ARM machine the
path is native and every other test runs it.
"""

import shutil
import subprocess

import numpy as np
import pytest
from harness import INCLUDES, PATH_SOURCES, SUPPORT, cuts_for, kept, readouts_of, run_harness, run_perceptron, run_signs
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import network_of, perceptron_problems, problems, propagation_problems

from fbbench import MajorityPerceptron, SignPerceptron, kernels
from fbbench.bits import pack
from fbbench.kernels import random
from fbbench.kernels.batches import Batches
from fbbench.network import ErrorPropagatingNetwork
from suites import counted_work, instructions

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"
TRAINING = {
    "train", "train_member", "product_rows", "activate", "sign_word16", "easiest", "correct_units", "update_unit",
    "increments_of.constprop.0", "reinforce", "draw_hits",
}  # fmt: skip
"""Functions that the compiler leaves of a training, whatever else a process does."""


@pytest.fixture(scope="module")
def arm_harness(tmp_path_factory):
    """Return the cross-compiled harness."""
    missing = [tool for tool in (COMPILER, EMULATOR) if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    binary = tmp_path_factory.mktemp("arm") / "harness"
    sources = [SUPPORT / "path_harness.c", *PATH_SOURCES]
    flags = ["-O3", "-std=gnu11", "-fno-strict-aliasing", "-Wall", "-Werror", "-Wno-unused-function", "-static"]
    subprocess.run([COMPILER, *flags, "-pthread", *INCLUDES, *sources, "-o", binary], check=True)
    return binary


def assert_same(network, x, states, scores):
    """Compare what the harness wrote with a network that the reference has trained, and with its scores."""
    for layer, state in zip(network._layers, states, strict=True):
        for expected, found in zip(kept(layer), state, strict=True):
            assert np.array_equal(expected, found)
    for readout, found in zip(readouts_of(network), scores, strict=True):
        assert np.array_equal(found, kernels.load("reference").scores(network._layers, x, readout=readout))


@pytest.mark.parametrize("arm_path", ["neon", "portable"])
@given(
    problem=problems(),
    batch_size=st.integers(1, 60),
    step=st.integers(0, 1000),
    n_threads=st.integers(1, 3),
)
@settings(max_examples=40)
def test_training_on_arm_gives_the_reference_state(arm_harness, arm_path, problem, batch_size, step, n_threads):
    network = network_of(problem)
    x, labels = problem["batches"][0]
    x, labels = network._check_samples(x, labels)
    cuts = cuts_for(network, problem["accuracies"][1])
    command = [EMULATOR, arm_harness, arm_path]
    given_rows = Batches(x, labels, np.arange(len(labels)), batch_size, step)
    right, states, scores = run_harness(command, network, given_rows, cuts, n_threads)
    assert right == kernels.load("reference").train(network._layers, cuts, given_rows)
    assert_same(network, x, states, scores)


@pytest.mark.parametrize("arm_path", ["neon", "portable"])
@given(problem=propagation_problems(), batch_size=st.integers(1, 60), n_threads=st.integers(1, 3))
@settings(max_examples=25)
def test_error_propagation_on_arm_gives_the_reference_state(arm_harness, arm_path, problem, batch_size, n_threads):
    arguments, batches, accuracies = problem
    network = ErrorPropagatingNetwork(**arguments)
    x, labels = network._check_samples(*batches[0])
    cuts, gates = cuts_for(network, accuracies[1]), network.gates()
    command = [EMULATOR, arm_harness, arm_path]
    given_rows = Batches(x, labels, np.arange(len(labels)), batch_size, 5)
    right, states, scores = run_harness(command, network, given_rows, cuts, n_threads, gates)
    reference = kernels.load("reference")
    assert right == reference.train(network._layers, cuts, given_rows, rule="error propagation")
    assert_same(network, x, states, scores)


@pytest.mark.parametrize("arm_path", ["neon", "portable"])
@given(problem=perceptron_problems(), margin=st.integers(0, 400), every=st.integers(0, 4))
@settings(max_examples=25)
def test_a_perceptron_on_arm_gives_the_reference_state(arm_harness, arm_path, problem, margin, every):
    arguments, x, y = problem
    perceptron, rows, labels = MajorityPerceptron(**arguments), pack(x), y.astype(np.int32)
    order, reference = np.arange(len(x))[::-1].copy(), kernels.load("reference")
    command = [EMULATOR, arm_harness, arm_path]
    right, weights, sums, scores = run_perceptron(command, perceptron, rows, labels, order, margin, every)
    assert right == reference.train_perceptron(perceptron, rows, labels, order, margin, 0, every)
    assert np.array_equal(weights, perceptron.weights) and np.array_equal(sums, perceptron.sums)
    assert np.array_equal(scores, reference.perceptron_scores(perceptron, rows))


@pytest.mark.parametrize("arm_path", ["neon", "portable"])
@given(problem=perceptron_problems(), margin=st.integers(0, 400), n_votes=st.integers(0, 15))
@settings(max_examples=25)
def test_a_perceptron_of_signs_on_arm_gives_the_reference_state(arm_harness, arm_path, problem, margin, n_votes):
    arguments, x, y = problem
    perceptron, rows, labels = SignPerceptron(**arguments), pack(x), y.astype(np.int32)
    order, reference = np.arange(len(x))[::-1].copy(), kernels.load("reference")
    command = [EMULATOR, arm_harness, arm_path]
    found, hidden, votes, scores = run_signs(command, perceptron, rows, labels, order, margin, n_votes)
    assert found == reference.train_signs(perceptron, rows, labels, order, margin, len(x), 0, n_votes)
    assert np.array_equal(hidden, perceptron.hidden) and np.array_equal(votes, perceptron.votes)
    assert np.array_equal(scores, reference.sign_scores(perceptron, perceptron.sign[None], rows))


@pytest.mark.slow
def test_instructions_of_training_are_within_one_and_a_half_of_avx2s_a_bit_of_vector(
    arm_harness, tmp_path, monkeypatch
):
    """The emulator says every instruction of an epoch of 100 rows; vectors have half of AVX2's bits."""
    if why := instructions.refused():
        pytest.skip(why)
    network, (rows, labels) = counted_work.network(), counted_work.samples()
    order = random.permutation(random.stream(0, random.SHUFFLE, 0), len(rows))
    log = tmp_path / "log"
    command = [EMULATOR, "-singlestep", "-d", "nochain,exec", "-D", log, arm_harness, "neon"]
    run_harness(
        command, network, Batches(*network._check_samples(rows, labels), order, 100, 0), cuts_for(network, 0.0), 1
    )
    count, seen = 0, set()
    with log.open() as lines:
        for line in lines:
            function = line.split()[-1]
            if function == "score_member":  # trained, and asked for scores
                break
            count += function in TRAINING
            seen.add(function)
    assert TRAINING <= seen, "the compiler has named functions differently; count others"
    monkeypatch.setattr(instructions, "TURNS", (("train",),))
    on_avx2 = instructions.counted_by_callgrind(("avx2",))["avx2"]["train"]
    print(f"NEON {count:,}, AVX2 {on_avx2:,}: {count / on_avx2 / 2:.2f} a bit of vector")
    assert 0 < count <= 2 * 1.5 * on_avx2
