"""Stores of several machines into one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .archive import Archive, place_of_rows
from .schema import Row
from .store import Store


@dataclass
class Merged:
    """What a merge did. conflicts: (key, their row, mine, what differs, their
    store) of cells with two different outcomes."""

    added: int = 0
    same: int = 0
    conflicts: list[tuple[str, Row, Row, list[str], Store | Archive]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def merge(sources: Iterable[Store | Archive], target: Store) -> Merged:
    """Copy the outcomes of some stores into another one. Nothing that is there is overwritten.

    Parameters
    ----------
    sources : list of Store or Archive
    target : Store

    Returns
    -------
    Merged
        Two rows of a cell are the same if their outcomes are; times and environments may differ. Failures are not
        copied: what failed on one machine may run on another.
    """
    merged = Merged()
    for source in sources:
        for key in sorted(source.done()):
            try:
                row = source.rows([key])[key]
            except ValueError as error:
                merged.damaged.append(str(error))
                continue
            if not target.has(key):
                target.prepare()
                target.write(row)
                merged.added += 1
                continue
            mine = target.rows([key])[key]
            both = set(row["outcome"]) & set(mine["outcome"])  # what earlier versions did not note is no difference
            differing = [name for name in row["outcome"]
                         if name in both and row["outcome"][name] != mine["outcome"][name]]  # fmt: skip
            if differing:
                merged.conflicts.append((key, row, mine, differing, source))
            else:
                merged.same += 1
    return merged


def source_of(name: str | Path) -> Store | Archive:
    """Return the :class:`Store` or :class:`Archive` of a name; ValueError if it is neither."""
    source = place_of_rows(name)
    if not source.done() and not (Path(name) / "store.json").is_file():
        raise ValueError(f"{name} is not a result store")
    return source
