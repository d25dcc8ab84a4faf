"""What a prediction takes on a microcontroller: instructions, flash and RAM, exact, by an emulator.

A model is exported as C, built with ``device/start.c`` by the cross-compiler, and run by ``qemu-system-arm``, which
says every instruction between two markers. No cycles: an emulator has no pipeline, no flash that waits.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..bits import pack
from ..datasets import random_prototypes
from ..export import c_header
from ..export.c_header import defines, table, words32
from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..sign_perceptron import SignPerceptron

COMPILER, EMULATOR, SIZE = "arm-none-eabi-gcc", "qemu-system-arm", "arm-none-eabi-size"
PACKAGES = "sudo apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
SOURCES = Path(__file__).with_name("device")
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
    """One prediction on a device.

    Attributes
    ----------
    model, device : str
    instructions : int
        From the call of ``fbb_predict`` to its return.
    flash, ram : int
        Bytes: code, tables and what is copied to RAM; data and the deepest that the stack was.
    label : int
        What it said, the library's label where the library has the model.
    """

    model: str
    device: str
    instructions: int
    flash: int
    ram: int
    label: int

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
    """Build a model's C header for a device and predict one packed row (32-bit words) there.

    Raises
    ------
    NoDevice
        If a tool is missing, or the program does not end as it should.
    """
    check_tools()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "model.h").write_text(header)
        (folder / "row.h").write_text(table("uint32_t", "row", row))
        image, log = folder / "image.elf", folder / "log"
        subprocess.run(
            [COMPILER, "-O2", "-std=gnu99", *device.flags, "-mthumb", "-nostartfiles", "-Wl,--no-warn-rwx-segments",
             f"-I{folder}", "-T", SOURCES / "memory.ld", SOURCES / "start.c", "--specs=nano.specs",
             "--specs=nosys.specs", "-o", image],
            check=True, capture_output=True,
        )  # fmt: skip
        try:
            done = subprocess.run(
                [EMULATOR, "-M", device.machine, "-nographic", "-monitor", "none", "-serial", "none",
                 "-semihosting-config", "enable=on,target=native", "-kernel", image,
                 "-singlestep", "-d", "exec,nochain", "-D", log],
                capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise NoDevice(f"{name} on {device.name} took more than {SECONDS} s") from None
        told = re.findall(r"^\d+$", done.stdout + done.stderr, re.MULTILINE)
        if done.returncode or len(told) != 2:
            raise NoDevice(f"{name} on {device.name} ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
        text, data, bss = sizes_of(image)
        return OnDevice(
            name, device.name, steps_between_markers(log), text + data, data + bss + int(told[1]), int(told[0])
        )


def sizes_of(image: Path) -> tuple[int, int, int]:
    """Return bytes of code and constants, of data, and of zeros."""
    said = subprocess.run([SIZE, image], check=True, capture_output=True, text=True).stdout
    text, data, bss = map(int, said.splitlines()[1].split()[:3])
    return text, data, bss


def steps_between_markers(log: Path) -> int:
    """Return how many instructions an emulator's log has between the two markers."""
    count, counting = 0, False
    with log.open() as lines:
        for line in lines:
            if line.startswith("Trace"):
                where = line.split()[-1]
                if where == "fbb_end":
                    return count
                count += counting and where != "fbb_begin"
                counting = counting or where == "fbb_begin"
    raise NoDevice("the emulator said nothing of the markers")


def written_by_hand(kind: str, sizes: tuple[int, ...]) -> str:
    """Return a rival's header as a developer would write it: a network of float32 or int8, with some weights."""
    random = np.random.default_rng(0)
    n_weights = sum(a * b for a, b in itertools.pairwise(sizes))
    if kind == "float":
        weights = table("float", "fbb_weights", random.normal(0, 0.05, n_weights).astype(np.float32))
    else:
        weights = table("int8_t", "fbb_weights", random.integers(-127, 128, n_weights).astype(np.int8))
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
        options = {"n_units": n_units, "n_pairs": n_units // 4, "epochs": 2, "seed": 0}
        yield f"one-bit, {n_units} units", learnt(SignPerceptron(n_inputs, 10, **options), 2)
        yield f"recommended, {n_units} units", learnt(MajorityPerceptron(n_inputs, 10, **options), 2)


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
        assert found.label == model.predict(rows)[0], f"{name} on {device.name}: another label than the library's"
        yield found
    for kind, sizes in RIVALS:
        name = f"{'float32' if kind == 'float' else kind} {'-'.join(map(str, sizes))}"
        yield predict_on(device, name, written_by_hand(kind, sizes), row)
