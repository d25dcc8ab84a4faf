"""``fbbench data``: where data sets lie, how they are had, and the features of pictures."""

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..datasets import DATASETS, DataUnavailable, describe, known_names, load
from ..datasets.imported import import_file
from ..datasets.split import PROTOCOLS
from ..datasets.uci import UCI_SETS
from .data_dir import data_dir_option
from .list import table_of

FILES = {name: known.files for name, known in DATASETS.items() if known.files} | UCI_SETS
"""What has ``place()`` and ``get()``, by name."""

PICTURES = {name: known.pictures for name, known in DATASETS.items() if known.pictures}

protocol_option = click.option("--protocol", type=click.Choice(PROTOCOLS), default="published", show_default=True)


class DataGroup(click.Group):
    """Commands whose errors about data are one clear line."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except (DataUnavailable, EOFError, ImportError, OSError, ValueError) as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=DataGroup)
def data():
    """Data sets: what there is, what is on this machine, features of pictures."""


@data.command("list")
def list_datasets():
    """List every data set with source, size, licence and checksum."""
    table = table_of("Data sets", "data set", "training / held out", "source", "licence", "download", "SHA-256")
    for name in known_names():
        try:
            known = describe(name)
        except DataUnavailable:  # a UCI set, named below the table
            continue
        except (OSError, ValueError) as error:
            table.add_row(name, "damaged", escape(str(error)))
            continue
        size, checksum = (
            ("", "") if known.download is None else (f"{known.download[0] / 1e6:.0f} MB", known.download[1])
        )
        checksum = checksum if " " in checksum or not checksum else checksum[:12] + ".."
        table.add_row(name, f"{known.n_train:,} / {known.n_heldout:,}", known.source, known.licence, size, checksum)
    console = Console()
    console.print(table)
    uci = ", ".join(f"{name} ({known.number})" for name, known in UCI_SETS.items())
    console.print(
        f"UCI Machine Learning Repository, archive.ics.uci.edu, by id; the licence is on each set's page: {uci}",
        highlight=False,
    )


def state_of(name, protocol):
    """Return in a few words whether a data set is ready for a run, and what is to be done where it is not."""
    try:
        if name not in FILES:
            describe(name)
            return "ready"
        if FILES[name].place() is None and name not in PICTURES:
            return f"get: fbbench data get {name}"
        load(name, protocol)
    except DataUnavailable:
        done = sum(PICTURES[name].rows_done(part) for part in PICTURES[name].parts(protocol))
        so_far = f" ({done:,} pictures done)" if done else ""
        return f"compute{so_far}: fbbench data features {name}"
    except (OSError, ValueError) as error:
        return f"damaged: {error}"
    return "ready"


@data.command()
@protocol_option
@data_dir_option
def status(protocol):
    """Say of every data set whether it is ready for a run, and where its files are."""
    table = table_of(f"Ready for the protocol {protocol}?", "data set", "state", "files")
    absent = []
    for name in known_names():
        place = FILES[name].place() if name in FILES else ""
        if name in UCI_SETS and place is None:
            absent.append(name)
        else:
            where = "not here" if place is None else str(place)
            table.add_row(name, escape(state_of(name, protocol)), escape(where))
    console = Console()
    console.print(table)
    if absent:
        console.print(f"Not here, `fbbench data get NAME` fetches them: {', '.join(absent)}", highlight=False)


@data.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(list(FILES)), metavar="NAME...")
@data_dir_option
def get(names):
    """Have data sets downloaded where they are not on this machine, and check every file."""
    for name in names:
        click.echo(f"{name}: whole, in {FILES[name].get()}")


@data.command()
@click.argument("name", type=click.Choice(list(FILES)), metavar="NAME")
@data_dir_option
def path(name):
    """Print where a data set's files are; exit status 1 if they are not on this machine."""
    place = FILES[name].place()
    if place is None:
        raise click.ClickException(f"{name} is not on this machine; `fbbench data get {name}`")
    click.echo(place)


@data.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--label", required=True, metavar="COLUMN", help="Column (or array of an .npz) that holds the classes.")
@click.option("--name", required=True, help="What the data set is called in suites.")
@click.option("--categorical", multiple=True, metavar="COLUMN", help="A column of numbers that are categories.")
def import_data(file, label, name, categorical):
    """Make a .csv, .parquet or .npz FILE usable in every suite; it is copied to the cache."""
    folder = import_file(file, label, name, categorical, taken=known_names())
    known = describe(name)
    click.echo(
        f"{name}: {known.n_train + known.n_heldout} rows ({known.n_heldout} held out), {known.n_features} bits, "
        f"{known.n_classes} classes, in {folder}"
    )


@data.command()
@click.argument("name", type=click.Choice(list(PICTURES)), metavar="NAME")
@protocol_option
@data_dir_option
def features(name, protocol):
    """Compute the AlexNet features of a set of pictures, or go on where an earlier call stopped."""
    pictures = PICTURES[name]
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
            console.print(
                f"{stored.n_rows} pictures, {stored.n_features} features: {stored.folder}", soft_wrap=True, markup=False
            )
        path = load(name, protocol).bits_file(protocol)
        console.print(f"bits for the protocol {protocol}: {path}", soft_wrap=True, markup=False)
    except KeyboardInterrupt:
        console.print("Stopped. What was computed is kept; the same command goes on from there.")
        raise SystemExit(130) from None
