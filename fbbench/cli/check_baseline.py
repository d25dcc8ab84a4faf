"""``fbbench check-baseline``: whether a method fits the comparison."""

import click
from rich import box
from rich.table import Table

from .asked import errors_in_one_line, method_argument
from .console import escape, make_console

COLOURS = {"ok": "green", "failed": "red", "skipped": "yellow"}


@click.command("check-baseline")
@method_argument
@errors_in_one_line
def check_baseline(name):
    """Run the conformance checks on method NAME and say what is wrong. Exit status 1 if one fails.

    In pytest: `from baselines.checks import parametrize_with_checks`.
    """
    from baselines.checks import results_of
    from baselines.protocol import METHODS

    console = make_console()
    table = Table(
        title=f"Method {name} ({METHODS[name]})", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what it asks, or what is wrong", overflow="fold")
    counts = dict.fromkeys(COLOURS, 0)
    with console.status("checking ..."):
        for check, outcome, why in results_of(name):
            counts[outcome] += 1
            asks = check.__doc__.strip().splitlines()[0]
            what = check.__name__.removeprefix("check_").replace("_", " ")
            table.add_row(what, f"[{COLOURS[outcome]}]{outcome}[/]", escape(why or asks))
    console.print(table)
    console.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) + ".", highlight=False)
    if counts["failed"]:
        raise SystemExit(1)
