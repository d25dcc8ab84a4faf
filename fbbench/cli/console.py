"""The console that commands print tables to."""

from rich.console import Console
from rich.text import Text

WIDTH_OF_FILES = 120
FOLDED = 12


def make_console(stderr=False):
    """Return a console as wide as the terminal; where the output is a file or a pipe, wide enough for any table."""
    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=WIDTH_OF_FILES)


def print_narrowed(console, table, spare=()):
    """Print a table without those of its ``spare`` columns (groups of headers) that the console has no room for.

    Columns that may wrap are folded, to no less than a dozen letters.
    """
    needed = {column.header: needed_width(console, column) for column in table.columns}
    for headers in spare:
        if sum(needed.values()) + 1 <= console.width:
            break
        for header in headers:
            needed.pop(header, None)
    table.columns = [column for column in table.columns if column.header in needed]
    console.print(table)


def needed_width(console, column):
    """Return the letters that a column takes at least, with the two spaces around it."""
    widest = max(console.measure(Text.from_markup(str(cell))).maximum for cell in (column.header, *column.cells))
    return 2 + (widest if column.no_wrap else min(widest, FOLDED))
