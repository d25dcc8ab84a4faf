"""The console that commands print tables to."""

from rich.console import Console

WIDTH_OF_FILES = 120


def make_console(stderr=False):
    """Return a console as wide as the terminal; where the output is a file or a pipe, wide enough for any table."""
    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=WIDTH_OF_FILES)


def print_narrowed(console, table, spare=()):
    """Print a table without those of its ``spare`` columns (by header) that the console has no room for.

    Its first column may fold, to no less than a dozen letters.
    """
    table.columns[0].min_width = 12
    for header in spare:
        if console.measure(table).minimum <= console.width:
            break
        table.columns = [column for column in table.columns if column.header != header]
    console.print(table)
