"""``fbbench bench``: kernels and epochs on this machine, torch beside them."""

import json

import click
from rich.console import Console
from rich.table import Table

from .. import kernels
from ..bench import run_bench
from ..datasets import DATASETS, DataUnavailable, prepare
from ..experiments.environment import environment
from ..shapes import parse_shape


def widths(_context, _parameter, value):
    """Return "525_525" as a tuple of widths."""
    try:
        return tuple(parse_shape(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--dataset", type=click.Choice(list(DATASETS)), default="fashion_mnist", show_default=True)
@click.option("--shape", default="525_525", show_default=True, callback=widths, help="Widths of the hidden layers.")
@click.option("--path", "paths", multiple=True, help="Only this kernel path; may be repeated.")
@click.option("--batch-size", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--no-torch", is_flag=True, help="Leave torch out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def bench(dataset, shape, paths, batch_size, no_torch, as_json):
    """Time products and training epochs, one thread, with torch float32 of the same widths in the same run.

    Best of 3 epochs after one to warm up. Compare ratios within one run; other load on the machine moves every time.
    """
    try:
        for name in paths:
            kernels.load(name)
        split = prepare(dataset, 42)
    except (ValueError, DataUnavailable) as error:
        raise click.ClickException(str(error)) from None
    console = Console(stderr=as_json)
    lines = []
    try:
        with console.status("measuring ..."):
            for line in run_bench(split, shape, batch_size=batch_size, paths=paths, with_torch=not no_torch):
                lines.append(line)
                if not console.is_terminal and not as_json:
                    console.print(f"{line.what} [{line.path}]: {line.seconds:.4f} s", highlight=False, markup=False)
    except ImportError:
        raise click.ClickException(
            "torch is not installed; install fbbench[float] to have it measured, or give --no-torch"
        ) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        report = {"dataset": dataset, "n_train": split.n_train, "batch_size": batch_size, "environment": environment()}
        click.echo(json.dumps({**report, "measurements": [line.as_dict() for line in lines]}, indent=1))
        return
    title = f"{dataset}, {split.n_train:,} samples, batch {batch_size}, 1 thread"
    table = Table(title=title, title_justify="left")
    for column in ("what", "path", "seconds", "rate", "times torch"):
        table.add_column(column, no_wrap=column == "what")
    for line in lines:
        ratio = "" if line.times_torch is None else f"{line.times_torch:.1f}"
        table.add_row(line.what, line.path, f"{line.seconds:.4g}", f"{line.rate:.3g} {line.unit}", ratio)
    console.print(table)
