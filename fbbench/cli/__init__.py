"""The ``fbbench`` command."""

import click

from .. import __version__
from .bench import bench
from .data import data
from .info import info, version_text
from .list import list_methods
from .run import run


def show_version(context, _parameter, value):
    """Print what ``fbbench info`` prints and end."""
    if value and not context.resilient_parsing:
        click.echo(version_text())
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="Versions.")
def main():
    """Benchmark suite for fully binary training."""


main.add_command(bench)
main.add_command(data)
main.add_command(info)
main.add_command(list_methods)
main.add_command(run)

__all__ = ["__version__", "main"]
