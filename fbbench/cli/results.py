"""``fbbench results``: outcomes as a table, or as a file for other programs."""

import io
import sys
from pathlib import Path

import click
from rich import box
from rich.table import Table

from ..datasets import DataUnavailable, describe
from ..experiments import load_suite
from ..experiments.analysis.flat import curve_table, result_table
from ..experiments.analysis.floor import floor_of, is_at_floor
from ..experiments.analysis.measured import measured
from ..experiments.analysis.measures import TITLES, measured_by
from ..experiments.analysis.statistics import interval
from ..experiments.planning.budgets import budget_title
from ..experiments.planning.cells import NAMES, is_outdated
from ..experiments.rows.mixing import setting_of
from ..files import replacing
from ..optional import require
from . import completion
from .asked import errors_in_one_line, existing_rows, measure_option, say_what_is_damaged, store_option, suite_options
from .console import escape, harmless, make_console, print_narrowed
from .run import AT_FLOOR


@click.command()
@click.argument("suite_name", required=False, metavar="[SUITE]", shell_complete=completion.suites)
@store_option
@suite_options
@click.option("--outdated", is_flag=True, help="Rows of earlier versions of fbbench or a method, too.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write every row as CSV; - for standard output.")
@click.option("--parquet", "parquet_file", metavar="FILE", help="Write every row as Parquet (fbbench[parquet]).")
@click.option("--curves", "curves_file", metavar="FILE", help="Write accuracy and seconds per epoch as CSV.")
@measure_option
@errors_in_one_line
def results(
    suite_name,
    folder,
    n_seeds,
    protocol,
    datasets,
    methods,
    budgets,
    outdated,
    csv_file,
    parquet_file,
    curves_file,
    measure,
):
    """Show the outcomes in a store: all, or those of SUITE. Data sets need not be on this machine.

    The table has means over seeds; files have a row per cell with everything that is known of it.
    """
    if not suite_name and (n_seeds or protocol or datasets or methods or budgets):
        raise click.UsageError("--seeds, --protocol, --datasets, --methods and --budgets narrow a SUITE; name one")
    for name in (csv_file, parquet_file, curves_file):
        check_folder_of(name)
    stored, _, damaged = existing_rows(folder).readable()
    n_outdated = 0
    if suite_name:
        present = {row["identity"]["dataset"] for row in stored.values()}
        suite = load_suite(suite_name, also=present).narrowed(n_seeds, datasets, protocol, methods, budgets)
        gone = [name for name in suite.datasets if name in present and not is_known(name)]
        rows = rows_named_like(suite, stored, gone)
        here = [name for name in suite.datasets if name not in gone]
        rows += rows_of(suite.narrowed(datasets=here), stored, all_seeds=n_seeds is None) if here else []
    else:
        n_outdated = 0 if outdated else sum(is_outdated(row["identity"]) for row in stored.values())
        rows = [(key, row) for key, row in stored.items() if outdated or not is_outdated(row["identity"])]
    errors = make_console(stderr=True)
    if n_outdated:
        errors.print(f"[yellow]Left out:[/] {n_outdated} rows of earlier versions (--outdated shows them, "
                     "`fbbench rm --outdated` removes them).", highlight=False, soft_wrap=True)  # fmt: skip
    n_damaged = say_what_is_damaged(errors, damaged)
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
        write_csv(curves_file, curve_table(dict(rows)))
    if not (csv_file or parquet_file or curves_file):
        show(make_console(), folder, measured_by(rows, measure), TITLES[measure])
    if n_damaged:
        raise SystemExit(1)


def is_known(name):
    """Return whether a data set's size is known on this machine; of one that was removed it is not."""
    try:
        describe(name)
    except (DataUnavailable, OSError, ValueError):
        return False
    return True


