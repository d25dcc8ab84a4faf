"""Whether the machine code of the kernels touches floating point: what the extension would execute, by ``objdump``.

Begins with the functions that every path offers, follows calls, jumps, addresses of functions and tables of them, and
looks at every instruction. Moving and masking whole registers is not arithmetic, whatever the instruction is called;
additions, products, comparisons and conversions are. Calls through a pointer are told, but for those of the threads,
whose functions are named where teams are begun. Functions of the system that are called are told, and not followed.

It finds what a compiler made of C, not what somebody hides. For x86-64.
"""

from __future__ import annotations

import bisect
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
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

FLOATING = re.compile(
    r"""f(?!xsave|xrstor|wait)\w+                                                      # x87
    | v?(add|sub|mul|div|sqrt|min|max|cmp\w*|hadd|hsub|addsub|dp|rcp\w*|rsqrt\w*|round|rndscale|scalef|getexp|getmant
        |fixupimm|range|reduce|fpclass|exp2)\w*[sp][sdh]
    | v\w*(bf16|pbf|nepbf)\w* | v?u?comis\w+ | v?cvt\w+ | vf(n?m|c?m)\w+ | v?dp(ps|pd|bf16ps) | tdp\w+ | pf\w+""",
    re.VERBOSE,
)
"""Instructions that compute with floating-point numbers or convert them."""

PREFIXES = frozenset(
    ("bnd", "notrack", "lock", "rep", "repz", "repnz", "data16", "addr32", "cs", "ds", "es", "fs", "gs")
)

THROUGH_POINTERS = frozenset(("run_team", "run_member"))
"""Functions that call what they are given: a thread's body, which whoever begins a team names (threads.h)."""

FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t(\S+)\s*(.*)$")
REFERENCE = re.compile(r"([0-9a-f]+) <([^>+]+)(\+0x[0-9a-f]+)?>")


class CannotLook(Exception):
    """The machine code cannot be looked at here; the message says why."""


@dataclass(frozen=True)
class Function:
    """Machine code of a function: where, called what, its instructions as (name, operands), the places in the library
    that it names, the functions of the system, and its calls through pointers."""

    address: int
    name: str
    instructions: tuple[tuple[str, str], ...]
    named: frozenset[int]
    of_the_system: frozenset[str]
    through_pointers: tuple[str, ...]


