"""``fbbench check-baseline``: whether a method fits the comparison."""

import click
from rich import box
from rich.table import Table

from .asked import errors_in_one_line, method_argument, parameters_of, parameters_option
from .console import escape, make_console

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "dim"}


@click.command("check-baseline")
@method_argument
@parameters_option
@errors_in_one_line
def check_baseline(name, pairs):
    """Run the conformance checks on method NAME and say what is wrong. Exit status 1 if one fails.

    It is checked with its defaults, or with the parameters that --param gives: robustness=0.5, readout='"vote"'.

    In pytest: `from fbbench.baselines.checks import parametrize_with_checks`.
    """
    from fbbench.baselines.checks import asks, results_of
    from fbbench.baselines.parameters import checked_parameters
    from fbbench.baselines.protocol import METHODS, method_class

    params = checked_parameters(method_class(name), parameters_of(pairs))
    console = make_console()
    table = Table(
        title=f"Method {name} ({METHODS[name]})", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what it asks, or what is wrong", overflow="fold")
    counts = dict.fromkeys(COLOURS, 0)
    with console.status("checking ...") as status:
        for check, outcome, why in results_of(name, params):
            status.update(f"checked so far: {sum(counts.values()) + 1}, the last {check.__name__}")
            counts[outcome] += 1
            what = check.__name__.removeprefix("check_").replace("_", " ")
            table.add_row(what, f"[{COLOURS[outcome]}]{outcome}[/]", escape(why or asks(check)))
    console.print(table)
    console.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) + ".", highlight=False)
    if counts["failed"]:
        raise SystemExit(1)
