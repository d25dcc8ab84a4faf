"""Rows of a store in one file that can be committed: compressed JSON lines, each environment written once."""

import gzip
import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ...files import replacing
from ...reading import ROW_BYTES, ROWS_BYTES, no_number, read_gzip, reason_of
from ..planning.cells import cell_key
from .schema import EPOCH_TIMES, Row, check_row
from .store import Store

FORMAT = "fbbench-rows-1"
ENDING = ".jsonl.gz"


class Archive:
    """Outcomes in a file, or in all such files of a folder, read whole; whoever only reads takes it like a store.

    Raises
    ------
    ValueError
        If a file is not one that :func:`write_archive` wrote, or damaged; the message names it.
    """

    def __init__(self, path: Path) -> None:
        self.folder = Path(path)
        self._rows: dict[str, Row] = {}
        for file in [self.folder] if self.folder.is_file() else packed_files(self.folder):
            self._rows.update(read_archive(file))

    def done(self) -> set[str]:
        """Return the keys of all outcomes."""
        return set(self._rows)

    def rows(self, keys: Collection[str] | None = None) -> dict[str, Row]:
        """Return outcomes as dicts by key: all, or those of some keys."""
        return dict(self._rows) if keys is None else {key: self._rows[key] for key in keys}

    def failures_known(self) -> set[str]:
        """Return the keys of failures: none, they are not packed."""
        return set()

    def checkpointed(self) -> set[str]:
        """Return the keys of trainings that are kept between epochs: none, they are not packed."""
        return set()

    def readable(self) -> tuple[dict[str, Row], dict[str, Row], dict[str, str]]:
        """Return (outcomes, failures, what is wrong with others) as a store does: a damaged file is not opened."""
        return self.rows(), {}, {}


def packed_files(folder: Path) -> list[Path]:
    """Return the files of packed rows in a folder, in the order of their names."""
    return sorted(Path(folder).glob(f"*{ENDING}"))


def write_archive(path: Path, rows: Mapping[str, Row]) -> None:
    """Write rows (by key, see :class:`~fbbench.experiments.rows.store.Store`) to a file, the same rows the same bytes.

    All but the seconds of every epoch, which are kept to three digits, is what it was.
    """
    environments = {json.dumps(row["environment"], sort_keys=True): None for _, row in sorted(rows.items())}
    numbers = {text: number for number, text in enumerate(environments)}
    lines: list[dict] = [{"format": FORMAT, "environments": [json.loads(text) for text in environments]}]
    for _, row in sorted(rows.items()):
        number = numbers[json.dumps(row["environment"], sort_keys=True)]
        lines.append({**row, "run": with_short_times(row["run"]), "environment": number})
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as file:
        for line in lines:
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    with replacing(path) as file:
        file.write(packed.getvalue())


def with_short_times(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run of a row with the seconds of every epoch to three digits: half the file would be their noise."""
    return {
        name: [float(f"{seconds:.3g}") for seconds in value] if name in EPOCH_TIMES else value
        for name, value in run.items()
    }


def read_archive(path: Path) -> dict[str, Row]:
    """Return the rows of a file by key; ValueError, which names it, unless it is whole."""
    try:
        written = read_gzip(path, ROWS_BYTES).splitlines()
        if any(len(line) > ROW_BYTES for line in written):
            raise ValueError(f"a line of more than {ROW_BYTES:,} bytes")
        header, *lines = (json.loads(line, parse_constant=no_number) for line in written)
        if header["format"] != FORMAT or not all(isinstance(one, dict) for one in header["environments"]):
            raise ValueError(f"its format is {header['format']!r:.40}, not {FORMAT}")
        rows = {}
        for line in lines:
            number = line["environment"]
            if type(number) is not int or number < 0:
                raise ValueError(f"a row's environment is {number!r:.40}")
            row = {**line, "environment": header["environments"][number]}
            check_row(row)
            if "outcome" not in row:
                raise ValueError("a row has no outcome")
            if (key := cell_key(row["identity"])) in rows:
                raise ValueError(f"the cell {key[:12]} stands there twice")
            rows[key] = row
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # what a line holds may be anything
        raise ValueError(f"{path} is not a whole file of rows ({reason_of(error)}); get it again") from None
    return rows


def place_of_rows(place: str | Path) -> Store | Archive:
    """Return the :class:`Store`, or the :class:`Archive` of a file of packed rows or of a folder of such files.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.
    ValueError
        If a file of packed rows is damaged, or a folder is of a newer fbbench.
    """
    place = Path(place)
    if not place.exists():
        raise FileNotFoundError(
            f"there is no store and no file of rows {place}; `fbbench run SUITE` makes one, in a clone "
            "paper/results has the committed rows"
        )
    if place.name.endswith(ENDING) or place.is_file() or packed_files(place):
        return Archive(place)
    return Store(place)


def rows_at(place: str | Path) -> dict[str, Row]:
    """Return the rows of a place, see :func:`place_of_rows`, by key; ValueError if a file is damaged."""
    return place_of_rows(place).rows()
