"""Predictions on an emulated microcontroller: the library's labels, counted the same twice."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from fbbench import FullyBinaryNetwork
from fbbench.bench import on_device
from fbbench.bits import pack
from fbbench.cli import main
from fbbench.datasets import random_prototypes
from fbbench.export import c_header
from fbbench.export.c_text import words32
from fbbench.network.rules.error_propagation import ErrorPropagation

needs_tools = pytest.mark.skipif(
    None in map(shutil.which, (on_device.COMPILER, on_device.EMULATOR, on_device.SIZE)),
    reason=f"{on_device.COMPILER} or {on_device.EMULATOR} is not installed",
)


@needs_tools
@pytest.mark.parametrize("name", list(on_device.DEVICES))
def test_a_device_says_the_librarys_labels_and_counts_the_same_twice(name):
    device, source = on_device.DEVICES[name], random_prototypes(40, 70)
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
        on_device.predict_on(on_device.DEVICES[name], "x", header, row)
        for name in ("cortex-m4", "cortex-m4-soft-float")
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
    assert on_device.predict_on(on_device.DEVICES["cortex-m4"], "x", header, row).said == scores.argmax()


@needs_tools
def test_the_command(monkeypatch):
    monkeypatch.setattr(on_device, "models", lambda n_inputs: iter(()))
    monkeypatch.setattr(on_device, "LEARNING", ())
    monkeypatch.setattr(on_device, "RIVALS", (("int8", (784, 2, 10)),))
    done = CliRunner().invoke(main, ["bench", "--device", "cortex-m0plus", "--json"])
    assert done.exit_code == 0, done.output
    assert [line["model"] for line in json.loads(done.stdout)] == ["int8 784-2-10"]
    done = CliRunner().invoke(main, ["bench", "--device", "cortex-m0plus"])
    assert "one row on cortex-m0plus" in done.output and "int8 784-2-10" in done.output


def test_missing_tools_are_named(monkeypatch):
    monkeypatch.setattr(on_device.shutil, "which", lambda name: None)
    done = CliRunner().invoke(main, ["bench", "--device", "cortex-m4"])
    assert done.exit_code == 1 and "sudo apt install gcc-arm-none-eabi" in done.output


SLOWER = [pytest.param(name, marks=pytest.mark.slow) for name in on_device.DEVICES if name != "cortex-m0plus"]


@needs_tools
@pytest.mark.parametrize("name", ["cortex-m0plus", *SLOWER])
@pytest.mark.parametrize(
    "options",
    [{}, {"arithmetic": "ternary", "hidden_bits": 16}, {"committee": True}, {"rule": ErrorPropagation(gate=0.1)}],
    ids=["binary", "ternary", "committee", "error propagation"],
)
def test_training_on_a_device_gives_the_librarys_state(name, options):
    source = random_prototypes(30, 70)
    rows, labels = pack(source.features), source.labels
    network = FullyBinaryNetwork((70, 35, 20), 10, group_size=5, seed=3, reinforcement=20.0, **options)
    found = on_device.learn_on(on_device.DEVICES[name], "x", network, rows, labels)
    before = on_device.digest_of(network)
    network.train_batch(rows, labels)
    assert found.said == on_device.digest_of(network) != before
    assert found.rows == 30 and found.instructions > 10_000


def test_training_without_sources_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(on_device, "KERNELS", tmp_path)
    network = FullyBinaryNetwork((20, 10), 10, group_size=5, seed=3)
    with pytest.raises(on_device.NoDevice, match="a clone of the repository"):
        on_device.learn_on(on_device.DEVICES["cortex-m4"], "x", network, *(None, None))
