"""The paper's tabular sets from the UCI Machine Learning Repository, by id.

On disk a set is a folder ``uci/ID`` with the two things that the repository's interface serves: ``data.csv``
(``https://archive.ics.uci.edu/static/public/ID/data.csv``) and ``metadata.json`` (the answer of
``https://archive.ics.uci.edu/api/dataset?id=ID``). They are fetched from there, or put there by hand.

The repository publishes no checksums. So the SHA-256 of what was fetched is kept beside it and checked whenever it is
read, and the content of a table, whatever the form of its file, is held against that of the committed rows
(``uci_tables.csv``), which also tells the sizes of tables that are not on this machine.
"""

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar

from ..files import new_folder
from ..reading import read_json
from .columns import CATEGORY, NUMBER, Column, HowToRead
from .download import addresses, check_file, fetch_into, file_checksum
from .locks import locked
from .places import DataUnavailable, cache_folder, find
from .tables import THERMOMETER_BITS, read_csv, table_source

UCI_IDS = {
    "cancer": 15, "car": 19, "mushroom": 73, "credit": 350, "bean": 602, "telescope": 159, "rice": 545,
    "phishing": 327, "raisin": 850, "ionosphere": 52, "aids": 890, "tic": 101, "glioma": 759, "thyroid": 915,
    "nursery": 76, "segmentation": 50, "webphishing": 379, "vertebral": 212, "horse": 47, "digits": 81,
    "mammographic": 161, "landsat": 146, "mice": 342, "shuttle": 148, "htru": 372, "skin": 229, "isolet": 54,
    "naticusdroid": 722, "chess": 22, "waveform": 107, "musk": 75, "blood": 176,
}  # fmt: skip
"""Short name to UCI id (arXiv:2412.00119, supplementary material)."""

STATIC = "https://archive.ics.uci.edu/static/public"
INTERFACE = "https://archive.ics.uci.edu/api/dataset"
FILES = ("data.csv", "metadata.json")
CHECKSUMS = "SHA256SUMS"
"""What was fetched, as ``sha256sum`` writes it."""

CATEGORICAL = ("Categorical", "Binary")
MANY = 12
"""Whole numbers from which on a column that is declared as categories is pointed out: an order among them is lost."""


@dataclass(frozen=True)
class Facts:
    """Sizes of a table, and the checksum of its content, as the committed rows were run on it."""

    rows: int
    numbers: int
    categories: int
    levels: int
    n_classes: int
    checksum: str
    has_floats: ClassVar[bool] = False

    @property
    def n_features(self):
        """Bits of a row."""
        return THERMOMETER_BITS * self.numbers + self.levels

    @property
    def table_inputs(self):
        """Numbers of a row for float methods."""
        return self.numbers + self.levels + 1


@cache
def known_facts():
    """Return the :class:`Facts` of the tables that were run, by name."""
    with open(Path(__file__).with_name("uci_tables.csv"), encoding="utf-8", newline="") as file:
        return {line["name"]: facts_of(line) for line in csv.DictReader(file)}


def facts_of(line):
    """Return the :class:`Facts` of a line of ``uci_tables.csv``."""
    sizes = {key: int(line[key]) for key in ("rows", "numbers", "categories", "levels")}
    return Facts(**sizes, n_classes=int(line["classes"]), checksum=line["checksum"])


