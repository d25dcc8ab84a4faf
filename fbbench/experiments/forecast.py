"""How long cells will take, told from rows: seconds per modelled gate of the same method on the same data set."""

import collections
import statistics


class Forecast:
    """Learns from rows and from cells as they end, and estimates others.

    The modelled gates of a cell (see :mod:`fbbench.costs`) say how it compares with another one of the same method;
    the seconds per gate are those of this machine, or of whichever wrote the rows. A method that was never seen has
    no estimate.
    """

    def __init__(self):
        self._rates = collections.defaultdict(list)

    def learn(self, cell, seconds):
        """Remember what a cell took."""
        if cell.gates:
            for group in groups_of(cell):
                self._rates[group].append(seconds / cell.gates)

    def learn_rows(self, entries, rows):
        """Remember what the entries took that have rows (by key)."""
        for entry in entries:
            if entry.key in rows:
                self.learn(entry.cell, rows[entry.key]["run"]["wall_seconds"])

    def seconds(self, cell):
        """Return the estimate for a cell in seconds, None where there is nothing to tell from."""
        for group in groups_of(cell):
            if group in self._rates:
                return statistics.median(self._rates[group][-100:]) * cell.gates
        return None

    def total(self, cells):
        """Return (estimate in seconds for those of some cells that have one, number of those that have none)."""
        estimates = [self.seconds(cell) for cell in cells]
        known = [seconds for seconds in estimates if seconds is not None]
        return sum(known), len(estimates) - len(known)


def groups_of(cell):
    """Return what a cell is like, the most alike first: same shape, same data set, same method."""
    kind = (cell.method, cell.method_id)
    return (*kind, cell.dataset, cell.shape), (*kind, cell.dataset), (cell.method, cell.dataset), (cell.method,)


def in_words(seconds):
    """Return a duration as people say it: under 1 s, about 40 s, about 5 min, about 3 h 20 min, about 2 d 4 h."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 100:
        return f"about {seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"about {minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"about {hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"about {days} d {hours} h"
