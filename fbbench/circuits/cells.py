"""The gates as a Liberty file, so that other tools read the netlists: ``python -m fbbench.circuits.cells``."""

from __future__ import annotations

from pathlib import Path

from ..files import replacing
from .netlist import AREAS, NOT

LIBERTY = Path(__file__).parent / "cells.lib"

FUNCTIONS = {
    "AND2": "A & B", "OR2": "A | B", "NAND2": "!(A & B)", "NOR2": "!(A | B)", "XOR2": "A ^ B", "XNOR2": "!(A ^ B)",
    "ANDN2": "A & !B", "ORN2": "A | !B", NOT: "!A",
}  # fmt: skip


def liberty() -> str:
    """Return the Liberty file: functions, and areas in units of a NAND2."""
    lines = [
        "/* Gates of fbbench's netlists. Area: units of a NAND2, in steps of the placement grid of open 45 nm cells:",
        "   INV 2, NAND and NOR 3, AND and OR 4, XOR and XNOR 6; ANDN2 and ORN2 are NOR and NAND with an inverter. */",
        "library (fbbench) {",
        "  delay_model : table_lookup;",
        '  time_unit : "1ns";',
        "  capacitive_load_unit (1, pf);",
    ]
    for kind, function in FUNCTIONS.items():
        lines.append(f"  cell ({kind}) {{ area : {AREAS[kind]:.4f};")
        lines += [f"    pin ({pin}) {{ direction : input; }}" for pin in ("A" if kind == NOT else "AB")]
        lines.append(f'    pin (Y) {{ direction : output; function : "{function}"; }} }}')
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    with replacing(LIBERTY, "w") as made:
        made.write(liberty())
