"""``fbbench data``: where data sets lie, how they are had, and the features of pictures."""

from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..datasets import DATASETS, DataUnavailable, describe, known_names, load
from ..datasets.columns import CATEGORY, KINDS, MISSING, HowToRead
from ..datasets.imported import import_file, imported_place, remove_imported
from ..datasets.prototypes import PREFIX
from ..datasets.split import PROTOCOLS
from ..datasets.tables import TableSource, bits_of
from ..datasets.uci import UCI_SETS
from ..kernels.layer import MAX_WIDTH
from ..nearest import nearest
from .console import escape, harmless
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
        except (DataUnavailable, EOFError, ImportError, MemoryError, OSError, ValueError) as error:
            raise click.ClickException(harmless(error)) from None


@click.group(cls=DataGroup)
def data():
    """Data sets: what there is, what is on this machine, features of pictures."""


@data.command("list")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def list_datasets(names):
    """List every data set with source, size and licence; with NAMEs, all that is known of these, checksums too."""
    console = Console()
    if names:
        for name in names:
            show_details(console, name)
        return
    table = table_of("Data sets", "data set", "training / held out", "source", "licence", "download")
    for name in known_names():
        if name in UCI_SETS:
            continue
        try:
            known = describe(name)
        except (OSError, ValueError) as error:
            table.add_row(name, "damaged", escape(str(error)))
            continue
        size = "" if known.download is None else f"{known.download[0] / 1e6:.0f} MB"
        table.add_row(name, f"{known.n_train:,} / {known.n_heldout:,}", known.source, known.licence, size)
    console.print(table)
    console.print(uci_table("UCI Machine Learning Repository, archive.ics.uci.edu; the licence is on each set's page"))
    console.print(
        "`fbbench data list NAME` shows all that is known of one: sizes, checksums, what was made of each column.",
        highlight=False,
    )


def uci_table(title, states=None):
    """Return what is known of the UCI sets in one table, with a column of states by name where there are any."""
    table = table_of(title, "data set", "id", "rows", "numbers", "categories", "bits", "classes")
    for column in list(table.columns)[1:]:
        column.justify = "right"
    if states is not None:
        table.add_column("state", overflow="fold")
    for name, known in UCI_SETS.items():
        of = known.facts
        sizes = (of.rows, of.numbers, of.categories, of.n_features, of.n_classes) if of else ()
        cells = [f"{size:,}" for size in sizes] or [""] * 5
        table.add_row(name, str(known.number), *cells, *(() if states is None else [states[name]]))
    return table


def show_details(console, name):
    """Print all that is known of a data set."""
    known = describe(name)
    facts = {
        "source": known.source,
        "licence": known.licence,
        "rows": f"{known.n_train:,} training, {known.n_heldout:,} held out (published)",
        "rows, strict": "{:,} training, {:,} held out".format(*known.sizes("strict")),
        "inputs, classes": f"{known.n_features:,}, {known.n_classes}",
    }
    if known.download is not None:
        facts["download"] = f"{known.download[0]:,} bytes"
        facts["SHA-256"] = known.download[1]
    facts["files"] = place_of(name) or "none here"
    console.print(f"{name}: {known.title}", highlight=False, markup=False)
    source = loaded_table(name)
    if source is not None:
        facts |= table_facts(name, source)
    for key, value in facts.items():
        console.print(f"  {key}: {value}", highlight=False, markup=False, soft_wrap=True)
    if source is not None:
        show_columns(console, source.columns)
        show_left_out(console, source.left_out)


def loaded_table(name):
    """Return the source of a table that is on this machine, else None."""
    if name in UCI_SETS and UCI_SETS[name].place() is None:
        return None
    source = load(name) if describe(name).table_inputs else None
    return source if isinstance(source, TableSource) else None


def table_facts(name, source):
    """Return what a table that is on this machine holds, by what it is."""
    missing = np.isnan(source.numbers).any(axis=1) | np.isnan(source.categories).any(axis=1)
    counts = np.bincount(source.labels)
    names = source.classes or tuple(map(str, range(source.n_classes)))
    found = {
        "columns": f"{source.numbers.shape[1]} numbers, {len(source.n_categories)} categories "
        f"({sum(source.n_categories)} different)",
        "rows with missing values": f"{int(missing.sum()):,}",
        "rows of each class": ", ".join(f"{harmless(text)}: {n:,}" for text, n in zip(names, counts, strict=True)),
        "SHA-256 of the content": source.checksum,
    }
    if name in UCI_SETS and (said := UCI_SETS[name].compared(source)):
        found["content"] = said
    return found


