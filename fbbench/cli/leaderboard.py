"""``fbbench leaderboard``: all methods at one memory budget, the best first."""

import click
import pandas as pd
from rich import box
from rich.table import Table

from ..costs import in_bytes
from ..experiments.analysis.leaderboard import ABOVE, ranked
from ..experiments.planning.budgets import parse_budget
from ..experiments.rows.archive import rows_at
from ..nearest import nearest
from .asked import errors_in_one_line
from .console import escape, make_console, print_narrowed


@click.command()
@click.argument("dataset")
@click.option("--memory", required=True, metavar="SIZE", help="The budget, by the paper's model: 5MB.")
@click.option("--rows", "place", default="results", show_default=True, metavar="PLACE",
              help="A store, a file of packed rows, or a folder of such files.")  # fmt: skip
@click.option("--protocol", type=click.Choice(("published", "strict")), default="published", show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for other programs.")
@errors_in_one_line
def leaderboard(dataset, memory, place, protocol, as_csv):
    """Rank the methods that have rows on DATASET within a budget, each at its best setting there.

    Methods whose 95 % interval of the paired difference to the first of a place holds 0 share the place. The best of
    many settings is chosen by the accuracy that is shown, so methods with many settings have an advantage: n says how
    many there were.
    """
    budget = parse_budget(memory)
    if budget.bits is None:
        raise click.UsageError(f"--memory must be a size such as 5MB; got {memory!r}")
    rows = rows_at(place)
    known = {row["identity"]["dataset"] for row in rows.values()}
    if dataset not in known:
        raise click.ClickException(
            f"{place} has no rows of {dataset!r}{nearest(dataset, known)}; --rows names another place, in a clone "
            "paper/results for the committed rows"
        )
    table = ranked(rows, dataset, protocol, budget.bits)
    if table.empty:
        raise click.ClickException(f"{place} has no rows of {dataset}, {protocol} protocol, within {memory}")
    if as_csv:
        click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    console = make_console()
    shown = Table(
        title=f"{escape(dataset)}, {protocol} protocol, at most {memory} of modelled memory (and {ABOVE:.0%} more): "
        "held-out accuracy in %",
        title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    shown.add_column("method", overflow="fold")
    for column in ("place", "shape", "mean", "95 % interval", "seeds", "memory", "gates/epoch", "floats", "n"):
        shown.add_column(column, justify="right", no_wrap=True)
    for line in table.itertuples():
        shown.add_row(
            escape(named(line)), "-" if pd.isna(line.place) else str(line.place), escape(line.shape),
            f"{line.mean:.2f}",
            f"{line.low:.2f} .. {line.high:.2f}" if line.low == line.low else "", str(line.seeds),
            in_bytes(line.memory_bits), f"{line.gates_per_epoch:.1e}", "yes" if line.floats else "no",
            str(line.settings),
        )  # fmt: skip
    print_narrowed(console, shown, (["n"], ["floats"], ["gates/epoch"], ["shape"]))
    console.print(
        "One place: not told apart from its first by these seeds; -: one seed, which nothing can be told from. n: "
        "settings with rows within the budget.", highlight=False, soft_wrap=True,
    )  # fmt: skip


def named(line):
    """Return how a line is called: as the suite does, and by its method where that has another name."""
    return line.method_id if line.method == line.method_id.split("[")[0] else f"{line.method_id} ({line.method})"
