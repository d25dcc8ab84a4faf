"""What predictions and training take on a microcontroller: instructions, flash and RAM, exact, by an emulator.

A model is exported as C, or the library's portable kernels are taken with a network and some rows; that is built with
``device/start.c`` by the cross-compiler, and run by ``qemu-system-arm``, which says every instruction between two
markers. No cycles: an emulator has no pipeline, no flash that waits.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import kernels
from ..bits import pack
from ..datasets import random_prototypes
from ..export import c_header
from ..export.c_text import defines, table, words32
from ..kernels import random
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..random_units import recommended_pairs
from ..sign_perceptron import SignPerceptron

COMPILER, EMULATOR, SIZE = "arm-none-eabi-gcc", "qemu-system-arm", "arm-none-eabi-size"
PACKAGES = "sudo apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
SOURCES = Path(__file__).with_name("device")
KERNELS = Path(kernels.__file__).parent
SECONDS = 120


@dataclass(frozen=True)
class Device:
    """A core: what the compiler is told of it, and the machine that the emulator is."""

    name: str
    flags: tuple[str, ...]
    machine: str


FPU = ("-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
DEVICES = {
    device.name: device
    for device in (
        Device("cortex-m4", ("-mcpu=cortex-m4", *FPU), "mps2-an386"),
        Device("cortex-m4-soft-float", ("-mcpu=cortex-m4", "-mfloat-abi=soft"), "mps2-an386"),
        Device("cortex-m0plus", ("-mcpu=cortex-m0plus", "-mfloat-abi=soft"), "mps2-an385"),  # a Cortex-M3 runs it, too
    )
}


@dataclass(frozen=True)
class OnDevice:
    """A prediction, or the training of a mini-batch, on a device.

    Attributes
    ----------
    model, device : str
    instructions : int
        Of the prediction, or of the mini-batch.
    flash, ram : int
        Bytes: code, tables and what is copied to RAM; data, what malloc took, and the deepest that the stack was.
    said : int
        The class, the library's where the library has the model; of a training the digest of the hidden weights.
    rows : int
        Of the mini-batch; 1 of a prediction.
    """

    model: str
    device: str
    instructions: int
    flash: int
    ram: int
    said: int
    rows: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class NoDevice(Exception):
    """Says what is missing to emulate a device."""


def check_tools() -> None:
    """Raise NoDevice, which says how to install them, if the compiler or the emulator is missing."""
    if missing := [tool for tool in (COMPILER, EMULATOR, SIZE) if shutil.which(tool) is None]:
        raise NoDevice(f"{', '.join(missing)} not installed (Debian and Ubuntu: {PACKAGES})")


def predict_on(device: Device, name: str, header: str, row: np.ndarray) -> OnDevice:
    """Build a model's C header for a device and predict one packed row (32-bit words) there; NoDevice as `run_on`."""
    files = {"model.h": header, "row.h": table("uint32_t", "row", row), "work.h": '#include "predict_once.h"\n'}
    return run_on(device, name, files)


