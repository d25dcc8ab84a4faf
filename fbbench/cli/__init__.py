"""The ``fbbench`` command."""

import importlib
import io
import sys

import click

from .. import __version__
from .examples import epilog

SHORT = {
    "bench": "Time kernels and epochs, torch beside them.",
    "card": "Print one page about a method.",
    "check-baseline": "Check whether a method fits the comparison.",
    "compare": "Compare two methods seed by seed.",
    "data": "Data sets: list, get, import, features.",
    "export": "Write a trained model as C, ONNX or arrays.",
    "gates": "Show gates that were built, by operation.",
    "info": "Show kernel path, versions and machine.",
    "leaderboard": "Rank methods at one memory budget.",
    "list": "List suites, data sets and methods.",
    "merge": "Copy outcomes of other stores into one.",
    "new-baseline": "Write a package with a method to start from.",
    "pack": "Write the rows of a suite to one file.",
    "plan": "Show what a suite would run, and how long.",
    "purity": "Say what a method is made of.",
    "results": "Show outcomes, or write them as CSV.",
    "rm": "Remove outcomes from a store.",
    "run": "Run what is missing of a suite.",
    "status": "Show what a store holds and what failed.",
    "verify": "Say what the rows say of every claim.",
}
"""What ``fbbench --help`` says of each command: whole sentences that fit."""

COMMANDS = {
    "bench": "bench:bench",
    "card": "card:card",
    "check-baseline": "check_baseline:check_baseline",
    "compare": "compare:compare",
    "data": "data:data",
    "export": "export:export",
    "gates": "gates:gates",
    "info": "info:info",
    "leaderboard": "leaderboard:leaderboard",
    "list": "list:list_methods",
    "merge": "merge:merge_stores",
    "new-baseline": "new_baseline:new_baseline",
    "pack": "pack:pack",
    "plan": "plan:plan_suite",
    "purity": "purity:purity",
    "results": "results:results",
    "rm": "rm:rm",
    "run": "run:run",
    "status": "status:status",
    "verify": "verify:verify",
}


class LazyGroup(click.Group):
    """Commands that are imported when they are called: a command that needs no pandas does not wait for it."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except KeyboardInterrupt:  # before a command could say what it leaves behind
            click.echo("Stopped.", err=True)
            context.exit(130)

    def list_commands(self, context):
        return sorted(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        try:
            command = getattr(importlib.import_module(f".{module}", __name__), attribute)
        except ImportError as error:  # the kernels are not built, or a package is missing
            raise click.ClickException(str(error)) from None
        command.short_help, command.epilog = SHORT[name], epilog(name)
        return command


def show_version(context, _parameter, value):
    """Print what ``fbbench info`` prints and end."""
    if value and not context.resilient_parsing:
        from .info import version_text

        click.echo(version_text())
        context.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="Versions.")
def main():
    """Benchmark suite for fully binary training."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that has no "±" is no reason to stop


__all__ = ["__version__", "main"]
