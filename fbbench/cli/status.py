"""``fbbench status``: what a store holds, what failed, and what is being run."""

import collections
import json

import click
from rich import box
from rich.table import Table

from ..experiments.rows.locks import locked_elsewhere
from ..experiments.running.forecast import duration
from .asked import errors_in_one_line, existing_rows, say_what_is_damaged, store_option
from .console import escape, harmless, make_console


@click.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--tracebacks", is_flag=True, help="Show the tracebacks of cells that failed.")
@errors_in_one_line
def status(folder, tracebacks, as_json):
    """Show what a store holds, which cells failed and why, and what is being run.

    `fbbench plan SUITE` shows what one suite has and lacks.
    """
    store, console = existing_rows(folder), make_console()
    rows, failures, damaged = store.readable()
    counts = collections.defaultdict(collections.Counter)
    for row in rows.values():
        counts[group_of(row)].update(done=1, seconds=row["run"]["wall_seconds"])
    for row in failures.values():
        counts[group_of(row)].update(failed=1)
    if as_json:
        names = ("dataset", "protocol", "method")
        groups = [{**dict(zip(names, group, strict=True)), **count} for group, count in sorted(counts.items())]
        errors = {key: row["error"] for key, row in failures.items()}
        click.echo(json.dumps({"groups": groups, "failed": errors, "damaged": sorted(map(str, damaged))}, indent=1))
        return
    table = Table(title=f"Store {escape(folder)}", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("data set", "protocol", "method"):
        table.add_column(column, no_wrap=True)
    for column in ("done", "failed", "time of work"):
        table.add_column(column, justify="right")
    for group, count in sorted(counts.items()):
        table.add_row(*map(escape, group), str(count["done"]), str(count["failed"]), duration(count["seconds"]))
    if counts:
        console.print(table)
    checkpointed = store.checkpointed()
    running = locked_elsewhere(store, checkpointed)
    console.print(f"{len(rows)} cells done, {len(failures)} failed.", highlight=False)
    if checkpointed:
        console.print(
            f"{len(checkpointed)} long trainings are kept between epochs, {len(running)} of them are being run now.",
            highlight=False,
        )
    show_versions(console, rows)
    for key, row in failures.items():
        asked = row["asked"]
        what = f"{row['identity']['dataset']}, {asked['method_id']} {asked['shape']}, seed {row['identity']['seed']}"
        console.print(
            f"[red]failed[/] {key[:8]} {escape(what)}: {escape(row['error'])}", highlight=False, soft_wrap=True
        )
        if tracebacks:
            console.print(harmless(row["traceback"]), highlight=False, markup=False, soft_wrap=True)
    if failures:
        console.print(
            "`fbbench run SUITE --retry-failed` runs them again, `fbbench rm --failed` forgets them, `--tracebacks` "
            "shows where it happened.", highlight=False, soft_wrap=True,
        )  # fmt: skip
    if say_what_is_damaged(console, damaged):
        raise SystemExit(1)


def group_of(row):
    """Return the line of the table that a row is counted in."""
    return row["identity"]["dataset"], row["identity"]["protocol"], row["asked"]["method_id"]


def show_versions(console, rows):
    """Say how many rows current suites do not use, because versions have changed since."""
    from ..experiments.planning.cells import is_outdated

    outdated = sum(is_outdated(row["identity"]) for row in rows.values())
    if outdated:
        console.print(
            f"Of earlier versions of fbbench or a method, and not used any more: {outdated}; "
            "`fbbench rm --outdated` removes them.", highlight=False, soft_wrap=True,
        )  # fmt: skip