@dataclass(frozen=True)
class UciSet:
    """One set of the repository."""

    name: str
    number: int

    @property
    def folder(self):
        """Its folder, relative to the user's folder or the cache."""
        return Path("uci", str(self.number))

    @property
    def facts(self):
        """The :class:`Facts` of the table, None where it was never run."""
        return known_facts().get(self.name)

    def place(self):
        """Return the folder of its two files, or None where they are not on this machine."""
        path = find(self.folder / "data.csv")
        return path and path.parent

    def get(self):
        """Make sure that the set is here and can be read, downloaded if need be; return its folder."""
        if self.place() is None:
            with locked(str(self.folder)):
                if self.place() is None:
                    self.download()
                    return self.place()  # what is kept of a download has been read
        self.load()
        return self.place()

    def download(self):
        """Fetch the set to the cache, whole or not at all."""
        target = cache_folder() / self.folder
        target.parent.mkdir(parents=True, exist_ok=True)
        urls = (f"{STATIC}/{self.number}/data.csv", f"{INTERFACE}?id={self.number}")
        try:
            with new_folder(target, prefix=".download-") as made:
                for url, name in zip(urls, FILES, strict=True):
                    fetch_into(made / name, addresses([url], f"{self.folder.as_posix()}/{name}"))
                self.read(made)
                sums = "".join(f"{file_checksum(made / name)}  {name}\n" for name in FILES)
                (made / CHECKSUMS).write_text(sums, encoding="utf-8")
        except DataUnavailable as error:
            raise DataUnavailable(
                f"UCI set {self.number} ({self.name}) is not on this machine and could not be downloaded: {error}; "
                f"or put data.csv and metadata.json of the repository's interface into {self.folder} in a folder, and "
                "set FBBENCH_DATA to that folder"
            ) from None

    def load(self, protocol="published"):
        """Return the :class:`TableSource` of the set: features as their types say, the first target as label.

        Raises
        ------
        DataUnavailable
            If it is not on this machine.
        ValueError
            If a file is damaged or the two do not fit; the message names it.
        """
        place = self.place()
        if place is None:
            raise DataUnavailable(
                f"UCI set {self.number} ({self.name}) is not on this machine; run `fbbench data get uci_{self.name}`, "
                f"or put its data.csv and metadata.json into {self.folder} in FBBENCH_DATA"
            )
        check_fetched(place)
        return self.read(place)

    def read(self, place):
        """Return the :class:`TableSource` in a folder; errors as :meth:`load`."""
        variables, n_rows = self.read_description(place / "metadata.json")
        frame = read_csv(place / "data.csv")
        if n_rows not in (None, len(frame)):
            raise ValueError(f"{place / 'data.csv'} has {len(frame)} rows; metadata.json says {n_rows!r}")
        declared = {name: kind for name, role, kind in variables if role == "Feature"}
        targets = [name for name, role, _ in variables if role == "Target"]
        if not targets:
            raise ValueError(f"{place / 'metadata.json'} names no variable of the role Target")
        if len({name for name, _, _ in variables}) < len(variables):
            raise ValueError(f"{place / 'metadata.json'} names a variable twice")
        absent = [name for name in (*declared, targets[0]) if name not in frame.columns]
        if absent:
            raise ValueError(f"{place / 'data.csv'} has no column {', '.join(absent)}, which metadata.json names")
        categorical = [name for name, kind in declared.items() if kind in CATEGORICAL]
        labelled = frame[targets[0]].str.strip().str.rstrip(".")
        how = HowToRead(kinds=dict.fromkeys(categorical, CATEGORY))
        source = table_source(frame[list(declared)], labelled, place / "data.csv", how)
        columns = tuple(
            replace(column, warnings=(*type_notes(declared[column.name], column), *column.warnings))
            for column in source.columns
        )
        return replace(source, columns=columns, left_out=left_out(frame.columns, variables, targets[0]))

    def read_description(self, path):
        """Return ((name, role, type) of every variable, number of rows or None) in a ``metadata.json``.

        Raises
        ------
        ValueError
            If it is none, or of another set.
        """
        try:
            content = read_json(path)
            content = content.get("data", content)
            variables = [(v["name"], v["role"], v["type"]) for v in content["variables"]]
            if not all(isinstance(text, str) for variable in variables for text in variable):
                raise TypeError("name, role and type must be texts")
            number, n_rows = content["uci_id"], content.get("num_instances")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(
                f"{path} is not the repository's description of a set ({type(error).__name__}: {error})"
            ) from None
        if number != self.number:
            raise ValueError(f"{path} describes the set {number!r}, not {self.number}")
        return variables, n_rows

    def compared(self, source):
        """Return in words whether a table's content is what the committed rows were run on; "" where none were."""
        if self.facts is None:
            return ""
        if source.checksum == self.facts.checksum:
            return "the table that the committed rows were run on, value by value"
        here = (len(source.labels), source.n_features, source.n_classes)
        there = (self.facts.rows, self.facts.n_features, self.facts.n_classes)
        return (
            "not the table that the committed rows were run on: {:,} rows, {:,} bits, {} classes here; ".format(*here)
            + "{:,}, {:,}, {} there".format(*there)
            + (", so values, names or their order differ" if here == there else "")
        )


def check_fetched(place):
    """Raise ValueError, naming the file, if a fetched file is not what it was when it was fetched."""
    noted = place / CHECKSUMS
    if noted.is_file():
        for line in noted.read_text(encoding="utf-8").splitlines():
            checksum, _, name = line.partition("  ")
            if name in FILES:
                check_file(place / name, checksum)


def type_notes(declared: str, column: Column) -> list[str]:
    """Return what in a column speaks against the type that its description declares, in words."""
    values = column.values[column.values == column.values]
    if column.kind == NUMBER:
        if declared == "Integer" and (values % 1 != 0).any():
            return ["declared Integer, holds fractions"]
        if column.n_values == 2:
            return [f"declared {declared}, has two values: the {THERMOMETER_BITS} bits of its thermometer are the same"]
        return []
    if declared == "Binary" and column.n_values > 2:
        return [f"declared Binary, has {column.n_values} values"]
    if column.n_values > MANY and all(level.lstrip("+-").isdigit() for level in column.levels):
        return [f"declared {declared}, holds {column.n_values} whole numbers: an order among them is lost"]
    return []


def left_out(names, variables, target):
    """Return (name, why) of every column of a table that is neither a feature nor its label."""
    roles = {name: role for name, role, _ in variables}
    return tuple(
        (name, f"its role is {roles[name]}" if name in roles else "metadata.json does not name it")
        for name in names
        if roles.get(name) != "Feature" and name != target
    )


UCI_SETS = {f"uci_{name}": UciSet(name, number) for name, number in UCI_IDS.items()}
