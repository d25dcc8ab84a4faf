"""``fbbench list``: what there is to run."""

import click
from rich.console import Console
from rich.table import Table

from ..datasets import DATASETS
from ..experiments import known_suites, load_suite


@click.command("list")
def list_methods():
    """List suites, data sets and methods."""
    from baselines.protocol import METHODS, method_class

    console = Console()
    suites = Table("suite", "what it runs", title="Suites", title_justify="left")
    for name, path in known_suites().items():
        suites.add_row(name, load_suite(str(path)).title)
    datasets = Table("data set", "training / held out", "inputs", "classes", "source", "licence", title="Data sets")
    for name, d in DATASETS.items():
        sizes = f"{d.n_train:,} / {d.n_heldout:,}"
        datasets.add_row(name, sizes, str(d.n_features), str(d.n_classes), d.source, d.licence)
    methods = Table("method", "what it is", title="Methods")
    for name in METHODS:
        methods.add_row(name, method_class(name).__doc__.strip().splitlines()[0])
    for table in (suites, datasets, methods):
        table.title_justify = "left"
        console.print(table)
