"""A folder of outcomes, one JSON file per cell, written whole; a file that is there means the cell is done.

::

    store.json            the version of the layout
    cells/KEY.json        outcomes
    failed/KEY.json       errors and tracebacks of cells that failed
    checkpoints/KEY.npz   long trainings between two epochs
    claims                which cells are being run, see locks.py
"""

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Collection
from pathlib import Path

from ...files import check_writable, digest_of, replacing
from ...reading import ROW_BYTES, BadFile, read_json
from ..planning.cells import cell_key
from .checkpoint import checkpoint_file
from .schema import Row, check_row

STORE_VERSION = 2
LEFTOVER_SECONDS = 3600
KEY = re.compile(r"[0-9a-f]{32}")


DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What the parser, and a look at what it found, raise for a file that is not what it should be."""


class StoreError(RuntimeError):
    """An outcome could not be written; what was stored before is whole."""


class Store:
    """Outcomes of cells in a folder.

    A row is a dict: ``identity`` (see :meth:`Cell.identity`), ``outcome`` (all that does not depend on when and where
    it was run), ``run`` (times, memory, processes), ``environment`` and ``asked`` (how the suite calls it). A failure
    has ``error`` and ``traceback`` in place of ``outcome``.

    Raises
    ------
    ValueError
        If it is no folder, was written by a newer fbbench, or its store.json is not one.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.cells = self.folder / "cells"
        self.failed = self.folder / "failed"
        self.checkpoints = self.folder / "checkpoints"
        self._check_version()

    def _check_version(self) -> None:
        path = self.folder / "store.json"
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"{self.folder} is a file, not a result store; name a folder")
        try:
            version = read_json(path)["store_version"]
            if type(version) is not int or version < 1:
                raise ValueError
        except FileNotFoundError:
            return
        except DAMAGE:
            raise ValueError(f"{path} is not the mark of a result store; name another folder") from None
        if version > STORE_VERSION:
            raise ValueError(
                f"{self.folder} was written by a newer fbbench (store version {version}, this one knows "
                f"{STORE_VERSION}); update fbbench or name another store"
            )

    def prepare(self) -> None:
        """Make the folder ready for writing; OSError, with the folder's name, if it is not."""
        check_writable(self.folder)
        for folder in (self.cells, self.failed, self.checkpoints):
            folder.mkdir(exist_ok=True)
            remove_leftovers(folder)
        if not (self.folder / "store.json").exists():
            with replacing(self.folder / "store.json", mode="w") as file:
                file.write(json.dumps({"store_version": STORE_VERSION}) + "\n")

    def done(self) -> set[str]:
        """Return the keys of all outcomes."""
        return keys_in(self.cells)

    def failures_known(self) -> set[str]:
        """Return the keys of all cells that failed and have no outcome."""
        return keys_in(self.failed) - self.done()

    def has(self, key: str) -> bool:
        """Return whether a cell is done."""
        return (self.cells / f"{key}.json").is_file()

    def has_failed(self, key: str) -> bool:
        """Return whether a cell failed when it was last run."""
        return (self.failed / f"{key}.json").is_file() and not self.has(key)

    def failed_at(self, key: str) -> int | None:
        """Return a number that is another one each time that a cell fails, None if it never did."""
        try:
            return (self.failed / f"{key}.json").stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def checkpoint_of(self, key: str) -> Path:
        """Return the file in which a training that takes long is kept between epochs."""
        return checkpoint_file(self.checkpoints, key).path

    def checkpointed(self) -> set[str]:
        """Return the keys of trainings that are kept between epochs."""
        return keys_in(self.checkpoints, ".npz")

    def remove_checkpoints(self, but_of: Collection[str] = ()) -> None:
        """Remove all trainings that are kept between epochs, but those of some keys."""
        for key in self.checkpointed() - set(but_of):
            self.checkpoint_of(key).unlink(missing_ok=True)

    def write(self, row: Row) -> None:
        """Store an outcome (dict of the sections above) whole; what was kept of earlier tries goes.

        A cell that is done keeps the outcome it has.
        """
        key = cell_key(row["identity"])
        if not self.has(key):
            write_row(self.cells / f"{key}.json", row)
        (self.failed / f"{key}.json").unlink(missing_ok=True)
        self.checkpoint_of(key).unlink(missing_ok=True)

    def write_failure(self, row: Row) -> None:
        """Store that a cell failed."""
        write_row(self.failed / f"{cell_key(row['identity'])}.json", row)

    def remove(self, key: str) -> None:
        """Remove all that is kept of a cell."""
        for path in (self.cells / f"{key}.json", self.failed / f"{key}.json", self.checkpoint_of(key)):
            if not path.is_dir():
                path.unlink(missing_ok=True)

    def rows(self, keys: Collection[str] | None = None) -> dict[str, Row]:
        """Return stored outcomes as dicts by key: all, or those of some keys.

        Raises
        ------
        ValueError
            If a file is damaged or from a newer version; the message names it.
        """
        return read_rows(self.cells, self.done() if keys is None else keys)

    def failures(self, keys: Collection[str] | None = None) -> dict[str, Row]:
        """Return stored failures as dicts by key, like :meth:`rows`."""
        return read_rows(self.failed, self.failures_known() if keys is None else keys)

    def readable(self) -> tuple[dict[str, Row], dict[str, Row], dict[str, str]]:
        """Return (outcomes, failures, what is wrong with the files of others by key): for those who look, or mend."""
        damaged: dict[str, str] = {}
        found = read_rows(self.cells, self.done(), damaged), read_rows(self.failed, self.failures_known(), damaged)
        return *found, damaged


