"""A live view of a run on a terminal, plain lines elsewhere."""

import collections
import contextlib
import math
import threading
import time

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..experiments.running.events import Finished, Noticed, Progressed, Started
from ..experiments.running.forecast import Work, in_words
from .console import harmless

SHOWN_AT_ONCE = 8
"""At most this many running cells are listed."""


class RunState:
    """What was done of a run, and what is left: the state both views show."""

    def __init__(self, todo, forecast, engine):
        self.forecast, self.engine = forecast, engine
        self.left: dict[str | None, Work] = {None: Work(planned.cell for planned in todo)}
        for name in dict.fromkeys(planned.cell.dataset for planned in todo):
            self.left[name] = Work(planned.cell for planned in todo if planned.cell.dataset == name)
        self.running = {}
        self.n_cells = len(todo)
        self.counts = {planned.cell.dataset: collections.Counter() for planned in todo}
        for planned in todo:
            self.counts[planned.cell.dataset]["cells"] += 1
        self.notices = []

    def note(self, event):
        """Take in an event."""
        if isinstance(event, Noticed):
            self.notices.append(event.text)
            return
        key, count = event.planned.key, self.counts[event.planned.cell.dataset]
        if isinstance(event, Started):
            self.running[key] = (event.planned.cell, time.monotonic(), 0)
        elif isinstance(event, Progressed) and key in self.running:
            cell, since, _ = self.running[key]
            self.running[key] = (cell, since, event.epochs)
        elif isinstance(event, Finished):
            if event.error is None and not event.elsewhere:
                self.forecast.learn(event.planned.cell, event.training_seconds)
            for name in (None, event.planned.cell.dataset):
                self.left[name].add(event.planned.cell, -1)
            self.running.pop(key, None)
            count["failed" if event.error else "done"] += 1

    @property
    def n_ended(self):
        return self.n_cells - self.left[None].n_cells

    def time_left(self, dataset=None):
        """Return in words how long what is left will take, of one data set or of all; "" where nothing tells."""
        n_cells = self.left[dataset].n_cells
        seconds, unknown = self.forecast.total(self.left[dataset])
        if unknown == n_cells:
            return ""
        if unknown:  # as long as the others, on average
            seconds *= n_cells / (n_cells - unknown)
        for cell, since, _ in list(self.running.values())[: self.engine.parallel]:  # a cluster holds more in waiting
            if dataset in (None, cell.dataset):
                seconds -= min(time.monotonic() - since, self.forecast.seconds(cell) or 0)
        return in_words(max(seconds, 0) / max(1, min(self.engine.parallel, n_cells)))


class TerminalView:
    """A table that is drawn anew four times a second, by a thread of rich's."""

    def __init__(self, state):
        self.state = state
        self.lock = threading.Lock()
        self.left, self.reckoned_at = {}, -math.inf

    def show(self, event):
        with self.lock:
            self.state.note(event)

    def __rich__(self):
        with self.lock:
            return self.drawn(self.state)

    def drawn(self, state):
        """Return what is shown."""
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("data set", no_wrap=True)
        for column in ("cells", "done", "running", "failed", "time left"):
            table.add_column(column, justify="right", no_wrap=True)
        running = collections.Counter(cell.dataset for cell, _, _ in state.running.values())
        if time.monotonic() - self.reckoned_at > 1:  # an estimate over many cells takes a while
            self.left = {name: state.time_left(name) for name in (*state.counts, None)}
            self.reckoned_at = time.monotonic()
        for name, count in state.counts.items():
            table.add_row(name, *numbers(count, running[name]), self.left[name])
        if len(state.counts) > 1:
            total = sum(state.counts.values(), collections.Counter())
            table.add_row("all", *numbers(total, len(state.running)), self.left[None], style="bold")
        lines = [
            Text(
                f"  {harmless(cell.title)}: epoch {epochs} of {cell.epochs}, {time.monotonic() - since:.0f} s",
                style="dim",
            )
            for cell, since, epochs in list(state.running.values())[:SHOWN_AT_ONCE]
        ]
        if len(state.running) > SHOWN_AT_ONCE:
            lines.append(Text(f"  and {len(state.running) - SHOWN_AT_ONCE} more", style="dim"))
        notices = [Text(text, style="yellow") for text in state.notices[-SHOWN_AT_ONCE:]]
        return Group(*notices, table, *lines)


def numbers(count, running):
    """Return the cells of a table line."""
    failed = f"[red]{count['failed']}[/]" if count["failed"] else "0"
    return str(count["cells"]), str(count["done"]), str(running), failed


class PlainView:
    """One line per cell that ended."""

    def __init__(self, console, state):
        self.console, self.state = console, state

    def show(self, event):
        self.state.note(event)
        if isinstance(event, Finished):
            self.line(line_of(event, self.state))
        elif isinstance(event, Noticed):
            self.line(event.text)

    def line(self, text):
        self.console.print(harmless(text), highlight=False, markup=False, soft_wrap=True)


def line_of(event, state):
    """Return the line of a cell that ended."""
    what = f"FAILED: {event.error}" if event.error else f"{event.accuracy:.2f} %"
    by = ", by another runner" if event.elsewhere else ""
    left = state.time_left()
    return (
        f"[{state.n_ended}/{state.n_cells}] {event.planned.cell.title}: {what} ({event.seconds:.1f} s{by})"
        f"{f', {left} left' if left else ''}"
    )


@contextlib.contextmanager
def progress_view(console, todo, forecast, engine):
    """Yield a view with ``show(event)``: a live table on a terminal, a line per cell elsewhere."""
    state = RunState(todo, forecast, engine)
    if not console.is_terminal:
        yield PlainView(console, state)
        return
    view = TerminalView(state)
    with Live(view, console=console, refresh_per_second=4):
        yield view
