"""What a suite asks for on this machine: its cells with the content hash of each, and what cannot be had."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from fbbench.baselines.protocol import method_class, needs_of

from ...datasets import DataUnavailable, load
from .cells import Cell, cell_key, plan
from .suite import Suite


@dataclass(frozen=True)
class PlannedCell:
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
    planned : list of PlannedCell
    missing : dict of str
        Why a data set is left out, by its name.
    damaged : set of str
        Those of them whose files are not what they should be.
    left_out : list of str
        What else has no cells, and why, in words.
    far_off : list of str
        Which shapes miss their budget by more than a tenth, in words.
    """

    suite: Suite
    planned: list[PlannedCell]
    missing: dict[str, str]
    damaged: set[str]
    left_out: list[str]
    far_off: list[str]

    @property
    def cells(self) -> list[Cell]:
        """The cells, planned or planned again under another name."""
        return [planned.cell for planned in self.planned]

    @property
    def different(self) -> list[PlannedCell]:
        """The planned cells without those that ask for one again under another name."""
        return list({planned.key: planned for planned in reversed(self.planned)}.values())[::-1]


def make_agenda(suite: Suite) -> Agenda:
    """Return the :class:`Agenda` of a suite.

    Raises
    ------
    SuiteError
        If the suite cannot be planned; wrong methods are found even where their data are missing.
    """
    checksums, missing, damaged = find_data(suite.datasets, suite.protocol)
    of_suite = plan(suite.model_copy(update={"datasets": list(checksums)}))
    lacking = {name: missing_package(name) for name in {entry.method: None for entry in suite.methods}}
    planned = []
    for cell in of_suite.cells:
        if lacking[cell.method] is None:
            identity = cell.identity(checksums[cell.dataset])
            planned.append(PlannedCell(cell, identity, cell_key(identity)))
    left_out = [*of_suite.left_out, *(f"{name}: {text}" for name, text in lacking.items() if text)]
    return Agenda(suite, planned, missing, damaged, left_out, of_suite.far_off)


def missing_package(method_name: str) -> str | None:
    """Return in words which package a method lacks on this machine, None if none."""
    for module, extra in needs_of(method_class(method_name)).items():
        if importlib.util.find_spec(module) is None:
            return f"it needs {module}, which is not installed; pip install 'fbbench[{extra}]'"
    return None


def find_data(names: Sequence[str], protocol: str) -> tuple[dict[str, str], dict[str, str], set[str]]:
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
