"""``fbbench results``: outcomes as a table, or as a file for other programs."""

import io
import sys
from pathlib import Path

import click
from rich import box
from rich.markup import escape
from rich.table import Table

from ..experiments import Store, load_suite, plan
from ..experiments.budgets import budget_title
from ..experiments.cells import NAMES
from ..experiments.statistics import interval
from ..experiments.summary import cell_rows
from ..experiments.table import curve_table, result_table
from ..files import replacing
from ..optional import require
from .asked import errors_in_one_line, store_option, suite_options
from .console import make_console


@click.command()
@click.argument("suite_name", required=False, metavar="[SUITE]")
@store_option
@suite_options
@click.option("--csv", "csv_file", metavar="FILE", help="Write every row as CSV; - for standard output.")
@click.option("--parquet", "parquet_file", metavar="FILE", help="Write every row as Parquet (fbbench[parquet]).")
@click.option("--curves", "curves_file", metavar="FILE", help="Write accuracy and seconds per epoch as CSV.")
@errors_in_one_line
def results(suite_name, folder, n_seeds, protocol, datasets, csv_file, parquet_file, curves_file):
    """Show the outcomes in a store: all, or those of SUITE. Data sets need not be on this machine.

    The table has means over seeds; files have a row per cell with everything that is known of it.
    """
    store = Store(folder)
    if not store.folder.exists():
        raise click.ClickException(f"there is no store {folder}")
    rows = store.rows()
    if suite_name:
        suite = load_suite(suite_name).narrowed(n_seeds=n_seeds, datasets=datasets, protocol=protocol)
        suite = suite if n_seeds else suite.with_seeds_of(rows)
        frame = cell_rows(plan(suite).cells, rows)
        rows = {} if frame.empty else {key: named(rows[key], cell) for key, cell in by_key(frame).items()}
    else:
        if n_seeds or protocol or datasets:
            raise click.UsageError("--seeds, --protocol and --datasets narrow a SUITE; name one")
    if not rows:
        raise click.ClickException(f"{folder} has no rows{f' of suite {suite_name}' if suite_name else ''}")
    if csv_file:
        write_csv(csv_file, result_table(rows))
    if parquet_file:
        require("pyarrow", "Parquet needs pyarrow", "parquet")
        content = io.BytesIO()
        result_table(rows).to_parquet(content, index=False)
        with replacing(parquet_file) as file:
            file.write(content.getvalue())
        click.echo(f"{len(rows)} rows: {parquet_file}", err=True)
    if curves_file:
        write_csv(curves_file, curve_table(rows))
    if not (csv_file or parquet_file or curves_file):
        show(make_console(), folder, rows)


def by_key(frame):
    """Return the names a suite gives its cells, by key."""
    return {
        key: dict(zip(NAMES, values, strict=True)) for key, *values in frame[["key", *NAMES]].itertuples(index=False)
    }


def named(row, asked):
    """Return a row under the names that a suite gives it."""
    return {**row, "asked": asked}


def write_csv(name, table):
    """Write a data frame as CSV to a file, or to standard output for "-"."""
    text = table.to_csv(index=False, lineterminator="\n")
    if name == "-":
        sys.stdout.write(text)
        return
    with replacing(Path(name), mode="w") as file:
        file.write(text)
    click.echo(f"{len(table)} rows: {name}", err=True)


def show(console, folder, rows):
    """Print means over seeds, one table per data set and protocol."""
    table = result_table(rows)
    kinds = [name for name in table if name.startswith("param_")]
    group = ["method_id", "shape", "epochs", "batch_size", "selection", "n_train", "encoder", "checksum", *kinds]
    for (dataset, protocol), some in table.groupby(["dataset", "protocol"], sort=True):
        shown = Table(
            title=f"{dataset}, {protocol} protocol: held-out accuracy in %, last epoch",
            title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        )  # fmt: skip
        shown.add_column("method", overflow="fold")
        for column in ("budget", "shape", "seeds", "mean", "std", "95 % interval", "MB", "s/epoch"):
            shown.add_column(column, justify="right", no_wrap=True)
        for _, cells in some.groupby(group, sort=False, dropna=False):
            values, first = cells.heldout_accuracy.to_numpy(), cells.iloc[0]
            found = interval(values)
            several = len(values) > 1
            shown.add_row(
                escape(first.method_id), budget_title(first.budget), first["shape"], str(len(values)),
                f"{values.mean():.2f}",
                f"{values.std():.2f}" if several else "",
                f"{found.low:.2f} .. {found.high:.2f}" if several else "",
                f"{first.memory_bits / 8e6:.3g}", f"{cells.seconds_per_epoch.median():.3g}",
            )  # fmt: skip
        console.print(shown)
    console.print(
        f"{len(rows)} rows of {folder}. std: of the population, as published; interval: of the mean, by Student's t "
        "(bootstrap from 20 seeds on); MB: the paper's memory model.", highlight=False, soft_wrap=True,
    )  # fmt: skip
