"""What a suite asks for on this machine: its cells with the content hash of each, and what cannot be had."""

import importlib.util
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
    """What can be run of a plan here.

    Attributes
    ----------
    plan : Plan
    entries : list of Entry
    missing : dict of str
        Why a data set is left out, by its name.
    damaged : set of str
        Those of them whose files are not what they should be.
    left_out : list of str
        What else has no entries, and why, in words.
    """

    plan: Plan
    entries: list[Entry]
    missing: dict[str, str]
    damaged: set[str]
    left_out: list[str]

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
    lacking = {entry.method: missing_package(entry.method) for entry in suite.methods}
    entries = []
    for cell in planned.cells:
        if lacking[cell.method] is None:
            identity = cell.identity(checksums[cell.dataset])
            entries.append(Entry(cell, identity, cell_key(identity)))
    left_out = [*planned.left_out, *(f"{name}: {text}" for name, text in lacking.items() if text)]
    return Agenda(Plan(suite, planned.cells, planned.left_out), entries, missing, damaged, left_out)


def missing_package(method_name):
    """Return in words which package a method lacks on this machine, None if none."""
    from baselines.protocol import method_class

    for module, extra in getattr(method_class(method_name), "needs", {}).items():
        if importlib.util.find_spec(module) is None:
            return f"it needs {module}, which is not installed; pip install 'fbbench[{extra}]'"
    return None


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
