"""What a suite asks for on this machine: its cells with the content hash of each, and what cannot be had."""

import importlib.util
from dataclasses import dataclass

from fbbench.baselines.protocol import method_class

from ..datasets import DataUnavailable, load
from .cells import Cell, cell_key, plan
from .claims import claimed_elsewhere
from .suite import Suite


@dataclass(frozen=True)
class Entry:
    """A cell, everything that can change its outcome, and the hash of that: the name of its files in a store."""

    cell: Cell
    identity: dict
    key: str


@dataclass(frozen=True)
class Agenda:
    """What can be run of a plan here.

    Attributes
    ----------
    suite : Suite
        Whole, data sets that are missing included.
    entries : list of Entry
    missing : dict of str
        Why a data set is left out, by its name.
    damaged : set of str
        Those of them whose files are not what they should be.
    left_out : list of str
        What else has no entries, and why, in words.
    far_off : list of str
        Which shapes miss their budget by more than a tenth, in words.
    """

    suite: Suite
    entries: list[Entry]
    missing: dict[str, str]
    damaged: set[str]
    left_out: list[str]
    far_off: list[str]

    @property
    def cells(self):
        """The cells of all entries."""
        return [entry.cell for entry in self.entries]

    @property
    def different(self):
        """The entries without those that ask for a cell again under another name."""
        return list({entry.key: entry for entry in reversed(self.entries)}.values())[::-1]


def make_agenda(suite):
    """Return the :class:`Agenda` of a suite.

    Raises
    ------
    SuiteError
        If the suite cannot be planned; wrong methods are found even where their data are missing.
    """
    checksums, missing, damaged = find_data(suite.datasets, suite.protocol)
    planned = plan(suite.model_copy(update={"datasets": list(checksums)}))
    lacking = {entry.method: missing_package(entry.method) for entry in suite.methods}
    entries = []
    for cell in planned.cells:
        if lacking[cell.method] is None:
            identity = cell.identity(checksums[cell.dataset])
            entries.append(Entry(cell, identity, cell_key(identity)))
    left_out = [*planned.left_out, *(f"{name}: {text}" for name, text in lacking.items() if text)]
    return Agenda(suite, entries, missing, damaged, left_out, planned.far_off)


def states(entries, store):
    """Return by key whether a cell is done, running (in another process), failed or missing."""
    done, failed = store.done(), store.failures_known()
    found = {}
    for entry in entries:
        key = entry.key
        found[key] = "done" if key in done else "failed" if key in failed else "missing"
    for key in claimed_elsewhere(store, [key for key, state in found.items() if state != "done"]):
        found[key] = "running"
    return found


def missing_package(method_name):
    """Return in words which package a method lacks on this machine, None if none."""
    for module, extra in getattr(method_class(method_name), "needs", {}).items():
        if importlib.util.find_spec(module) is None:
            return f"it needs {module}, which is not installed; pip install 'fbbench[{extra}]'"
    return None


def find_data(names, protocol):
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
