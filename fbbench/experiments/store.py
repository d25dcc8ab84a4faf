"""A folder of outcomes: one JSON file per cell, written whole; a file that is there means the cell is done."""

import json
from pathlib import Path

from ..files import replacing
from .cells import cell_key

STORE_VERSION = 1


class Store:
    """Outcomes of cells in a folder; made when the first outcome is written."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def path_of(self, identity):
        """Return the file that holds, or will hold, the outcome of a cell."""
        return self.folder / f"{cell_key(identity)}.json"

    def has(self, identity):
        """Return whether the cell is done."""
        return self.path_of(identity).is_file()

    def write(self, identity, outcome):
        """Store an outcome (dict of plain values) at once and whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.path_of(identity), mode="w") as file:
            json.dump({"store_version": STORE_VERSION, "identity": identity, **outcome}, file, indent=1)
            file.write("\n")

    def rows(self):
        """Return every stored outcome as a dict, by key.

        Raises
        ------
        ValueError
            If a file is damaged or from a newer version; the message names it.
        """
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                row = json.loads(path.read_text(encoding="utf-8"))
                version, identity = row["store_version"], row["identity"]
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{path} is not a whole result file; delete it to have its cell run again") from None
            if version > STORE_VERSION:
                raise ValueError(f"{path} was written by a newer fbbench (store version {version}); update fbbench")
            if path.stem != cell_key(identity):
                raise ValueError(f"{path} does not belong to the cell that its name says; delete it")
            found[path.stem] = row
        return found
