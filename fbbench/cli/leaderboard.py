"""``fbbench leaderboard``: all methods at one memory budget, the best first, on one data set or over all."""

import functools
import math

import click
import pandas as pd
from rich import box
from rich.table import Table

from ..costs import in_bytes
from ..datasets import describe
from ..datasets.split import PROTOCOLS
from ..experiments.analysis.leaderboard import just_above, left_out, named_by, ranked
from ..experiments.analysis.measures import TITLES, measured_by
from ..experiments.analysis.ranks import common, holds_means_alone, ranks_of
from ..experiments.planning.budgets import FAR, budget_bits, parse_budget, task_under
from ..experiments.planning.suite_files import load_suite
from ..experiments.rows.archive import rows_at
from ..nearest import nearest
from . import completion
from .asked import errors_in_one_line, measure_option, names_of
from .console import escape, make_console, print_narrowed

BATCH_SIZE = 100
"""Of the BMLP that a budget is named after, where no suite says otherwise."""

MANY_DATASETS = 8
"""Data sets beyond which a table shows what they come to, not each."""


@click.command()
@click.argument("dataset", required=False, shell_complete=completion.datasets)
@click.option(
    "--memory", required=True, metavar="BUDGET",
    help="By the paper's model: a size (5MB), or the shape of the BMLP that takes as much (135_135).",
)  # fmt: skip
@click.option("--rows", "--store", "places", multiple=True, default=("results",), show_default=True, metavar="PLACE",
              help="A store, a file of packed rows, or a folder of such files; several, each with --rows.")  # fmt: skip
@click.option("--suite", "suite_name", metavar="SUITE",
              help="Only the rows that this suite asks for, named as it does: a row keeps the name of the suite that "
                   "first ran it.")  # fmt: skip
@click.option("--protocol", type=click.Choice(PROTOCOLS), default="published", show_default=True)
@click.option("--datasets", metavar="D1,D2", callback=names_of,
              help="Over these data sets, without DATASET. Default: all that have rows, but prototypes.")  # fmt: skip
@measure_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for other programs.")
@errors_in_one_line
def leaderboard(dataset, memory, places, suite_name, protocol, datasets, measure, as_csv):
    """Rank the methods that have rows on DATASET within a budget, each at its best setting there; without DATASET, over
    all data sets, by mean rank.

    Methods whose 95 % interval of the paired difference to the first of a place holds 0 share the place. The best of
    many settings is chosen by the accuracy that is shown, so methods with many settings have an advantage: n says how
    many there were.
    """
    if dataset and datasets:
        raise click.UsageError("name DATASET, or several by --datasets, not both")
    budget, place = parse_budget(memory), " and ".join(places)
    found = [pair for one in places for pair in rows_at(one).items()]
    rows = dict(measured_by(found, measure))
    if found and not rows:
        raise click.ClickException(f"{place} has no rows that keep a confusion matrix, which {TITLES[measure]} needs")
    old = left_out(rows)
    batch_size = BATCH_SIZE
    if suite_name:
        suite = load_suite(suite_name).narrowed(protocol=protocol)
        rows, batch_size = named_by(suite, rows), suite.batch_size
    known = list(dict.fromkeys(row["identity"]["dataset"] for row in rows.values()))
    for name in [dataset] if dataset else datasets or []:
        if name not in known:
            of_it = sum(row["identity"]["dataset"] == name for _, row in found)
            if of_it:
                raise click.ClickException(
                    f"the {of_it} rows of {name!r} keep no confusion matrix, which {TITLES[measure]} needs"
                )
            raise click.ClickException(
                f"{place} has no rows of {name!r}{nearest(name, known)}; --rows names another place, in a clone "
                "paper/results for the committed rows"
            )
    room = functools.partial(bits_of, budget, protocol=protocol, batch_size=batch_size)
    if dataset:
        show_one(rows, dataset, room(dataset), memory, place, protocol, as_csv, TITLES[measure])
    else:
        chosen = datasets or [name for name in known if not holds_means_alone(name)]
        show_several(rows, chosen, room, memory, place, protocol, as_csv, bool(datasets), TITLES[measure])
        if not datasets and len(chosen) < len(known) and not as_csv:
            click.echo(
                "Without prototypes, where the mean of each class is all there is to learn; --datasets names them."
            )
    for method, n in ({} if as_csv else old).items():
        click.echo(f"Left out: {n} rows of {method} of an earlier version; `fbbench rm --outdated` removes them.")


def bits_of(budget, dataset, protocol, batch_size):
    """Return the bits of a budget on a data set under a protocol."""
    if budget.bits is not None:
        return budget.bits
    return budget_bits(budget, task_under(describe(dataset), protocol), batch_size)