def place_of(name):
    """Return where a data set's files are on this machine, or None."""
    if name in FILES:
        return FILES[name].place()
    return imported_place(name)


def state_of(name, protocol):
    """Return in a few words whether a data set is ready for a run, and what is to be done where it is not."""
    try:
        if name not in FILES:
            describe(name)
            return "ready"
        if FILES[name].place() is None and name not in PICTURES:
            raise DataUnavailable(name)
        load(name, protocol)
    except DataUnavailable:
        if name not in PICTURES:
            return f"get: fbbench data get {name}"
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
    table, tables = table_of(f"Ready for the protocol {protocol}?", "data set", "state", "files"), {}
    folders = set()
    for name in known_names():
        place = FILES[name].place() if name in FILES else ""
        if name in UCI_SETS:
            tables[name] = "not here" if place is None else escape(state_of(name, protocol))
            folders |= set() if place is None else {str(Path(place).parent)}
        else:
            where = "not here" if place is None else str(place)
            table.add_row(name, escape(state_of(name, protocol)), escape(where))
    console = Console()
    console.print(table)
    console.print(uci_table("Tables of the UCI repository (`fbbench data get NAME` fetches those that are not here)",
                            tables))  # fmt: skip
    if folders:
        console.print(f"They lie in {escape(', '.join(sorted(folders)))}.", highlight=False, soft_wrap=True)


@data.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@data_dir_option
def get(names):
    """Have data sets downloaded where they are not on this machine, and check every file."""
    for name in names:
        check_name(name)
    for name in names:
        if name in FILES:
            click.echo(f"{name}: whole, in {FILES[name].get()}")
            if name in UCI_SETS and (said := UCI_SETS[name].compared(load(name))):
                click.echo(f"{name}: {said}")
        else:
            load(name)
            click.echo(f"{name}: nothing to download")


@data.command()
@click.argument("name", metavar="NAME")
@data_dir_option
def path(name):
    """Print where a data set's files are; exit status 1 if they are not on this machine."""
    check_name(name)
    place = place_of(name)
    if place is None:
        hint = f"is not on this machine; `fbbench data get {name}`" if name in FILES else "has no files"
        raise click.ClickException(f"{name} {hint}")
    click.echo(place)


def check_name(name):
    """Raise UsageError, with the nearest name, if there is no such data set."""
    if name not in known_names() and not name.startswith(PREFIX):
        raise click.UsageError(f"there is no data set {name!r}{nearest(name, known_names())}; see `fbbench data list`")


def kinds_of(_context, _parameter, pairs):
    """Return "COLUMN=number" options as a dict."""
    kinds = {}
    for pair in pairs:
        name, _, kind = pair.rpartition("=")
        if not name or kind not in KINDS:
            raise click.BadParameter(f"say COLUMN=number or COLUMN=category; got {pair!r}")
        kinds[name] = kind
    return kinds


def separator_of(_context, _parameter, text):
    """Return what separates values: one character, or the word tab."""
    text = "\t" if text in ("tab", "\\t") else text
    if text is not None and len(text) != 1:
        raise click.BadParameter(f"it must be one character, or the word tab; got {text!r}")
    return text


@data.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--label", required=True, metavar="COLUMN", help="Column (or array of an .npz) that holds the classes.")
@click.option("--name", required=True, help="What the data set is called in suites.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave a column out; may be repeated.")
@click.option("--kind", "kinds", multiple=True, metavar="COLUMN=KIND", callback=kinds_of,
              help="Take a column as number or category; may be repeated.")  # fmt: skip
@click.option("--categorical", multiple=True, metavar="COLUMN", help="The same as --kind COLUMN=category.")
@click.option("--separator", metavar="SIGN", callback=separator_of, help="Between values. Default: , (.tsv: tab).")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Before a fraction.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of a text file, e.g. latin-1.")
@click.option("--missing", multiple=True, metavar="TEXT",
              help="A text for a missing value, in place of ?, NA, NaN, NULL, nothing; may be repeated.")  # fmt: skip
