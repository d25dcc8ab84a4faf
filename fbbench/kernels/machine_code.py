"""Whether the machine code of the kernels touches floating point: what the extension would execute, by ``objdump``.

Begins with the functions that every path offers, follows calls, jumps and addresses of functions, and looks at every
instruction. Moving and masking whole registers is not arithmetic, whatever the instruction is called; additions,
products, comparisons and conversions are. Functions of the system that are called are named, not followed.
"""

from __future__ import annotations

import bisect
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TOOLS = ("objdump", "readelf")

OF_THE_SYSTEM = frozenset(
    (
        "malloc", "calloc", "realloc", "free", "memcpy", "memmove", "memset", "memcmp", "abort", "sched_yield",
        "sysconf", "syscall", "__stack_chk_fail", "__memcpy_chk", "__memset_chk", "__memmove_chk", "pthread_create",
        "pthread_join",
    )
)  # fmt: skip
"""Functions of the C library that work on memory and threads."""

FLOATING = {
    "x86-64": re.compile(
        r"""f(?!xsave|xrstor|wait)\w+                                                      # x87
        | v?(add|sub|mul|div|sqrt|min|max|cmp\w*|hadd|hsub|addsub|dp|rcp\w*|rsqrt\w*|round|rndscale|scalef|getexp
            |getmant|fixupimm|range|reduce|fpclass)[sp][sdh]
        | v?u?comis[sdh] | v?cvt\w+ | vf(n?m|c?m)\w+ | vdp\w*ps | vdpbf16ps""",
        re.VERBOSE,
    ),
    "aarch64": re.compile(r"f(?!mov\b)\w+|[su]cvtf\w*|bf\w*(dot|mm|mla|cvt)\w*"),
}
"""Instructions that compute with floating-point numbers or convert them, by processor."""

FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t(\S+)\s*(.*)$")
REFERENCE = re.compile(r"([0-9a-f]+) <([^>+]+)(\+0x[0-9a-f]+)?>")


class CannotLook(Exception):
    """The machine code cannot be looked at here; the message says why."""


@dataclass(frozen=True)
class Function:
    """Machine code of a function: where, called what, its instructions as (name, operands), and what it names."""

    address: int
    name: str
    instructions: tuple[tuple[str, str], ...]
    named: frozenset[int]
    of_the_system: frozenset[str]


@dataclass(frozen=True)
class Looked:
    """What was seen of the machine code that begins with some functions."""

    n_functions: int
    n_instructions: int
    floating: tuple[str, ...]
    of_the_system: tuple[str, ...]


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def functions_in(library: Path) -> dict[int, Function]:
    """Return the functions of a shared library by their address.

    Raises
    ------
    CannotLook
        If a tool is missing.
    """
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        raise CannotLook(f"{' and '.join(missing)} not installed (Debian and Ubuntu: binutils)")
    parts: list[tuple[int, str, list[tuple[str, str]]]] = []
    for line in output_of("objdump", "-d", "--no-show-raw-insn", "-w", str(library)).splitlines():
        if begins := FUNCTION.match(line):
            parts.append((int(begins[1], 16), begins[2], []))
        elif (found := INSTRUCTION.match(line)) and parts:
            parts[-1][2].append((found[1], found[2]))
    return {address: function_of(address, name, code) for address, name, code in parts}


def function_of(address: int, name: str, code: list[tuple[str, str]]) -> Function:
    """Return a function, with every place in other functions that its operands name."""
    references = [found for _, operands in code for found in REFERENCE.finditer(operands)]
    named = frozenset(int(found[1], 16) for found in references if "@plt" not in found[2])
    of_the_system = frozenset(found[2].partition("@")[0] for found in references if "@plt" in found[2])
    return Function(address, name, tuple(code), named - {address}, of_the_system)


def offered_by_paths(library: Path, prefix: str = "fbb_") -> dict[str, tuple[int, ...]]:
    """Return the addresses of the functions that every path (a table called ``fbb_NAME``) offers, by its name."""
    tables = {}
    for line in output_of("readelf", "-sW", str(library)).splitlines():
        parts = line.split()
        if len(parts) == 8 and parts[3] == "OBJECT" and parts[7].startswith(prefix):
            tables[parts[7].removeprefix(prefix)] = (int(parts[1], 16), int(parts[2], 0))
    pointers = {}
    for line in output_of("readelf", "-rW", str(library)).splitlines():
        parts = line.split()
        if len(parts) == 4 and "RELATIVE" in parts[2]:
            pointers[int(parts[0], 16)] = int(parts[3], 16)
    return {
        name: tuple(pointers[at] for at in range(first, first + size, 8) if at in pointers)
        for name, (first, size) in tables.items()
    }


def reached_from(starts: Iterable[int], functions: Mapping[int, Function]) -> list[Function]:
    """Return the functions that some call, jump to or name, over any number of steps, themselves first."""
    begins, seen = sorted(functions), {}
    waiting = [start for start in starts if start in functions]
    while waiting:
        address = begins[bisect.bisect_right(begins, waiting.pop()) - 1]  # of the function that a place lies in
        if address not in seen:
            seen[address] = functions[address]
            waiting += [named for named in functions[address].named if begins[0] <= named <= begins[-1]]
    return list(seen.values())


def processor_of(library: Path) -> str:
    """Return the kind of processor a library is for; CannotLook if its instructions are not known here."""
    header = output_of("readelf", "-h", str(library))
    for name, said in (("x86-64", "X86-64"), ("aarch64", "AArch64")):
        if said in header:
            return name
    raise CannotLook("instructions of this processor are not known here")


def look(functions: Iterable[Function], processor: str) -> Looked:
    """Return what instructions of floating point, and which functions of the system, some functions have."""
    floating, n_instructions, n_functions, called = [], 0, 0, set()
    for function in functions:
        n_functions += 1
        n_instructions += len(function.instructions)
        called |= function.of_the_system
        floating += [
            f"{function.name}: {name} {operands}".rstrip()
            for name, operands in function.instructions
            if FLOATING[processor].fullmatch(name)
        ]
    return Looked(n_functions, n_instructions, tuple(floating), tuple(sorted(called)))


def looked_at(library: Path) -> dict[str, Looked]:
    """Return what the machine code of every path of a built extension is, by the path's symbol.

    Raises
    ------
    CannotLook
        If that cannot be told here.
    """
    functions, processor = functions_in(library), processor_of(library)
    offered = {name: starts for name, starts in offered_by_paths(library).items() if starts}
    paths = {name: starts for name, starts in offered.items() if any(start in functions for start in starts)}
    return {name: look(reached_from(starts, functions), processor) for name, starts in paths.items()}
