"""Predictions and training on an emulated microcontroller: the library's labels and states, counted the same twice."""

import itertools
import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from fbbench import FullyBinaryNetwork, MajorityPerceptron, SignPerceptron
from fbbench.bench import emulated, on_device
from fbbench.bits import pack
from fbbench.cli import main
from fbbench.datasets import random_prototypes
from fbbench.export import c_header
from fbbench.export.c_text import words32
from fbbench.kernels import random
from fbbench.network.rules.error_propagation import ErrorPropagation

needs_tools = pytest.mark.skipif(
    None in map(shutil.which, (emulated.COMPILER, emulated.EMULATOR, emulated.SIZE)),
    reason=f"{emulated.COMPILER} or {emulated.EMULATOR} is not installed",
)


@needs_tools
@pytest.mark.parametrize("name", list(emulated.DEVICES))
def test_a_device_says_the_librarys_labels_and_counts_the_same_twice(name):
    device, source = emulated.DEVICES[name], random_prototypes(40, 70)
    rows = pack(source.features)
    network = FullyBinaryNetwork((70, 35, 20), 10, group_size=5, seed=0)
    network.train_epoch(rows, source.labels)
    header, labels = c_header(network).text, network.predict(rows)
    for row, label in list(zip(words32(rows, 70), labels, strict=True))[:3]:
        first, second = (on_device.predict_on(device, "x", header, row) for _ in range(2))
        assert first == second and first.said == label
        assert 500 < first.instructions < 50_000 and c_header(network).table_bytes < first.flash < 20_000
        assert c_header(network).stack_bytes < first.ram < 2000


@needs_tools
def test_a_float_unit_takes_fewer_instructions_than_none():
    header = on_device.written_by_hand("float", (70, 5, 3))
    row = words32(pack(random_prototypes(2, 70).features), 70)[0]
    hard, soft = (
        on_device.predict_on(emulated.DEVICES[name], "x", header, row) for name in ("cortex-m4", "cortex-m4-soft-float")
    )
    assert soft.instructions > 3 * hard.instructions and soft.said == hard.said


@needs_tools
@pytest.mark.parametrize("kind", ["float", "int8"])
def test_a_rival_says_what_the_same_weights_say_here(kind):
    sizes = (40, 6, 4)
    header = on_device.written_by_hand(kind, sizes)
    text = header.split("fbb_weights[264] = {")[1].split("};")[0]
    weights = np.array([float(number) for number in text.replace(",", " ").split()])
    x = random_prototypes(2, 40).features[0].astype(float)
    hidden = weights[:240].reshape(6, 40) @ x
    hidden = np.maximum(hidden, 0) if kind == "float" else np.clip(np.floor(hidden / 256), 0, 127)
    scores = weights[240:].reshape(4, 6) @ hidden
    row = words32(pack(random_prototypes(2, 40).features), 40)[0]
    assert on_device.predict_on(emulated.DEVICES["cortex-m4"], "x", header, row).said == scores.argmax()


@needs_tools
def test_the_command(monkeypatch):
    monkeypatch.setattr(on_device, "models", lambda n_inputs: iter(()))
    monkeypatch.setattr(on_device, "SHAPES", ())
    monkeypatch.setattr(on_device, "RIVALS", (("int8", (784, 2, 10)),))
    done = CliRunner().invoke(main, ["bench", "--device", "cortex-m0plus", "--json"])
    assert done.exit_code == 0, done.output
    assert [line["model"] for line in json.loads(done.stdout)] == ["int8 784-2-10"]
    done = CliRunner().invoke(main, ["bench", "--device", "cortex-m0plus"])
    assert "one row on cortex-m0plus" in done.output and "int8 784-2-10" in done.output


def test_missing_tools_are_named(monkeypatch):
    monkeypatch.setattr(emulated.shutil, "which", lambda name: None)
    done = CliRunner().invoke(main, ["bench", "--device", "cortex-m4"])
    assert done.exit_code == 1 and "sudo apt install gcc-arm-none-eabi" in done.output


SLOWER = [pytest.param(name, marks=pytest.mark.slow) for name in emulated.DEVICES if name != "cortex-m0plus"]
TERNARY = {"arithmetic": "ternary", "hidden_bits": 16}
LEARNERS = {
    "binary": lambda: on_device.bmlp((70, 35, 20), reinforcement=20.0),
    "ternary": lambda: on_device.bmlp((70, 35, 20), **TERNARY),
    "committee": lambda: on_device.bmlp((70, 30, 20), committee=True),
    "error propagation": lambda: on_device.bmlp((70, 35, 20), rule=ErrorPropagation(gate=0.1)),
    "one-bit": lambda: on_device.on_units(SignPerceptron, 70, 90),
    "recommended": lambda: on_device.on_units(MajorityPerceptron, 70, 90),
}


@needs_tools
@pytest.mark.parametrize("name", ["cortex-m0plus", *SLOWER])
@pytest.mark.parametrize("kind", LEARNERS)
def test_training_on_a_device_gives_the_librarys_state(name, kind):
    model, learnt = LEARNERS[kind](), on_device.examples(70, 30)
    before = on_device.digest_of(c_header(model, training=True).state)
    found = on_device.learn_on(emulated.DEVICES[name], "x", model, learnt)
    assert found.said == on_device.learn_here(model, learnt) != before
    assert found.rows == 30 and found.instructions > 10_000


