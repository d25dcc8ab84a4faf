"""Instructions are counted: of every kernel, the same twice, and more where there is more to do."""

import itertools
import os
import subprocess
import sys

import pytest

from fbbench import kernels
from suites import counted_work, instructions

ONE_TURN = ("train_perceptron", "perceptron_scores")  # without an order, whose rows stay as many


@pytest.fixture
def few_rows(monkeypatch):
    """Return a function that counts one turn's work on some rows."""
    if why := instructions.refused():
        pytest.skip(why)
    monkeypatch.setattr(instructions, "TURNS", (ONE_TURN,))

    def count(rows):
        monkeypatch.setitem(instructions.PINNED, "COUNTED_ROWS", str(rows))
        return instructions.counted_by_callgrind(("portable",))["portable"]

    return count


def test_twice_the_same_and_more_for_more_rows(few_rows, monkeypatch):
    first = few_rows(5)
    assert set(first) == {"train, recommended", "predict, recommended"}
    monkeypatch.setitem(os.environ, "SOMETHING_LONG", 3000 * "x")
    assert few_rows(5) == first
    more = few_rows(40)
    assert all(more[name] > 2 * count for name, count in first.items())


def test_functions_of_a_turn_begin_differently_and_all_work_has_one():
    """Of names that begin alike, callgrind would know the first."""
    functions = [function for function, _ in counted_work.WORK.values()]
    assert set(functions) == set(itertools.chain(*instructions.TURNS))
    for turn in instructions.TURNS:
        for one, other in itertools.permutations(turn, 2):
            assert one[0] != other[0], turn


def test_every_piece_of_work_calls_its_kernel_once():
    called = []

    class Watched:
        def __init__(self, path):
            self.path = path

        def __getattr__(self, name):
            found = getattr(self.path, name)
            if not callable(found):
                return found

            def call(*arguments, **options):
                given = [value for value in (*arguments, *options.values()) if isinstance(value, str)]
                called.append("propagate" if "error propagation" in given else name)
                return found(*arguments, **options)

            return call

    before, kernels._chosen = kernels._chosen, Watched(kernels.load("portable"))
    try:
        for name, (function, prepare) in counted_work.WORK.items():
            work = prepare()
            called.clear()
            work()
            assert called == ([] if function == "fbb_order" else [function]), name
    finally:
        kernels._chosen = before


def test_without_valgrind_it_is_said(monkeypatch):
    monkeypatch.setattr(instructions.shutil, "which", lambda name: None)
    instructions.refused.cache_clear()
    with pytest.raises(instructions.CannotCount, match="sudo apt install valgrind"):
        instructions.counted_by_callgrind(("portable",))
    instructions.refused.cache_clear()


def test_profiles_are_read(tmp_path):
    (tmp_path / "callgrind.out.1").write_text("version: 1\nfn=train\n0 12\n\ntotals: 1234\n")
    assert instructions.total_of(tmp_path / "callgrind.out.1") == 1234


def test_the_toolchain_is_named():
    name = instructions.toolchain()
    assert name.split()[0] in {"gcc", "clang"} and any(digit.isdigit() for digit in name)


def test_steps_are_counted():
    """Draws alone: some ten thousand instructions."""
    try:
        command = [sys.executable, "-P", str(instructions.WORK), "portable", "bernoulli", "--stops"]
        counts = [instructions.traced(command) for _ in range(2)]
    except instructions.CannotCount as error:
        pytest.skip(str(error))
    assert counts[0] == counts[1] and 10_000 < counts[0]["draws"] < 1_000_000


def test_work_that_fails_is_told(tmp_path):
    if why := instructions.refused():
        pytest.skip(why)
    with pytest.raises(instructions.CannotCount, match="status"):
        instructions.counted_by_callgrind(("no such path",))


def test_the_work_runs_alone():
    """As any environment of any commit runs it."""
    done = subprocess.run(
        [sys.executable, "-P", str(instructions.WORK), "portable", "bernoulli"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == '{"path": "portable", "name": "draws", "profiles": []}\n'