@dataclass(frozen=True)
class Looked:
    """What was seen of the machine code that begins with some functions."""

    n_functions: int
    n_instructions: int
    floating: tuple[str, ...]
    of_the_system: tuple[str, ...]
    through_pointers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Data:
    """Pointers of a library: what lies at an address is another address, or the name of something of the system; and
    its objects, sorted, as (address, size, name)."""

    pointers: Mapping[int, int | str]
    objects: Sequence[tuple[int, int, str]]

    def behind(self, address: int, *, many: bool) -> list[int | str]:
        """Return the pointers of the object that an address lies in; if it is in none, the one that is there, or many
        that follow each other."""
        at = bisect.bisect_right(self.objects, (address, 1 << 62, "")) - 1
        first, size, _ = self.objects[at] if at >= 0 else (0, 0, "")
        if first <= address < first + size:
            return [self.pointers[place] for place in range(first, first + size, 8) if place in self.pointers]
        found = []
        while address in self.pointers:
            found.append(self.pointers[address])
            address += 8
            if not many:
                break
        return found


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check_here(library: Path) -> None:
    """Raise CannotLook if a tool is missing, or the library is for another kind of processor."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        raise CannotLook(f"{' and '.join(missing)} not installed (Debian and Ubuntu: binutils)")
    if "X86-64" not in output_of("readelf", "-h", str(library)):
        raise CannotLook("instructions of this processor are not known here")


def data_of(library: Path) -> Data:
    """Return the pointers and objects of a shared library."""
    objects = []
    for line in output_of("readelf", "-sW", str(library)).splitlines():
        parts = line.split()
        if len(parts) == 8 and parts[3] == "OBJECT" and parts[6] != "UND":
            objects.append((int(parts[1], 16), int(parts[2], 0), parts[7]))
    pointers: dict[int, int | str] = {}
    for line in output_of("readelf", "-rW", str(library)).splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[2] == "R_X86_64_RELATIVE":
            pointers[int(parts[0], 16)] = int(parts[3], 16)
        elif len(parts) >= 5 and parts[2].startswith("R_X86_64_"):
            value = int(parts[3], 16)
            pointers[int(parts[0], 16)] = value or parts[4].partition("@")[0]
    return Data(pointers, sorted(set(objects)))


def functions_in(library: Path, data: Data) -> dict[int, Function]:
    """Return the functions of a shared library by their address."""
    parts: list[tuple[int, str, list[tuple[str, str]]]] = []
    for line in output_of("objdump", "-d", "--no-show-raw-insn", "-w", str(library)).splitlines():
        if begins := FUNCTION.match(line):
            parts.append((int(begins[1], 16), begins[2], []))
        elif (found := INSTRUCTION.match(line)) and parts:
            name, operands = found[1], found[2]
            while name in PREFIXES and operands:
                name, _, operands = operands.partition(" ")
            parts[-1][2].append((name, operands.strip()))
    return {address: function_of(address, name, code, data) for address, name, code in parts}


def function_of(address: int, name: str, code: list[tuple[str, str]], data: Data) -> Function:
    """Return a function, with every place that its operands name, and what tables among these point to."""
    named, of_the_system, through = set(), set(), []
    for instruction, operands in code:
        references = list(REFERENCE.finditer(operands))
        for found in references:
            if "@plt" in found[2]:
                of_the_system.add(found[2].partition("@")[0])
                continue
            named.add(int(found[1], 16))
            for pointer in data.behind(int(found[1], 16), many=instruction.startswith("lea")):
                if isinstance(pointer, str):
                    of_the_system.add(pointer)
                else:
                    named.add(pointer)
        if operands.startswith("*") and not references and instruction.startswith("call"):
            through.append(f"{name}: {instruction} {operands}")
    return Function(address, name, tuple(code), frozenset(named), frozenset(of_the_system), tuple(through))


def offered_by_paths(data: Data, functions: Mapping[int, Function], prefix: str = "fbb_") -> dict[str, tuple[int, ...]]:
    """Return the addresses of the functions that every path (a table called ``fbb_NAME``) offers, by its name; none for
    one that is there for other processors.

    Raises
    ------
    CannotLook
        If a table has places whose functions cannot be told.
    """
    tables = {}
    for address, size, name in data.objects:
        starts = [data.pointers.get(place) for place in range(address, address + size, 8)]
        if not name.startswith(prefix) or not any(start in functions for start in starts):
            continue
        if len([start for start in starts if isinstance(start, int)]) != size // 8:
            raise CannotLook(f"{name} has functions that cannot be told")
        tables[name.removeprefix(prefix)] = tuple(start for start in starts if isinstance(start, int))
    return tables


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


def look(functions: Iterable[Function]) -> Looked:
    """Return what instructions of floating point, functions of the system, and calls through pointers there are."""
    every = list(functions)
    floating = [
        f"{function.name}: {name} {operands}".rstrip()
        for function in every
        for name, operands in function.instructions
        if FLOATING.fullmatch(name)
    ]
    called = set().union(*(function.of_the_system for function in every))
    through = [
        call for function in every if function.name.partition(".")[0] not in THROUGH_POINTERS
        for call in function.through_pointers
    ]  # fmt: skip
    n_instructions = sum(len(function.instructions) for function in every)
    return Looked(len(every), n_instructions, tuple(floating), tuple(sorted(called)), tuple(through))


def looked_at(library: Path) -> dict[str, Looked]:
    """Return what the machine code of every path of a built extension is, by the path's symbol.

    Raises
    ------
    CannotLook
        If that cannot be told here, or no path is found.
    """
    check_here(library)
    data = data_of(library)
    functions = functions_in(library, data)
    paths = offered_by_paths(data, functions)
    if not paths:
        raise CannotLook(f"{library.name} has no table of functions of a path")
    return {name: look(reached_from(starts, functions)) for name, starts in paths.items()}
