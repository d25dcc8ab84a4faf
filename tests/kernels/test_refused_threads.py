"""A system that grants fewer threads than were asked for: the same results, and no memory but what belongs to them."""

import pytest
from harness import assert_as_on_one_thread, build_for_this_machine

from fbbench import FullyBinaryNetwork
from fbbench.network import ErrorPropagatingNetwork

N_ROWS, BATCH, N_THREADS = 300, 70, 8


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    """Return the harness for this machine, to which the system grants two threads more and no third."""
    binary = tmp_path_factory.mktemp("refused") / "harness"
    build_for_this_machine(binary, ["-DFBB_REFUSE", "-Wl,--wrap=pthread_create"], "address")
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
    assert_as_on_one_thread([refusing, "portable"], network, N_ROWS, BATCH, N_THREADS)


def test_error_propagation_with_fewer_threads_than_asked_for(refusing):
    network = ErrorPropagatingNetwork((100, 256, 64), 5, group_size=[4, 8], gate=0.3, seed=3)
    assert_as_on_one_thread([refusing, "portable"], network, N_ROWS, BATCH, N_THREADS, network.gates())
