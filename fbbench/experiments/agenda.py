"""What a suite asks for on this machine: its cells with the content hash of each, and what cannot be had."""

from dataclasses import dataclass

from ..datasets import DataUnavailable, load
from .cells import Cell, Plan, cell_key, plan


@dataclass(frozen=True)
class Entry:
    """A cell, everything that can change its outcome, and the hash of that: the name of its files in a store."""

    cell: Cell
    identity: dict
    key: str


@dataclass(frozen=True)
class Agenda:
    """Entries of a plan whose data are here; why other data sets are left out, and which of them are damaged."""

    plan: Plan
    entries: list[Entry]
    missing: dict[str, str]
    damaged: set[str]

    @property
    def suite(self):
        """The whole suite, data sets that are missing included."""
        return self.plan.suite


def make_agenda(suite):
    """Return the :class:`Agenda` of a suite.

    Raises
    ------
    SuiteError
        If the suite cannot be planned; wrong methods are found even where their data are missing.
    """
    checksums, missing, damaged = find_data(suite.datasets, suite.protocol)
    planned = plan(suite.model_copy(update={"datasets": list(checksums)}))
    entries = []
    for cell in planned.cells:
        identity = cell.identity(checksums[cell.dataset])
        entries.append(Entry(cell, identity, cell_key(identity)))
    return Agenda(Plan(suite, planned.cells, planned.left_out), entries, missing, damaged)


def find_data(names, protocol="published"):
    """Return (checksums by name, reasons by name of the sets that are left out, those of them that are damaged)."""
    checksums, missing, damaged = {}, {}, set()
    for name in names:
        try:
            checksums[name] = load(name, protocol).checksum
        except DataUnavailable as error:
            missing[name] = str(error)
        except ValueError as error:  # a file is there, but not what it should be
            missing[name] = str(error)
            damaged.add(name)
    return checksums, missing, damaged
