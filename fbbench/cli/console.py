"""The console that commands print tables to."""

from rich.console import Console

WIDTH_OF_FILES = 120


def make_console():
    """Return a console as wide as the terminal; where the output is a file or a pipe, wide enough for any table."""
    made = Console()
    return made if made.is_terminal else Console(width=WIDTH_OF_FILES)
