"""How long cells will take, told from rows: seconds per modelled gate of the same method on the same data set."""

import collections
import math
import statistics

REMEMBERED = 100
"""Cells of a kind whose times count: the latest."""


LEAST_GROWTH, USUAL_GROWTH = 0.3, 0.7
"""Seconds grow as gates to this power at least, and where only one size was seen: small cells are mostly overhead."""


class Forecast:
    """Learns from rows and from cells as they end, and estimates others.

    The modelled gates of a cell (see :mod:`fbbench.costs`) say how it compares with another one of the same method;
    the seconds are those of this machine, or of whichever wrote the rows. A cell like one that was seen takes as long;
    others by how seconds grew with gates among those seen. A method that was never seen has no estimate.
    """

    def __init__(self):
        self._seen = collections.defaultdict(lambda: collections.deque(maxlen=REMEMBERED))

    def learn(self, cell, seconds):
        """Remember what the training of a cell took."""
        if cell.gates:
            for kind in kinds_of(cell):
                self._seen[kind].append((cell.gates, max(seconds, 1e-6)))

    def learn_rows(self, planned_cells, rows):
        """Remember what the planned_cells took that have rows (by key)."""
        for planned in planned_cells:
            if planned.key in rows:
                self.learn(planned.cell, training_seconds(rows[planned.key]))

    def seconds(self, cell):
        """Return the estimate for a cell in seconds, None where there is nothing to tell from."""
        return self._seconds(kinds_of(cell), cell.gates)

    def total(self, work):
        """Return (seconds for the cells of a :class:`Work` that have an estimate, number of those that have none)."""
        seconds, unknown = 0.0, 0
        for kinds, (n_cells, gates) in work.by_kinds.items():
            each = self._seconds(kinds, gates / n_cells) if n_cells else 0.0
            if each is None:
                unknown += n_cells
            else:
                seconds += each * n_cells
        return seconds, unknown

    def longest(self, work):
        """Return the seconds of the longest cell of a :class:`Work` that has an estimate; 0 if none has."""
        found = (self._seconds(kinds, gates) for kinds, gates in work.most_gates.items())
        return max((seconds for seconds in found if seconds is not None), default=0.0)

    def _seconds(self, kinds, gates):
        for kind in kinds:
            if kind in self._seen and gates:
                return from_sizes(self._seen[kind], gates)
        return None


def from_sizes(seen, gates):
    """Return the seconds of a cell of some gates, given pairs of gates and seconds: along a power of the gates."""
    sizes = collections.defaultdict(list)
    for seen_gates, seconds in seen:
        sizes[seen_gates].append(seconds)
    points = sorted((math.log(size), math.log(statistics.median(took))) for size, took in sizes.items())
    growth = USUAL_GROWTH
    if len(points) > 1:
        growth = min(1.0, max(LEAST_GROWTH, statistics.linear_regression(*zip(*points, strict=True)).slope))
    wanted = math.log(gates)
    x, y = min(points, key=lambda point: abs(point[0] - wanted))
    return math.exp(y + growth * (wanted - x))


class Work:
    """Some cells, as a forecast needs them: how many there are of each kind, their gates, and those of the largest."""

    def __init__(self, cells=()):
        self.n_cells = 0
        self.by_kinds = {}
        self.most_gates = {}
        for cell in cells:
            self.add(cell)

    def add(self, cell, sign=1):
        """Count a cell in, or out with ``sign`` -1."""
        kinds = kinds_of(cell)
        n_cells, gates = self.by_kinds.get(kinds, (0, 0))
        self.by_kinds[kinds] = (n_cells + sign, gates + sign * cell.gates)
        self.most_gates[kinds] = max(self.most_gates.get(kinds, 0), cell.gates)
        self.n_cells += sign


def training_seconds(row):
    """Return what a stored cell took, without the start of the process and the loading of data."""
    run = row["run"]
    return run["seconds_per_epoch"] * len(run["epoch_wall_seconds"]) + sum(run["predict_seconds"])


def few_of_each_kind(planned_cells, enough=10):
    """Return some planned_cells of each kind: enough for a forecast, where reading all rows would take longer."""
    found = collections.defaultdict(list)
    for planned in planned_cells:
        of_kind = found[kinds_of(planned.cell)]
        if len(of_kind) < enough:
            of_kind.append(planned)
    return [planned for of_kind in found.values() for planned in of_kind]


def kinds_of(cell):
    """Return what a cell is like, the most alike first: same setting and shape, same setting, same method, on its
    data."""
    setting = (cell.method, cell.method_id)
    return (*setting, cell.dataset, cell.shape), (*setting, cell.dataset), (cell.method, cell.dataset), (cell.method,)


def in_words(seconds):
    """Return an estimate as people say it: under 1 s, about 40 s, about 5 min, about 3 h 20 min, about 2 d 4 h."""
    return "under 1 s" if seconds < 1 else f"about {duration(seconds)}"


def duration(seconds):
    """Return some time with as many digits as one wants to know."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
