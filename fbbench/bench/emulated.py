"""Programs on a microcontroller: instructions, flash and RAM, exact, by an emulator.

C is built with ``device/start.c`` by the cross-compiler, and run by ``qemu-system-arm``, which says every instruction
between two markers. No cycles: an emulator has no pipeline, no flash that waits.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

COMPILER, EMULATOR, SIZE = "arm-none-eabi-gcc", "qemu-system-arm", "arm-none-eabi-size"
PACKAGES = "sudo apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
SOURCES = Path(__file__).with_name("device")
SECONDS = 400
"""Then an emulator is stopped."""


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
        Bytes: code, tables and what is copied to RAM; data, and the deepest that the stack was.
    said : int
        What the program says: the class, the library's where the library has the model; of training a digest of what
        it changes.
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


def run_on(device: Device, name: str, files: Mapping[str, str], *, rows: int = 1) -> OnDevice:
    """Build a program for a device and run it there.

    Parameters
    ----------
    device : Device
    name : str
        What it is called.
    files : dict
        Text by name: ``work.h`` with ``fbb_work``, and what that includes.
    rows : int
        That it works on.

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
            [COMPILER, "-O2", "-std=gnu11", "-Wno-implicit-function-declaration", *device.flags, "-mthumb",
             "-nostartfiles", "-Wl,--no-warn-rwx-segments", f"-I{folder}", f"-I{SOURCES}", "-T", SOURCES / "memory.ld",
             SOURCES / "start.c", "--specs=nano.specs", "--specs=nosys.specs", "-o", image],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if built.returncode:
            raise NoDevice(f"{name} cannot be built for {device.name}: {built.stderr.strip()[-500:]}")
        count, answer, status = emulated(device, image, log)
        told = [int(number) for number in re.findall(r"^\d+$", answer, re.MULTILINE)]
        if status or len(told) != 2:
            raise NoDevice(f"{name} on {device.name} ended with status {status}: {answer.strip()[-300:]}")
        said, stack = told
        text_bytes, data, bss = sizes_of(image)
        ram = data + bss + stack
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
    count, counting, rest = 0, False, b""
    with log.open("rb", buffering=0) as file:
        while block := file.read(1 << 22):
            text = rest + block
            whole = text.rfind(b"\n") + 1
            at, rest = 0, text[whole:]
            while at < whole:
                found = text.find(b" fbb_end\n" if counting else b" fbb_begin\n", at, whole)
                to = text.rfind(b"\n", 0, found) + 1 if found >= 0 else whole
                count += text.count(b"Trace ", at, to) if counting else 0
                counting ^= found >= 0
                at = text.find(b"\n", found) + 1 if found >= 0 else whole
    return count
