"""What several commands ask for: a suite, fewer or more of it, and a store."""

import functools
import os
import re
import tomllib

import click

from ..datasets.split import PROTOCOLS
from ..datasets.uci import UCI_SETS
from . import completion


def folder_name(_context, _parameter, name):
    """Return the name of a folder, which must not be empty."""
    if not name:
        raise click.BadParameter("it is empty; name a folder")
    return name


store_option = click.option(
    "--store", "--rows", "folder", default="results", show_default=True, metavar="DIR", callback=folder_name,
    help="Where outcomes are kept.",
)  # fmt: skip


def existing_store(folder):
    """Return the store in a folder; ClickException if there is none."""
    from ..experiments import Store

    store = Store(folder)
    if not store.folder.exists():
        raise click.ClickException(f"there is no store {folder}; `fbbench run SUITE` makes one, --store names another")
    return store


def existing_rows(place):
    """Return the store, or the archive of packed rows, at a place; ClickException if there is none."""
    from ..experiments.rows.archive import place_of_rows

    try:
        return place_of_rows(place)
    except FileNotFoundError as error:
        raise click.ClickException(f"{error}; --store names another place") from None


def say_what_is_damaged(console, damaged):
    """Print what is wrong with files of a store (by key); return how many there are."""
    from .console import escape

    for text in damaged.values():
        console.print(f"[red]not read:[/] {escape(text)}", highlight=False, soft_wrap=True)
    return len(damaged)


measure_option = click.option(
    "--measure", type=click.Choice(("accuracy", "balanced", "f1")), default="accuracy", show_default=True,
    help="balanced: mean over classes of the share recognised; f1: macro F1. Of rows that keep a confusion matrix.",
)  # fmt: skip
protocol_option = click.option("--protocol", type=click.Choice(PROTOCOLS), help="Override the suite's protocol.")


COMMA = re.compile(r",(?![^\[]*\])")


def names_of(_context, _parameter, text):
    """Return "a, b[c,d]" as a list without repetitions: commas in brackets are part of a name."""
    if text is None:
        return None
    names = list(dict.fromkeys(name.strip() for name in COMMA.split(text) if name.strip()))
    if not names:
        raise click.BadParameter("it names nothing")
    return names


def suite_options(command):
    """Add the options that narrow or widen a suite."""
    for option in reversed(
        (
            click.option(
                "--seeds", "n_seeds", type=click.IntRange(min=1), help="How many of the suite's seeds, or more."
            ),
            protocol_option,
            click.option("--datasets", metavar="D1,D2", callback=names_of, help="Only these data sets of the suite."),
            click.option(
                "--methods",
                metavar="M1,M2",
                callback=names_of,
                help="Only these methods, by their id; that of a grid stands for all of it.",
            ),
            click.option("--budgets", metavar="B1,B2", callback=names_of, help="Only these budgets of the suite."),
        )
    ):
        command = option(command)
    return command


def errors_in_one_line(command):
    """Have what users can mend end in one line; with FBBENCH_TRACEBACK set, in the whole traceback."""
    from ..experiments.rows.store import StoreError
    from ..experiments.running.events import EngineLost
    from .console import harmless

    @functools.wraps(command)
    def careful(*arguments, **options):
        try:
            return command(*arguments, **options)
        except BrokenPipeError:  # click ends quietly then
            raise
        except click.ClickException as error:  # names in it may be anything
            if harmless(error.message) == error.message:
                raise
            raise click.ClickException(harmless(error.format_message())) from None
        except (EngineLost, ImportError, MemoryError, OSError, StoreError, ValueError) as error:
            if os.environ.get("FBBENCH_TRACEBACK"):
                raise
            lack = "not enough memory: " if isinstance(error, MemoryError) else ""
            raise click.ClickException(harmless(f"{lack}{error}")) from None

    return careful


def check_method_name(_context, _parameter, name):
    """Return the name of a method; BadParameter, with the nearest one, if there is none."""
    from fbbench.baselines.protocol import METHODS

    from ..nearest import nearest

    if name not in METHODS:
        raise click.BadParameter(
            f"there is no method {name!r}{nearest(name, METHODS)}; there are: {', '.join(METHODS)}"
        )
    return name


method_argument = click.argument("name", callback=check_method_name, shell_complete=completion.methods)

parameters_option = click.option(
    "--param", "pairs", multiple=True, metavar="NAME=VALUE",
    help="A parameter of the method, as in a suite (TOML); may be repeated.",
)  # fmt: skip


def parameters_of(pairs):
    """Return "NAME=VALUE" options as parameters, values as in TOML; a word without quotes is text."""
    params = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"--param must be NAME=VALUE; got {pair!r}")
        try:
            params[name.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            params[name.strip()] = text.strip()
        except (RecursionError, ValueError) as error:
            raise click.UsageError(
                f"--param {name.strip()[:40]} has no value that can be read: {error}"[:200]
            ) from None
    return params


def agenda_of(suite_name, n_seeds=None, protocol=None, datasets=None, methods=None, budgets=None):
    """Return the agenda of a suite, narrowed."""
    from ..experiments import load_suite
    from ..experiments.planning.agenda import make_agenda

    return make_agenda(load_suite(suite_name).narrowed(n_seeds, datasets, protocol, methods, budgets))


def say_what_is_left_out(console, agenda):
    """Print which data sets and methods of a suite have no cells here, and why."""
    from .console import escape

    not_here = [name for name in agenda.missing if name in UCI_SETS and name not in agenda.damaged]
    together = not_here if len(not_here) > 1 else []
    if together:
        names = " ".join(together)
        console.print(f"[yellow]Left out:[/] tables that are not on this machine; `fbbench data get {names}` fetches "
                      "them.", highlight=False, soft_wrap=True)  # fmt: skip
    for name, reason in agenda.missing.items():
        if name not in together:
            console.print(f"[yellow]Left out: {name}:[/] {escape(reason)}.", highlight=False, soft_wrap=True)
    for text in agenda.left_out:
        console.print(f"[yellow]Left out:[/] {escape(text)}.", highlight=False, soft_wrap=True)
    for text in agenda.far_off:
        console.print(f"[yellow]Not the memory asked for:[/] {escape(text)}.", highlight=False, soft_wrap=True)
