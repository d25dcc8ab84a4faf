"""``fbbench data``: where data sets lie, and the features of pictures."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..datasets import DATASETS, DataUnavailable, describe, load
from ..datasets.split import PROTOCOLS
from .list import table_of

protocol_option = click.option("--protocol", type=click.Choice(PROTOCOLS), default="published", show_default=True)


@click.group()
def data():
    """Data sets: what there is, what is on this machine, features of pictures."""


@data.command()
@protocol_option
def status(protocol):
    """Say of every data set whether it is ready for a run."""
    table = table_of("Data sets", "data set", "ready")
    for name in DATASETS:
        known = describe(name)
        if known.pictures is None:
            table.add_row(name, "read, generated or downloaded when it is used")
            continue
        try:
            load(name, protocol)
            table.add_row(name, "features are computed")
        except (DataUnavailable, ValueError) as error:
            table.add_row(name, str(error))
    Console().print(table)


@data.command()
@click.argument("name", type=click.Choice([name for name in DATASETS if DATASETS[name].pictures]))
@protocol_option
def features(name, protocol):
    """Compute the AlexNet features of a set of pictures, or go on where an earlier call stopped."""
    pictures = describe(name).pictures
    console = Console()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    try:
        for part in pictures.parts(protocol):
            with Progress(*columns, console=console) as progress:
                task = progress.add_task(f"{name} {part}", total=None)
                stored = pictures.compute(
                    part,
                    report=lambda done, total, task=task, progress=progress: progress.update(
                        task, completed=done, total=total
                    ),
                )
                progress.update(task, completed=stored.n_rows, total=stored.n_rows)
            console.print(f"{stored.n_rows} pictures, {stored.n_features} features: {stored.folder}", soft_wrap=True)
    except KeyboardInterrupt:
        console.print("Stopped. What was computed is kept; the same command goes on from there.")
        raise SystemExit(130) from None
    except (DataUnavailable, ImportError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
