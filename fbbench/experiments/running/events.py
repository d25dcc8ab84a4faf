"""What happens during a run, as a view sees it, and what an engine tells the runner."""

from dataclasses import dataclass
from typing import Protocol

from ..planning.agenda import PlannedCell


@dataclass(frozen=True)
class Started:
    """A cell is being run."""

    planned: PlannedCell


@dataclass(frozen=True)
class Progressed:
    """A cell that is being run has done some epochs."""

    planned: PlannedCell
    epochs: int


@dataclass(frozen=True)
class Answered:
    """A cell's row has come back, see :func:`~fbbench.experiments.running.attempt.attempt`."""

    planned: PlannedCell
    row: dict


@dataclass(frozen=True)
class Died:
    """The process that ran a cell ended without an answer; ``again`` says whether another try may help."""

    planned: PlannedCell
    reason: str
    again: bool


@dataclass(frozen=True)
class Lost:
    """The engine can run no more cells; why, and what to do."""

    reason: str


@dataclass(frozen=True)
class Finished:
    """A cell ended: its accuracy in percent, or what went wrong; ``elsewhere``: another runner did it.

    seconds: all of it; training_seconds: without start and loading, None if it failed.
    """

    planned: PlannedCell
    accuracy: float | None
    seconds: float
    training_seconds: float | None = None
    error: str | None = None
    elsewhere: bool = False


@dataclass(frozen=True)
class Noticed:
    """Something a reader should know, in a sentence."""

    text: str


class Engine(Protocol):
    """Where cells are run; used by :func:`~fbbench.experiments.running.run.run_cells` as follows."""

    how: dict
    """What rows say of it."""

    parallel: int
    """How many cells run at a time."""

    has_room: bool
    """Whether another cell may be started."""

    def start(self, planned):
        """Have a cell run."""

    def wait(self, timeout):
        """Wait until something happens, or some seconds; return a list of Progressed, Answered, Died, Noticed, Lost."""

    def close(self):
        """End what still runs."""


class EngineLost(RuntimeError):
    """No cell can be run any more; the message says why and what to do. What had ended is stored."""
