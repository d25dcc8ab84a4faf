"""``fbbench run``: run what is missing of a suite, store every cell as it ends, show the accuracies."""

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..datasets.split import PROTOCOLS
from ..experiments import Store, SuiteError, load_suite, plan
from ..experiments.environment import available_cores
from ..experiments.run import WorkerDied, find_data, run_cells
from ..experiments.summary import cell_rows, summarise
from ..files import check_writable
from .data_dir import data_dir_option
from .progress import progress_view


@click.command()
@click.argument("suite_name", metavar="SUITE")
@click.option("--store", "folder", default="results", show_default=True, metavar="DIR", help="Where outcomes are kept.")
@click.option("--seeds", "n_seeds", type=click.IntRange(min=1), help="Number of seeds instead of the suite's.")
@click.option("--protocol", type=click.Choice(PROTOCOLS), help="Protocol instead of the suite's.")
@click.option("--datasets", metavar="A,B", help="Only these data sets of the suite.")
@data_dir_option
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes, one thread each. Default: usable cores.")
def run(suite_name, folder, n_seeds, protocol, datasets, jobs):
    """Run SUITE: a name (see `fbbench list`) or a TOML file. Cells that are in the store are not run again."""
    console = Console()
    names = [name.strip() for name in datasets.split(",")] if datasets is not None else None
    try:
        suite = load_suite(suite_name).narrowed(n_seeds=n_seeds, datasets=names, protocol=protocol)
        store = Store(folder)
        done = store.rows()
        checksums, missing, damaged = find_data(suite.datasets, suite.protocol)
        cells = plan(suite.model_copy(update={"datasets": list(checksums)}))
        check_writable(folder)
    except (SuiteError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for name, reason in missing.items():
        console.print(f"[yellow]Left out: {name}:[/] {escape(reason)}.", highlight=False)
    identities = [(cell, cell.identity(checksums[cell.dataset])) for cell in cells]
    todo = [(cell, identity) for cell, identity in identities if not store.has(identity)]
    console.print(f"{suite.title}: {len(cells)} cells, {len(cells) - len(todo)} done already.", highlight=False)
    jobs = jobs or available_cores()
    failed = []
    try:
        with progress_view(console, todo) as view:
            for finished in run_cells(todo, store, jobs):
                view.ended(finished)
                if finished.error:
                    failed.append(finished)
    except KeyboardInterrupt:
        console.print("Stopped. What had ended is stored; the same command goes on from there.")
        raise SystemExit(130) from None
    except (WorkerDied, OSError) as error:
        raise click.ClickException(str(error)) from None
    show_accuracies(console, suite, cells, store, sorted(missing))
    console.print(f"Rows: {folder} ({len(done)} before, {len(store.rows())} now)", highlight=False)
    for finished in failed:
        console.print(f"[red]failed[/] {finished.cell.title}: {finished.error}", highlight=False)
    if missing:
        console.print(f"Left out: {', '.join(missing)} (said at the top)", highlight=False)
    if failed or damaged or not cells:
        raise SystemExit(1)


def accuracy_text(row):
    """Return a mean, and its spread if there is one."""
    return f"{row.accuracy:.1f}" if row.n_seeds == 1 else f"{row.accuracy:.1f} ± {row.spread:.1f}"


def show_accuracies(console, suite, cells, store, missing):
    """Print held-out accuracies (mean and population standard deviation over seeds), one table per data set."""
    summary = summarise(cell_rows(cells, store))
    for name in suite.datasets:
        if name in missing or summary.empty:
            continue
        rows = summary[summary.dataset == name]
        if rows.empty:
            continue
        low, high = rows.n_seeds.min(), rows.n_seeds.max()
        seeds = f"{low}" if low == high else f"{low}-{high}"
        of_seeds = "one seed" if high == 1 else f"mean ± std of {seeds} seeds"
        table = Table(
            "method",
            *(f"memory of {budget}" for budget in suite.budgets),
            title=f"{name}, {suite.protocol} protocol: held-out accuracy in %, last epoch, {of_seeds}",
            title_justify="left",
        )
        for entry in suite.methods:
            line = [entry.label]
            for budget in suite.budgets:
                row = rows[(rows.method_id == entry.id) & (rows.budget == budget)]
                line.append("-" if row.empty else accuracy_text(row.iloc[0]))
            if set(line[1:]) != {"-"}:
                table.add_row(*line)
        console.print(table)
