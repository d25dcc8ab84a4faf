"""``fbbench pack``: the rows of a suite in one file."""

import click

from ..experiments import load_suite
from ..experiments.rows.archive import ENDING, write_archive
from . import completion
from .asked import errors_in_one_line, existing_store, store_option, suite_options
from .results import check_folder_of, rows_of


@click.command()
@click.argument("suite_name", metavar="SUITE", shell_complete=completion.suites)
@click.argument("file")
@store_option
@suite_options
@errors_in_one_line
def pack(suite_name, file, folder, n_seeds, protocol, datasets, methods, budgets):
    """Write the rows that SUITE has in a store to FILE, compressed, to be committed or sent.

    `fbbench merge FILE` brings them into a store again; tables and `fbbench verify` read the file itself.
    """
    if not file.endswith(ENDING):
        raise click.UsageError(f"FILE must end in {ENDING}; got {file}")
    check_folder_of(file)
    stored = existing_store(folder).rows()
    suite = load_suite(suite_name).narrowed(n_seeds, datasets, protocol, methods, budgets)
    rows = dict(rows_of(suite, stored, all_seeds=n_seeds is None))
    if not rows:
        raise click.ClickException(f"{folder} has no rows of suite {suite_name}")
    write_archive(file, rows)
    click.echo(f"{len(rows)} rows: {file}")
