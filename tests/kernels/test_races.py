"""Threads under ThreadSanitizer, which reports two that touch the same memory without an order between them."""

import subprocess

import pytest
from harness import assert_as_on_one_thread, build_for_this_machine

from fbbench import FullyBinaryNetwork
from fbbench.network import ErrorPropagatingNetwork


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Return the harness built with ThreadSanitizer, for this machine."""
    binary = tmp_path_factory.mktemp("races") / "harness"
    if missing := build_for_this_machine(binary, [], "thread"):
        pytest.skip(f"no build with ThreadSanitizer: {missing}")
    started = subprocess.run([binary], input=b"", capture_output=True, check=False)
    if started.returncode != 2:  # what the harness says to an empty input; some kernels' address layouts do not suit it
        pytest.skip(f"ThreadSanitizer does not run here: {started.stderr.decode().strip()[:200]}")
    return binary


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize(
    "sizes, group_size", [((70, 64), 8), ((300, 130, 70), [13, 70]), ((100, 60, 60, 60), 20), ((65, 20, 20, 20, 20), 5)]
)
def test_threads_do_not_race(watched, sizes, group_size, arithmetic):
    for n_threads in (2, 4):
        network = FullyBinaryNetwork(sizes, 4, group_size=group_size, arithmetic=arithmetic, seed=3)
        assert_as_on_one_thread([watched, "portable"], network, 300, 30, n_threads)


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize("sizes, group_size", [((70, 66), 11), ((100, 60, 77), [5, 7])])
def test_threads_do_not_race_in_committees(watched, sizes, group_size, arithmetic):
    arguments = {"group_size": group_size, "arithmetic": arithmetic, "seed": 3, "committee": True}
    for n_threads in (2, 5):  # mini-batches of more rows than are taken at a time
        assert_as_on_one_thread([watched, "portable"], FullyBinaryNetwork(sizes, 4, **arguments), 800, 600, n_threads)


@pytest.mark.parametrize("arithmetic", ["binary", "ternary"])
@pytest.mark.parametrize("sizes", [(70, 64), (100, 60, 40, 60)])
def test_threads_do_not_race_for_trained_classifiers(watched, sizes, arithmetic):
    arguments = {"group_size": 4, "arithmetic": arithmetic, "seed": 3, "trained_classifier": True}
    for n_threads in (2, 4):
        assert_as_on_one_thread([watched, "portable"], FullyBinaryNetwork(sizes, 4, **arguments), 300, 30, n_threads)


@pytest.mark.parametrize("sizes, group_size", [((70, 64), [8]), ((70, 64), [4]), ((100, 60, 40, 60), [20, 4, 5])])
def test_threads_do_not_race_in_error_propagation(watched, sizes, group_size):
    for n_threads in (2, 4):
        network = ErrorPropagatingNetwork(sizes, 4, group_size=group_size, gate=0.3, seed=3)
        assert_as_on_one_thread([watched, "portable"], network, 300, 30, n_threads, network.gates())
