"""A live view of a run on a terminal, plain lines elsewhere."""

import contextlib

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TerminalView:
    """One bar per data set and one for all cells."""

    def __init__(self, progress, todo):
        self.progress = progress
        self.total = progress.add_task("all cells", total=len(todo), last="")
        self.tasks = {}
        for cell, _ in todo:
            if cell.dataset not in self.tasks:
                count = sum(other.dataset == cell.dataset for other, _ in todo)
                self.tasks[cell.dataset] = progress.add_task(cell.dataset, total=count, last="")
        self.failed = 0

    def ended(self, finished):
        """Show that a cell ended."""
        self.failed += finished.error is not None
        what = "[red]failed[/]" if finished.error else f"{finished.accuracy:.1f} %"
        self.progress.update(self.tasks[finished.cell.dataset], advance=1, last=f"{finished.cell.short_title}: {what}")
        self.progress.update(self.total, advance=1, last=f"[red]{self.failed} failed[/]" if self.failed else "")


class PlainView:
    """One line per cell that ended."""

    def __init__(self, console, n_cells):
        self.console, self.n_cells, self.n_ended = console, n_cells, 0

    def ended(self, finished):
        """Print that a cell ended."""
        self.n_ended += 1
        what = f"FAILED: {finished.error}" if finished.error else f"{finished.accuracy:.2f} %"
        self.console.print(
            f"[{self.n_ended}/{self.n_cells}] {finished.cell.title}: {what} ({finished.seconds:.1f} s)",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


@contextlib.contextmanager
def progress_view(console, todo):
    """Yield a view with ``ended(finished)``: live bars on a terminal, a line per cell elsewhere."""
    if not console.is_terminal:
        yield PlainView(console, len(todo))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}"),
    )
    with Progress(*columns, console=console) as progress:
        yield TerminalView(progress, todo)
