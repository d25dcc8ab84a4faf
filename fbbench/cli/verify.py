"""``fbbench verify``: what the measured rows say of every claim."""

import json
import math
from pathlib import Path

import click
from rich import box
from rich.table import Table

from ..experiments.analysis.claims import CONTRADICTED, NOT_RUN, REPRODUCED, WITHIN_NOISE, load_claims
from ..experiments.analysis.verdicts import FEW_SEEDS, Evidence, judge, tallies
from ..experiments.rows.archive import ENDING, packed_files, rows_at
from ..places import shipped
from .asked import errors_in_one_line
from .console import escape, make_console, print_narrowed

TENFOLD = 10
"""Ratios below which a digit behind the point is shown."""

COLOURS = {REPRODUCED: "green", WITHIN_NOISE: "yellow", CONTRADICTED: "red", NOT_RUN: "dim"}


@click.command()
@click.option(
    "--claims",
    "claims_file",
    metavar="FILE",
    help="Default: paper/claims.toml, here, in the repository or as it ships.",
)
@click.option(
    "--rows",
    "--store",
    "place",
    metavar="PLACE",
    help="A store, or a folder of packed rows. Default: results beside the claims.",
)
@click.option("--details", is_flag=True, help="Every comparison of every claim.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@errors_in_one_line
def verify(claims_file, place, details, as_json):
    """Say of every claim of the paper, of what it leaves out, and of this project, what the measured rows say.

    Exit status 1 if a claim that was reproduced when it was last looked at (`expected` in the file) no longer is, and
    there are five seeds or more to say so.
    """
    path = Path(claims_file) if claims_file else find_claims()
    place = Path(place) if place else path.parent / "results"
    evidence = Evidence(rows_finder(place))
    verdicts = [verdict for claim in load_claims(path) for verdict in judge(claim, evidence)]
    if as_json:
        click.echo(json.dumps([as_plain(verdict) for verdict in verdicts], indent=1))
    else:
        show(make_console(), verdicts, details)
    if any(verdict.is_worse_than_expected for verdict in verdicts):
        raise SystemExit(1)


def find_claims():
    """Return the claims in ./paper, else in the repository, else those that ship; ClickException if there are none."""
    for path in (Path("paper", "claims.toml"), shipped("paper/claims.toml")):
        if path is not None and path.is_file():
            return path
    raise click.ClickException("there is no paper/claims.toml here; name a file of claims with --claims")


def rows_finder(place):
    """Return a function from a suite's name to its rows in a store, or in a folder of packed rows, by key."""
    if not place.exists():
        raise click.ClickException(f"there are no rows at {place}; `fbbench run` makes a store, --rows names it")
    if packed_files(place):
        return lambda name: rows_at(path) if (path := place / f"{name}{ENDING}").exists() else {}
    rows = rows_at(place)
    return lambda name: rows


def show(console, verdicts, details):
    """Print a line per claim and form."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("claim", overflow="fold")
    for column in ("form", "verdict", "measured", "95 % interval", "claimed", "n"):
        table.add_column(column, no_wrap=True, justify="left" if column in ("form", "verdict") else "right")
    for verdict in verdicts:
        if verdict.outcome == NOT_RUN and not verdict.lines and not details:
            continue  # named below the table
        line, mark = verdict.decisive, " (!)" if verdict.is_worse_than_expected else ""
        lines = verdict.lines if details and len(verdict.lines) > 1 else []
        table.add_row(
            escape(verdict.claim.id), "" if verdict.form == "only" else verdict.form,
            f"[{COLOURS[verdict.outcome]}]{verdict.outcome}{mark}[/]", *measured_text(verdict.claim, line),
            claimed_text(verdict.claim), count_text(verdict),
        )  # fmt: skip
        for line in lines:
            table.add_row(f"  {escape(line.where)}", "", "", *measured_text(verdict.claim, line), "", seeds_text(line))
    print_narrowed(console, table, (["n"], ["claimed"], ["95 % interval"]))
    without = list(dict.fromkeys(v.claim.id for v in verdicts if v.outcome == NOT_RUN and not v.lines))
    if without and not details:
        console.print(
            f"Not run, or not by two seeds at least: {escape(', '.join(without))}.", highlight=False, soft_wrap=True
        )
    for said_by, counts in tallies(verdicts).items():
        console.print(f"Of {said_by}: {counts}.", highlight=False, soft_wrap=True)
    console.print(
        "Of several comparisons, the one that decides is shown (--details: all). n: seeds, or how many comparisons "
        "have rows; model: gates follow from shapes, nothing is measured.", highlight=False, soft_wrap=True,
    )  # fmt: skip
    if few := list(dict.fromkeys(v.claim.id for v in verdicts if v.outcome == WITHIN_NOISE and v.is_of_few)):
        console.print(
            f"Within noise, and of fewer than {FEW_SEEDS} seeds, which decide little: {escape(', '.join(few))}.",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    for verdict in verdicts:
        if verdict.is_worse_than_expected:
            console.print(
                f"[red](!) {escape(verdict.claim.id)} was reproduced ({verdict.form}) when it was last looked at.[/]",
                highlight=False, soft_wrap=True,
            )  # fmt: skip


def measured_text(claim, line):
    """Return (value, interval) of a line as text."""
    if line is None:
        return "", ""
    if claim.kind == "gates":
        return f"{line.value:.0f}x" if line.value >= TENFOLD else f"{line.value:.1f}x", ""
    sign = "" if claim.kind == "accuracy" else "+"
    if line.tells_nothing:
        return f"{line.value:{sign}.2f}", "too few runs"
    return f"{line.value:{sign}.2f}", f"{line.low:{sign}.2f} .. {line.high:{sign}.2f}"


def claimed_text(claim):
    """Return what is claimed, in short."""
    match claim.kind:
        case "ahead" | "mostly":
            return "> 0"
        case "level":
            return f"within ±{claim.margin:g}"
        case "size":
            return f"{claim.published:+.2f}"
        case "accuracy":
            return f"{claim.published:.2f}"
        case "gates":
            return f"> {claim.low:g}x" if math.isinf(claim.high) else f"{claim.low:g} .. {claim.high:g}x"


def count_text(verdict):
    """Return the seeds of a claim of one comparison, else how many of its comparisons have rows."""
    n = len(verdict.lines) + len(verdict.missing)
    if verdict.claim.kind == "gates":
        return verdict.claim.by.split()[0]
    if n == 1:
        return str(verdict.lines[0].n_seeds) if verdict.lines else "0"
    return f"{len(verdict.lines)}/{n}"


def seeds_text(line):
    """Return how many seeds a line is of; gates are of none."""
    return str(line.n_seeds) if line.keys else "model"


def as_plain(verdict):
    """Return a verdict as plain values."""
    lines = [
        {"where": line.where, "value": line.value, "low": line.low, "high": line.high, "seeds": line.n_seeds}
        for line in verdict.lines
    ]
    return {
        "claim": verdict.claim.id, "form": verdict.form, "verdict": verdict.outcome, "lines": lines,
        "missing": verdict.missing, "expected": verdict.claim.expected.get(verdict.form),
    }  # fmt: skip