def run_on(
    device: Device,
    name: str,
    files: Mapping[str, str],
    sources: Sequence[Path] = (),
    *,
    rows: int = 1,
    level: str = "-O2",
) -> OnDevice:
    """Build a program for a device and run it there.

    Parameters
    ----------
    device : Device
    name : str
        What it is called.
    files : dict
        Text by name: ``work.h`` with ``fbb_work``, and what that includes.
    sources : sequence of Path
        C files more.
    rows : int
        That it works on.
    level : str
        How much the compiler is to do.

    Raises
    ------
    NoDevice
        If a tool is missing, the program cannot be built, or does not end as it should.
    """
    check_tools()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for file, text in files.items():
            (folder / file).write_text(text)
        image, log = folder / "image.elf", folder / "log"
        built = subprocess.run(
            [COMPILER, level, "-std=gnu11", "-fno-strict-aliasing", "-Wno-implicit-function-declaration", *device.flags,
             "-mthumb", "-nostartfiles", "-Wl,--no-warn-rwx-segments", f"-I{folder}", f"-I{SOURCES}", f"-I{KERNELS}",
             f"-I{KERNELS / 'step'}", "-T", SOURCES / "memory.ld", SOURCES / "start.c", SOURCES / "threads.c", *sources,
             "--specs=nano.specs", "--specs=nosys.specs", "-o", image],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if built.returncode:
            raise NoDevice(f"{name} cannot be built for {device.name}: {built.stderr.strip()[-500:]}")
        count, answer, status = emulated(device, image, log)
        told = [int(number) for number in re.findall(r"^\d+$", answer, re.MULTILINE)]
        if status or len(told) != 3:
            raise NoDevice(f"{name} on {device.name} ended with status {status}: {answer.strip()[-300:]}")
        said, stack, heap = told
        text_bytes, data, bss = sizes_of(image)
        ram = data + bss + stack + heap
        return OnDevice(name, device.name, count, text_bytes + data, ram, said, rows)


def emulated(device: Device, image: Path, log: Path) -> tuple[int, str, int]:
    """Run an image on a device; return instructions between the markers, what it said, and its exit status. An emulator
    writes a line for every instruction, gigabytes: they are read from a pipe as they come."""
    os.mkfifo(log)
    command = [
        EMULATOR, "-M", device.machine, "-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config",
        "enable=on,target=native", "-kernel", str(image), "-singlestep", "-d", "exec,nochain", "-D", str(log),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            count = steps_between_markers(log)
            return count, process.communicate()[0], process.returncode
        finally:
            timer.cancel()


def sizes_of(image: Path) -> tuple[int, int, int]:
    """Return bytes of code and constants, of data, and of zeros."""
    said = subprocess.run([SIZE, image], check=True, capture_output=True, text=True).stdout
    text, data, bss = map(int, said.splitlines()[1].split()[:3])
    return text, data, bss


def steps_between_markers(log: Path) -> int:
    """Return how many instructions an emulator's log, which is read to its end, has between the two markers."""
    count, counting = 0, False
    with log.open("rb") as lines:
        for line in lines:
            if line.startswith(b"Trace"):
                if line.endswith(b" fbb_end\n"):
                    counting = False
                count += counting
                if line.endswith(b" fbb_begin\n"):
                    counting = True
    return count


def drawn_weights(kind: str, sizes: tuple[int, ...]) -> np.ndarray:
    """Return some weights of a rival, float32 or int8."""
    drawn, n_weights = np.random.default_rng(0), sum(a * b for a, b in itertools.pairwise(sizes))
    if kind == "float":
        return drawn.normal(0, 0.05, n_weights).astype(np.float32)
    return drawn.integers(-127, 128, n_weights).astype(np.int8)


def written_by_hand(kind: str, sizes: tuple[int, ...]) -> str:
    """Return a rival's header as a developer would write it: a network of float32 or int8, with some weights."""
    weights = table("float" if kind == "float" else "int8_t", "fbb_weights", drawn_weights(kind, sizes))
    values = defines(FBB_SIZES=len(sizes), FBB_MOST=max(sizes))
    code = (SOURCES / f"{kind}_network.h").read_text(encoding="utf-8")
    return "\n\n".join(["#include <stdint.h>", values, table("int32_t", "fbb_sizes", np.array(sizes)), weights, code])


def models(n_inputs: int = 784) -> Iterator[tuple[str, Any]]:
    """Yield (name, model) of what is measured here, trained on a few generated rows."""
    source = random_prototypes(400, n_inputs)
    rows, labels = pack(source.features), source.labels

    def learnt(model: Any, n_passes: int = 1) -> Any:
        for _ in range(n_passes):
            model.train_epoch(rows, labels)
        return model

    for width in (35, 135):
        shape, name = (n_inputs, width, width), f"{n_inputs}-{width}-{width}-10"
        yield f"BMLP {name}", learnt(FullyBinaryNetwork(shape, 10, group_size=width // 5, seed=0))
        yield (
            f"BMLP {name}, ternary",
            learnt(FullyBinaryNetwork(shape, 10, group_size=width // 5, arithmetic="ternary", hidden_bits=16, seed=0)),
        )
    yield (
        f"single layer {n_inputs}-165-10",
        learnt(FullyBinaryNetwork((n_inputs, 165), 10, group_size=15, committee=True, seed=0)),
    )
    for n_units in (500, 2000):
        options = {"n_units": n_units, "n_pairs": recommended_pairs(n_units), "epochs": 2, "seed": 0}
        yield f"one-bit, {n_units} units", learnt(SignPerceptron(n_inputs, 10, **options), 2)
        yield f"recommended, {n_units} units", learnt(MajorityPerceptron(n_inputs, 10, **options), 2)


def state_of(network: FullyBinaryNetwork, rows: np.ndarray, labels: np.ndarray) -> str:
    """Return ``state.h``: a network as the kernels have it, and a mini-batch of packed rows, all as C."""
    parts, entries = ['#include "kernels.h"'], []

    def add(kind: str, name: str, values: np.ndarray, constant: bool = True) -> str:
        parts.append(table(kind, name, values, constant=constant))
        return name

    for number, layer in enumerate(network._layers):
        cuts = random.hit_cuts(network.reinforcement_threshold(layer.fan_in, 0.0))
        hidden = add(f"int{network.hidden_bits}_t", f"hidden_{number}", layer.hidden, constant=False)
        sign = add("uint64_t", f"sign_{number}", layer.sign, constant=False)
        mask = "0" if layer.mask is None else add("uint64_t", f"mask_{number}", layer.mask, constant=False)
        p_sign = add("uint64_t", f"p_sign_{number}", layer.p_sign)
        p_mask = "0" if layer.p_mask is None else add("uint64_t", f"p_mask_{number}", layer.p_mask)
        entries.append(
            f"{{.fan_in = {layer.fan_in}, .n_units = {layer.n_units}, .n_classes = {layer.n_classes}, "
            f".in_words = {layer.in_words}, .group_size = {layer.group_size}, .n_read = {layer.n_read}, "
            f".margin = {layer.margin}, .bound = {layer.bound}, .gate = {layer.gate}, "
            f".committee = {int(layer.committee)}, .hidden_bits = {network.hidden_bits}, .hidden = {hidden}, "
            f".sign = {sign}, .mask = {mask}, .p_sign = {p_sign}, .p_mask = {p_mask}, .stream = {layer.stream}u, "
            f".cuts = {add('uint64_t', f'cuts_{number}', cuts)}}},"
        )
    add("uint64_t", "x", rows)
    add("int32_t", "y", labels.astype(np.int32))
    add("int64_t", "order", np.arange(len(rows)))
    parts.append("\n".join(["static fbb_layer layers[] = {", *entries, "};"]))
    rule = list(kernels._native.RULES).index(network.rule.name)
    parts.append(defines(N_LAYERS=network.n_layers, N_ROWS=len(rows), STEP=0, RULE=rule))
    return "\n\n".join(parts) + "\n"


def digest_of(network: FullyBinaryNetwork) -> int:
    """Return FNV-1a (32 bits) of all hidden weights, as the kernels hold them."""
    digest = 2166136261
    for layer in network._layers:
        for byte in layer.hidden.tobytes():
            digest = ((digest ^ byte) * 16777619) & 0xFFFFFFFF
    return digest


def learn_on(device: Device, name: str, network: FullyBinaryNetwork, rows: np.ndarray, labels: np.ndarray) -> OnDevice:
    """Train a network on one mini-batch on a device, by the portable kernels, as ``train_batch`` does here; NoDevice as
    :func:`run_on`, and where the kernels' sources are not beside the library, as in an installed wheel."""
    if not (KERNELS / "paths" / "portable.c").exists():
        raise NoDevice("training on a device builds the kernels' C sources, which a clone of the repository has")
    files = {"state.h": state_of(network, rows, labels), "work.h": '#include "learn.h"\n'}
    return run_on(device, name, files, [KERNELS / "paths" / "portable.c"], rows=len(rows), level="-O3")


def float_learns_on(device: Device, sizes: tuple[int, ...], rows: np.ndarray, labels: np.ndarray) -> OnDevice:
    """Train a float32 network of some sizes by SGD, row by row, as a developer would write it in C."""
    weights = table("float", "w", drawn_weights("float", sizes), constant=False)
    words = words32(rows, sizes[0])
    parts = [
        defines(N_SIZES=len(sizes), MOST=max(sizes), N_ROWS=len(rows)), "#define RATE 0.01f",
        table("int32_t", "sizes", np.array(sizes)), weights,
        f"static const uint32_t x[{len(rows)}][{words.shape[1]}] = {{"
        + ", ".join("{" + ", ".join(map(str, row)) + "}" for row in words) + "};",
        table("int32_t", "y", labels.astype(np.int32)),
    ]  # fmt: skip
    files = {"state.h": "\n\n".join(parts) + "\n", "work.h": '#include "learn_float.h"\n'}
    return run_on(device, f"float32 SGD {'-'.join(map(str, sizes))}", files, rows=len(rows))


LEARNT_ROWS = 20
LEARNING = ((64, 35, 35), (784, 35, 35), (784, 135, 135))
"""Rows of a mini-batch, and networks, whose training is counted."""


def measure_learning_on(device: Device) -> Iterator[OnDevice]:
    """Yield what a mini-batch of LEARNT_ROWS rows takes: BMLP in both arithmetics and float32 SGD, of some shapes. A
    state that is not the library's raises AssertionError."""
    for sizes in LEARNING:
        source = random_prototypes(LEARNT_ROWS, sizes[0])
        rows, labels = pack(source.features), source.labels
        for arithmetic, bits in (("binary", 8), ("ternary", 16)):
            network = FullyBinaryNetwork(
                sizes, 10, group_size=sizes[1] // 5, arithmetic=arithmetic, hidden_bits=bits, seed=0
            )
            name = f"BMLP {'-'.join(map(str, sizes))}-10, {arithmetic}"
            found = learn_on(device, name, network, rows, labels)
            network.train_batch(rows, labels)
            assert found.said == digest_of(network), f"{name} on {device.name}: another state than the library's"
            yield found
        yield float_learns_on(device, (*sizes, 10), rows[:1], labels[:1])


RIVALS = (("float", (784, 5, 10)), ("float", (784, 35, 35, 10)), ("int8", (784, 20, 10)), ("int8", (784, 35, 35, 10)))
"""Networks as a developer would write them: of the bytes of BMLP 784-135-135-10, and of the widths of 784-35-35-10."""


def measure_on(device: Device, n_inputs: int = 784) -> Iterator[OnDevice]:
    """Yield what a prediction takes of every model here, and of rivals; NoDevice as :func:`predict_on`. A label that is
    not the library's raises AssertionError."""
    check_tools()
    rows = pack(random_prototypes(2, n_inputs).features)[:1]
    row = words32(rows, n_inputs)[0]
    for name, model in models(n_inputs):
        found = predict_on(device, name, c_header(model).text, row)
        assert found.said == model.predict(rows)[0], f"{name} on {device.name}: another label than the library's"
        yield found
    for kind, sizes in RIVALS:
        name = f"{'float32' if kind == 'float' else kind} {'-'.join(map(str, sizes))}"
        yield predict_on(device, name, written_by_hand(kind, sizes), row)