def show_one(rows, dataset, bits, memory, place, protocol, as_csv, title):
    """Print the methods on one data set within so many bits."""
    table = ranked(rows, dataset, protocol, bits)
    if table.empty:
        raise click.ClickException(f"{place} has no rows of {dataset}, {protocol} protocol, within {memory}")
    if as_csv:
        click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    console = make_console()
    shown = Table(
        title=f"{escape(dataset)}, {protocol} protocol, memory of {escape(memory)} (and {FAR:.0%} more beside the "
        f"data): held-out {title} in %",
        title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    shown.add_column("method", overflow="fold")
    for column in (
        "place",
        "numbers",
        "shape",
        "epochs",
        "mean",
        "95 % interval",
        "seeds",
        "beside data",
        "gates/epoch",
        "built",
        "n",
    ):
        shown.add_column(column, justify="right", no_wrap=True)
    for line in table.itertuples():
        shown.add_row(
            escape(named(line)), "-" if pd.isna(line.place) else str(line.place), line.kind, escape(line.shape),
            str(line.epochs), f"{line.mean:.2f}",
            f"{line.low:.2f} .. {line.high:.2f}" if line.low == line.low else "", str(line.seeds),
            in_bytes(line.beside_data_bits), f"{line.gates_per_epoch:.1e}",
            "" if math.isnan(line.built_gates_per_epoch) else f"{line.built_gates_per_epoch:.1e}", str(line.settings),
        )  # fmt: skip
    print_narrowed(console, shown, (["n"], ["built"], ["gates/epoch"], ["epochs"], ["numbers"], ["shape"]))
    console.print(
        "One place: not told apart from its first by these seeds; -: one seed, which nothing can be told from. "
        "numbers: of what numbers training and predicting are made. beside data: modelled memory but the data, which "
        "all hold. gates/epoch: by the paper's model; built: in gates that were synthesized (fbbench gates). n: "
        "settings with rows within the budget.", highlight=False, soft_wrap=True,
    )  # fmt: skip
    say_what_is_above(console, rows, dataset, protocol, bits)


def say_what_is_above(console, rows, dataset, protocol, bits):
    """Print which methods take a little too much to be ranked."""
    if above := just_above(rows, dataset, protocol, bits):
        said = ", ".join(f"{escape(name)} ({miss:+.0%})" for name, miss in above.items())
        console.print(f"Too large for it on {escape(dataset)}: {said}.", highlight=False, soft_wrap=True)


def show_several(rows, datasets, room, memory, place, protocol, as_csv, all_of_them, title):
    """Print the methods over several data sets, by mean rank; room: the bits of the budget on a data set."""
    tables = {name: ranked(rows, name, protocol, room(name)) for name in datasets}
    empty = [name for name, table in tables.items() if table.empty]
    tables = {name: table for name, table in tables.items() if not table.empty}
    if not tables:
        raise click.ClickException(f"{place} has no rows, {protocol} protocol, within {memory}")
    used = tables if all_of_them else common(tables)
    found = ranks_of(used)
    if as_csv:
        click.echo(found.table.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    console = make_console()
    shown = Table(
        title=f"Memory of {escape(memory)}, {protocol} protocol: held-out {title} in %, and its mean rank",
        title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    shown.add_column("method", overflow="fold")
    in_short = len(found.datasets) > MANY_DATASETS
    for column in ("numbers", "rank", *(("first on", "mean") if in_short else map(escape, found.datasets))):
        shown.add_column(column, justify="right", no_wrap=True)
    best = found.table[found.datasets].max()
    for line in found.table.to_dict("records"):
        rank = "-" if math.isnan(line["mean_rank"]) else f"{line['mean_rank']:.1f}{'=' if line['tied'] else ' '}"
        values = [line[name] for name in found.datasets]
        if in_short:
            first = sum(value == best[name] for name, value in zip(found.datasets, values, strict=True))
            accuracies = [str(first), "" if any(map(math.isnan, values)) else f"{sum(values) / len(values):.2f}"]
        else:
            accuracies = ["" if math.isnan(value) else f"{value:.2f}" for value in values]
        shown.add_row(escape(line["method_id"]), line["kind"], rank, *accuracies)
    print_narrowed(console, shown, (["numbers"],))
    if in_short:
        console.print(
            f"first on: how many of the {len(found.datasets)} data sets; mean: of their means. --csv has each, "
            "--datasets names fewer.", highlight=False, soft_wrap=True,
        )  # fmt: skip
    console.print(what_ranks_tell(found), highlight=False, soft_wrap=True)
    for name in tables:
        say_what_is_above(console, rows, name, protocol, room(name))
    if few := [name for name in tables if name not in used]:
        said = f"Without {', '.join(map(escape, few))}: many of the methods have no rows there; --datasets names them."
        console.print(said, highlight=False, soft_wrap=True)
    if empty:
        console.print(f"Nothing fits on {', '.join(map(escape, empty))}.", highlight=False, soft_wrap=True)


def what_ranks_tell(found):
    """Return in sentences what the tests on ranks say, and of how many data sets."""
    n = len(found.datasets)
    if math.isnan(found.p):
        return (
            f"Ranks over {n} data sets of the methods that have rows on all; -: those that have not. That is too few "
            "data sets, or methods, for a test of ranks: see each."
        )
    return (
        f"Ranks over {n} data sets of the methods that have rows on all; -: those that have not. =: not told apart "
        f"from the first (Nemenyi's test: mean ranks less than {found.critical_difference:.1f} apart are not, at a "
        f"level of 0.05). Friedman's test that all are alike: p = {found.p:.2g}."
    )


def named(line):
    """Return how a line is called: as the suite does, and by its method where that has another name."""
    return line.method_id if line.method == line.method_id.split("[")[0] else f"{line.method_id} ({line.method})"