def rows_named_like(suite, stored, datasets):
    """Return (key, row) of data sets that are not here any more: what was asked for under the names of the suite."""
    ids = {entry.id for entry in suite.methods}
    return [
        (key, row) for key, row in stored.items()
        if row["identity"]["dataset"] in datasets and row["identity"]["protocol"] == suite.protocol
        and row["asked"]["method_id"] in ids and row["asked"]["budget"] in suite.budgets
    ]  # fmt: skip


def check_folder_of(name):
    """Raise ClickException if the folder of a file to be written is not there."""
    if name not in (None, "-") and not Path(name).absolute().parent.is_dir():
        raise click.ClickException(f"cannot write {name}: there is no folder {Path(name).parent}")


def rows_of(suite, stored, all_seeds=True):
    """Return (key, row) of every cell of a suite, under the names that the suite gives it: perhaps several."""
    frame = measured(suite, stored, all_seeds)[1]
    if frame.empty:
        return []
    return [
        (key, {**stored[key], "asked": dict(zip(NAMES, names, strict=True))})
        for key, *names in frame[["key", *NAMES]].itertuples(index=False)
    ]


def write_csv(name, table):
    """Write a data frame as CSV to a file, or to standard output for "-"."""
    text = table.to_csv(index=False, lineterminator="\n")
    if name == "-":
        sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)
        return
    with replacing(Path(name), mode="w") as file:
        file.write(text)
    click.echo(f"{len(table)} rows: {name}", err=True)


def marked(text, accuracy, first, floors):
    """Return text with a mark where the accuracy of a setting says that nothing was learnt."""
    return f"[yellow]{text} *[/]" if is_at_floor(accuracy, floors[first.key], first.n_heldout, first.method) else text


def show(console, folder, rows, title):
    """Print means over seeds of what the title says, one table per data set and protocol."""
    if not rows:
        raise click.ClickException(f"{folder} has no rows that keep a confusion matrix: {title} cannot be had of them")
    table = result_table(rows).sort_values(["method_id", "memory_bits", "shape", "seed"], kind="stable")
    floors = {key: floor_of(row) if title == TITLES["accuracy"] else None for key, row in rows}
    table["setting"] = table.key.map({key: setting_of(row) for key, row in rows})
    versions = table.groupby(["dataset", "protocol"]).checksum.nunique()
    for (dataset, protocol, checksum), some in table.groupby(["dataset", "protocol", "checksum"], sort=True):
        version = f" (data of checksum {checksum[:8]})" if versions[dataset, protocol] > 1 else ""
        shown = Table(
            title=f"{escape(dataset)}{escape(version)}, {escape(protocol)} protocol: "
            f"held-out {title} in %, last epoch",
            title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        )  # fmt: skip
        shown.add_column("method", overflow="fold")
        for column in ("budget", "shape", "seeds", "mean", "std", "95 % interval", "MB", "s/epoch"):
            shown.add_column(column, justify="right", no_wrap=True)
        for _, cells in some.groupby(["method_id", "budget", "setting"], sort=False):
            values, first = cells.heldout_accuracy.to_numpy(), cells.iloc[0]
            found = interval(values)
            several = len(values) > 1
            shown.add_row(
                escape(first.method_id), escape(budget_title(first.budget)), escape(first["shape"]), str(len(values)),
                marked(f"{values.mean():.2f}", values.mean(), first, floors),
                f"{values.std():.2f}" if several else "",
                f"{max(found.low, 0):.2f} .. {min(found.high, 100):.2f}" if several else "",
                f"{first.memory_bits / 8e6:.3g}", f"{cells.seconds_per_epoch.median():.3g}",
            )  # fmt: skip
        print_narrowed(console, shown, (["std"], ["s/epoch"], ["MB"], ["shape"]))
        if any("*" in str(cell) for cell in shown.columns[4].cells):
            console.print(AT_FLOOR, highlight=False, soft_wrap=True)
    console.print(
        f"{len(rows)} rows of {escape(folder)}. std: of the population, as published; interval: of the mean, by "
        "Student's t (bootstrap from 20 seeds on); MB: the paper's memory model.", highlight=False, soft_wrap=True,
    )  # fmt: skip
