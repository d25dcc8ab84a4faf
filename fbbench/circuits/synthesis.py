"""Build circuits anew: ``python -m fbbench.circuits.synthesis [CIRCUIT ...]`` writes netlists and ``gates.csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

import click
from joblib import Parallel, delayed

from ..files import replacing
from .catalogue import BY_NAME, CIRCUITS, COLUMNS, COUNTING, NETLISTS, TABLE, Circuit, source_hash, table
from .netlist import save
from .yosys import WAYS, SynthesisError, synthesized, version


def built(circuit: Circuit, of_yosys: str, source: str) -> dict[str, object]:
    """Synthesize a circuit, write its netlist, and return its row of the table."""
    ways = ("as written",) if circuit.module in COUNTING else tuple(WAYS)
    netlist, way = synthesized(circuit.name, circuit.module, circuit.parameters, ways)
    NETLISTS.mkdir(exist_ok=True)
    save(netlist, NETLISTS / f"{circuit.name}.blif.gz")
    return {
        "circuit": circuit.name, "what": circuit.what, "parameters": json.dumps(dict(circuit.parameters)),
        "elements": circuit.elements, "gates": netlist.n_gates, "nand2": round(netlist.area, 1),
        "depth": netlist.depth, "way": way, "yosys": of_yosys, "source": source,
    }  # fmt: skip


def write_table(rows: Mapping[str, Mapping[str, object]]) -> None:
    """Write ``gates.csv``, in the order of the catalogue."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[circuit.name] for circuit in CIRCUITS if circuit.name in rows)
    with replacing(TABLE, "w") as file:
        file.write(text.getvalue())


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="[CIRCUIT ...]")
@click.option("-j", "n_jobs", default=1, show_default=True, type=click.IntRange(1), help="Circuits built at a time.")
def main(names: tuple[str, ...], n_jobs: int) -> None:
    """Build some circuits, or all, and say what changed."""
    if unknown := [name for name in names if name not in BY_NAME]:
        raise click.ClickException(f"there is no circuit {unknown[0]!r}; there are {', '.join(BY_NAME)}")
    wanted = [BY_NAME[name] for name in names] or list(CIRCUITS)
    try:
        of_yosys, source = version(), source_hash()
        found = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(built)(circuit, of_yosys, source) for circuit in wanted
        )
        rows: dict[str, Mapping[str, object]] = dict(table()) if TABLE.exists() else {}
        for row in found:
            before = rows.get(str(row["circuit"]), {}).get("gates", "new")
            click.echo(f"{row['circuit']}: {row['gates']} gates ({before} before), depth {row['depth']}, {row['way']}")
            rows[str(row["circuit"])] = row
            write_table(rows)
    except SynthesisError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
