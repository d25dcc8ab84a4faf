"""``fbbench list``: what there is to run."""

import re

import click
from rich.console import Console
from rich.table import Table

from ..datasets import DataUnavailable, describe, known_names
from ..experiments import SuiteError, known_suites, load_suite
from .console import escape


def table_of(title, name, *columns):
    """Return an empty table whose first column is never cut."""
    table = Table(title=title, title_justify="left")
    table.add_column(name, no_wrap=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def first_paragraph(docstring):
    """Return the first paragraph of a docstring in one line, without marks of cross-references."""
    return re.sub(r":\w+:`([^`]+)`", r"\1", " ".join(docstring.strip().split("\n\n")[0].split()))


@click.command("list")
def list_methods():
    """List suites, data sets and methods."""
    from fbbench.baselines.protocol import METHODS, TAKEN, method_class

    console = Console()
    suites = table_of("Suites", "suite", "what it runs")
    for name, path in known_suites().items():
        try:
            suites.add_row(name, escape(load_suite(str(path)).title))
        except SuiteError as error:
            suites.add_row(name, f"[red]wrong:[/] {escape(str(error))}")
    datasets = table_of("Data sets", "data set", "training / held out", "inputs", "classes", "source", "licence")
    for name in known_names():
        try:
            d = describe(name)
        except (DataUnavailable, OSError, ValueError):  # `fbbench data status` says what is wrong
            continue
        sizes = f"{d.n_train:,} / {d.n_heldout:,}"
        datasets.add_row(name, sizes, str(d.n_features), str(d.n_classes), d.source, d.licence)
    methods = table_of("Methods", "method", "what it is")
    for name in METHODS:
        try:
            said = first_paragraph(method_class(name).__doc__ or "no description")
        except Exception as error:  # a package of somebody else's; the others are fine
            said = f"[red]wrong:[/] {escape(f'{METHODS[name]}: {type(error).__name__}: {error}')}"
        else:
            said = escape(said)
        methods.add_row(name, said)
    for name, place in TAKEN.items():
        methods.add_row(name, f"[red]not used:[/] {escape(place)} has a name that is taken by {METHODS[name]}")
    for table in (suites, datasets, methods):
        console.print(table)