def keys_in(folder: Path, ending: str = ".json") -> set[str]:
    """Return the keys whose files are in a folder; files with other names, as of a write that was killed, are none."""
    try:
        with os.scandir(folder) as files:
            names = [file.name.removesuffix(ending) for file in files if file.name.endswith(ending)]
    except FileNotFoundError:
        return set()
    return {name for name in names if KEY.fullmatch(name)}


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of writes that were killed; a write that goes on is younger than an hour.

    By the clock of the file system: that of this machine may be wrong.
    """
    leftovers = list(folder.glob(".*.tmp"))
    if not leftovers:
        return
    with tempfile.TemporaryFile(dir=folder) as file:
        now = os.fstat(file.fileno()).st_mtime
    for path in leftovers:
        with contextlib.suppress(FileNotFoundError):
            if now - path.stat().st_mtime > LEFTOVER_SECONDS:
                path.unlink()


def write_row(path: Path, row: Row) -> None:
    """Write a row as JSON, a line for every value of every section."""
    sections = {"store_version": STORE_VERSION, **row, "digest": digest_of(row)}
    lines = []
    for name, value in sections.items():
        if isinstance(value, dict) and value:
            inner = ",\n".join(f"  {json.dumps(key)}: {json.dumps(entry)}" for key, entry in value.items())
            lines.append(f" {json.dumps(name)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value)}")
    with replacing(path, mode="w") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


def read_rows(folder: Path, keys: Collection[str], damaged: dict[str, str] | None = None) -> dict[str, Row]:
    """Return the rows of some keys, in the order of keys.

    Where ``damaged`` is a dict, what is wrong with a file is put there by its key; else it is raised as ValueError.
    """
    found = {}
    for key in sorted(keys):
        try:
            found[key] = read_row(folder / f"{key}.json", key, "error" if folder.name == "failed" else "outcome")
        except FileNotFoundError:  # removed meanwhile
            if damaged is None:
                raise
        except ValueError as error:
            if damaged is None:
                raise
            damaged[key] = str(error)
    return found


def read_row(path: Path, key: str, section: str) -> Row:
    """Return the row in a file; ValueError, which names it, unless it is whole, the one of its key, and of an
    outcome or an error, as its folder says."""
    mend = f"`fbbench rm {key[:12]} --store {path.parent.parent}` removes it, and its cell is run again"
    try:
        row = read_json(path, ROW_BYTES)
        version = row.pop("store_version")
        if not isinstance(version, int):
            raise ValueError(f"store_version must be a whole number; got {version!r:.60}")
        if version > STORE_VERSION:
            raise NewerStore
        digest = row.pop("digest", None)
        check_row(row)
        if digest is not None and digest != digest_of(row):
            raise ValueError("it was altered since it was written")
        if section not in row:
            raise ValueError(f"it has no {section}")
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder, not a result file; move it away") from None
    except NewerStore:
        raise ValueError(f"{path} was written by a newer fbbench (store version {version}); update fbbench") from None
    except DAMAGE as error:
        about = f": {error}" if type(error) is ValueError else f" ({error})" if type(error) is BadFile else ""
        raise ValueError(f"{path} is not a whole result file{about}; {mend}") from None
    if key != cell_key(row["identity"]):
        raise ValueError(f"{path} does not belong to the cell that its name says; {mend}")
    return row


class NewerStore(Exception):
    """A file is of a store version that is not known yet."""