@click.option("--replace", is_flag=True, help="In place of an imported set of that name.")
def import_data(file, label, name, drop, kinds, categorical, separator, decimal, encoding, missing, replace):
    """Make a .csv, .tsv, .arff, .parquet or .npz FILE usable in every suite; it is copied to the cache.

    OpenML serves its data sets as .arff and .pq (Parquet); both are read as they come.

    A column of numbers becomes a thermometer of 32 bits, one of texts a bit for every different one. What was made of
    each column is shown, with what looks wrong.
    """
    how = HowToRead(
        separator=separator or ("\t" if file.lower().endswith(".tsv") else ","), encoding=encoding, decimal=decimal,
        missing=missing or MISSING, kinds={**kinds, **dict.fromkeys(categorical, CATEGORY)}, drop=drop,
    )  # fmt: skip
    load.cache_clear()
    folder, source = import_file(file, label, name, how, taken=known_names(), replace=replace)
    show_columns(Console(), getattr(source, "columns", ()))
    show_left_out(Console(), getattr(source, "left_out", ()))
    known = describe(name)
    click.echo(
        f"{name}: {known.n_train + known.n_heldout} rows ({known.n_heldout} held out), {known.n_features} bits, "
        f"{known.n_classes} classes, in {folder}"
    )
    if known.n_features > MAX_WIDTH:
        click.echo(
            f"Note: methods of binary networks take at most {MAX_WIDTH:,} bits a row; --drop leaves columns out."
        )


SHOWN_COLUMNS = 30


def show_columns(console, columns):
    """Print what was made of columns: the first ones, and all that have a warning, which stand below."""
    if not columns:
        return
    table = table_of("", "column", "kind", "values", "missing", "bits")
    for heading in list(table.columns)[1:]:
        heading.no_wrap = True
    shown = [c for i, c in enumerate(columns) if i < SHOWN_COLUMNS or c.warnings][: 3 * SHOWN_COLUMNS]
    for column in shown:
        table.add_row(
            escape(column.name), column.kind, f"{column.n_values:,}", f"{column.n_missing:,}", f"{bits_of(column):,}"
        )
    console.print(table)
    if len(columns) > len(shown):
        console.print(f"... and {len(columns) - len(shown)} columns more", highlight=False)
    for column in shown:
        if column.warnings:
            note = escape("; ".join(column.warnings))
            console.print(f"[yellow]{escape(column.name)}:[/] {note}.", highlight=False, soft_wrap=True)


def show_left_out(console, left_out):
    """Print which columns are no features, and why."""
    for name, why in left_out:
        console.print(f"Left out: {escape(name)}, {escape(why)}.", highlight=False, soft_wrap=True)


@data.command()
@click.argument("name", metavar="NAME")
def remove(name):
    """Remove an imported data set."""
    remove_imported(name)
    click.echo(f"{name} was removed; rows that were measured on it stay in their stores")


@data.command()
@click.argument("name", type=click.Choice(list(PICTURES)), metavar="NAME")
@protocol_option
@data_dir_option
def features(name, protocol):
    """Compute the AlexNet features of a set of pictures, or go on where an earlier call stopped."""
    pictures = PICTURES[name]
    console = Console()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("elapsed"), TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    try:
        for part in pictures.parts(protocol):
            with Progress(*columns, console=console) as progress:
                task = progress.add_task(f"{name} {part}", total=None, visible=False)
                stored = pictures.compute(
                    part,
                    report=lambda done, total, task=task, progress=progress: progress.update(
                        task, completed=done, total=total, visible=True
                    ),
                )
            console.print(
                f"{stored.n_rows} pictures, {stored.n_features} features: {stored.folder}", soft_wrap=True, markup=False
            )
        path = load(name, protocol).bits_file(protocol)
        console.print(f"bits for the protocol {protocol}: {path}", soft_wrap=True, markup=False)
    except KeyboardInterrupt:
        console.print("Stopped. What was computed is kept; the same command goes on from there.")
        raise SystemExit(130) from None
