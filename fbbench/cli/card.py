"""``fbbench card``: one page about a method."""

from pathlib import Path

import click

from .asked import errors_in_one_line, method_argument
from .console import make_console


@click.command()
@method_argument
@click.option("--out", metavar="FILE", help="Write the page there, too.")
@errors_in_one_line
def card(name, out):
    """Print one page about method NAME: idea, source, bits and gates by part, speed, accuracy, what it skips.

    Trains it on small data sets that need no download, three seeds each.
    """
    from fbbench.baselines.card import card_of

    from ..files import replacing
    from .results import check_folder_of

    check_folder_of(out)
    with make_console(stderr=True).status(f"training and checking {name}, up to a minute ..."):
        text = card_of(name)
    click.echo(text, nl=False)
    if out:
        with replacing(Path(out), mode="w") as file:
            file.write(text)
