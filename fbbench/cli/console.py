"""The console that commands print tables to."""

import re

from rich import markup
from rich.console import Console
from rich.text import Text

WIDTH_OF_FILES = 120
FOLDED = 12
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a terminal might obey, or be turned around by."""


def harmless(text):
    """Return text from a file without anything that a terminal obeys; such characters are shown as what they are."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", str(text))


def escape(text):
    """Return text from a file as it is printed by rich: harmless, its brackets no markup."""
    return markup.escape(harmless(text))


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