@needs_tools
def test_the_state_after_an_epoch_is_the_librarys():
    """Mini-batches in the library's order, on the device one program after the other, each from the state before."""
    device, learnt = emulated.DEVICES["cortex-m0plus"], on_device.examples(70, 60)
    here, there = on_device.bmlp((70, 35, 20)), on_device.bmlp((70, 35, 20))
    order = random.permutation(random.stream(here.seed, random.SHUFFLE, 0), 60)
    for first in range(0, 60, 20):
        batch = tuple(values[order[first : first + 20]] for values in learnt)
        found = on_device.learn_on(device, "x", there, batch)
        there.train_batch(*batch)
        assert found.said == on_device.digest_of(c_header(there, training=True).state)
    here.train_epoch(*learnt, batch_size=20)
    assert all(np.array_equal(here.hidden_weights(layer), there.hidden_weights(layer)) for layer in (0, 1))


def int8_sgd(weights, x, label):
    """Return int8 weights after a row, by the formulas of learn_int8.h in NumPy."""

    def in_8_bits(values):
        return np.clip(values, -127, 127)

    a, weights = [x.astype(int)], [layer.astype(int) for layer in weights]
    for number, layer in enumerate(weights):
        sums = layer @ a[-1] >> (9 if number else 4)
        a.append(in_8_bits(sums if number == len(weights) - 1 else np.maximum(sums, 0)))
    target = np.zeros(len(a[-1]), dtype=int)
    target[label] = 127
    error = in_8_bits(a[-1] - target)
    for number in reversed(range(len(weights))):
        below = np.where(a[number] > 0, weights[number].T @ error >> 7, 0)
        moved = np.outer(error, a[number]) >> (9 if number else 4)
        weights[number] = in_8_bits(weights[number] - moved)
        error = in_8_bits(below)
    return weights


def float_sgd(weights, x, label):
    """Return float weights after a row of SGD on the squares of scores less targets, rectified units within."""
    a, weights = [x.astype(float)], list(weights)
    for number, layer in enumerate(weights):
        sums = layer @ a[-1]
        a.append(sums if number == len(weights) - 1 else np.maximum(sums, 0))
    error = a[-1] - (np.arange(len(a[-1])) == label)
    for number in reversed(range(len(weights))):
        below = weights[number].T @ error * (a[number] > 0)
        weights[number] = weights[number] - 0.01 * np.outer(error, a[number])
        error = below
    return weights


@needs_tools
@pytest.mark.parametrize("kind", ["float", "int8"])
@pytest.mark.parametrize("sizes", [(40, 6, 4), (40, 8, 7, 5)])
def test_a_rival_learns_as_numpy_does(kind, sizes):
    source = random_prototypes(3, 40)
    learnt = pack(source.features), np.array([1, 3, 0], dtype=np.int32)
    found = on_device.rival_learns_on(emulated.DEVICES["cortex-m4"], kind, sizes, learnt)
    flat, weights = on_device.drawn_weights(kind, sizes), []
    for fan_in, width in itertools.pairwise(sizes):
        weights.append(flat[: fan_in * width].reshape(width, fan_in))
        flat = flat[fan_in * width :]
    before = weights
    for x, label in zip(source.features, learnt[1], strict=True):
        weights = (int8_sgd if kind == "int8" else float_sgd)(weights, x, label)
    if kind == "int8":
        assert found.said == on_device.digest_of(b"".join(layer.astype(np.int8).tobytes() for layer in weights))
        assert any((new != old).any() for new, old in zip(weights, before, strict=True))
        return
    said = float(np.uint32(found.said).view(np.float32))
    assert said == pytest.approx(sum((layer**2).sum() for layer in weights), rel=1e-6)
    assert said != pytest.approx(sum((layer.astype(float) ** 2).sum() for layer in before), rel=1e-6)


@needs_tools
def test_exported_c_is_near_to_loops_by_hand():
    """Instructions are counted, not timed: at most 1.5 times those of loops written for one shape and unrolled."""
    learnt = on_device.examples(784, 400)
    network = on_device.bmlp((784, 135, 135))
    network.train_epoch(*learnt)
    device, row = emulated.DEVICES["cortex-m4"], words32(learnt[0], 784)[0]
    exported, by_hand = (
        on_device.predict_on(device, "x", header, row)
        for header in (c_header(network).text, on_device.unrolled_by_hand(network))
    )
    assert exported.said == by_hand.said == network.predict(learnt[0][:1])[0]
    assert exported.instructions <= 1.5 * by_hand.instructions


def test_what_learns_is_as_large_as_the_memory_of_bmlp_allows():
    held = on_device.model_bytes(on_device.bmlp((784, 35, 35)))
    for name, model in on_device.learners((784, 35, 35)):
        if not name.startswith(("BMLP", "BEP")):
            assert 0.9 * held < on_device.model_bytes(model) <= held, name
    sizes = [on_device.rival_bytes(kind, of) for kind, of in on_device.rivals_that_learn((784, 35, 35))]
    assert max(sizes[1::2]) <= held


def test_instructions_are_counted_between_markers(tmp_path):
    log = tmp_path / "log"
    lines = ["Trace 0: x reset", "IN: y", "Trace 0: x fbb_begin", *["Trace 0: x work"] * 100_000, "Trace 0: x fbb_end"]
    log.write_text(
        "\n".join([*lines, "Trace 0: x work", "Trace 0: x fbb_begin", "Trace 0: x f", "Trace 0: x fbb_end", ""])
    )
    assert emulated.steps_between_markers(log) == 100_001
