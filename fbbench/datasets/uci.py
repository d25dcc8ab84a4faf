"""The paper's tabular sets from the UCI Machine Learning Repository, by id.

On disk a set is a folder ``uci/ID`` with the two things that the repository's interface serves: ``data.csv`` and
``metadata.json`` (the answer of ``https://archive.ics.uci.edu/api/dataset?id=ID``). They are fetched by ``ucimlrepo``
(optional), or put there by hand.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from ..files import new_folder
from ..reading import read_json
from .columns import CATEGORY, HowToRead
from .locks import locked
from .places import DataUnavailable, cache_folder, find
from .tables import read_csv, table_source

UCI_IDS = {
    "cancer": 15, "car": 19, "mushroom": 73, "credit": 350, "bean": 602, "telescope": 159, "rice": 545,
    "phishing": 327, "raisin": 850, "ionosphere": 52, "aids": 890, "tic": 101, "glioma": 759, "thyroid": 915,
    "nursery": 76, "segmentation": 50, "webphishing": 379, "vertebral": 212, "horse": 47, "digits": 81,
    "mammographic": 161, "landsat": 146, "mice": 342, "shuttle": 148, "htru": 372, "skin": 229, "isolet": 54,
    "naticusdroid": 722, "chess": 22, "waveform": 107, "musk": 75, "blood": 176,
}  # fmt: skip
"""Short name to UCI id (arXiv:2412.00119, supplementary material)."""

CATEGORICAL = ("Categorical", "Binary")


def fetch_ucirepo(number):
    """Return ucimlrepo's answer for an id; DataUnavailable if it is not installed or does not answer."""
    try:
        import ucimlrepo
    except ImportError:
        raise DataUnavailable("ucimlrepo is not installed; pip install 'fbbench[uci]'") from None
    try:
        return ucimlrepo.fetch_ucirepo(id=number)
    except Exception as error:  # it raises urllib's, json's and its own
        raise DataUnavailable(f"the UCI repository does not answer for id {number} ({error})") from None


@dataclass(frozen=True)
class UciSet:
    """One set of the repository."""

    name: str
    number: int

    @property
    def folder(self):
        """Its folder, relative to the user's folder or the cache."""
        return Path("uci", str(self.number))

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
        self.load()
        return self.place()

    def download(self):
        """Fetch the set to the cache, whole or not at all."""
        try:
            answer = fetch_ucirepo(self.number)
        except DataUnavailable as error:
            raise DataUnavailable(
                f"UCI set {self.number} ({self.name}) is not on this machine and could not be downloaded: {error}; "
                f"or put data.csv and metadata.json of the repository's interface into {self.folder} in a folder, and "
                "set FBBENCH_DATA to that folder"
            ) from None
        target = cache_folder() / self.folder
        target.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(target, prefix=".download-") as made:
            answer.data.original.to_csv(made / "data.csv", index=False)
            variables = json.loads(answer.variables[["name", "role", "type"]].to_json(orient="records"))
            meta = {
                "uci_id": self.number,
                "name": answer.metadata.name,
                "num_instances": len(answer.data.original),
                "variables": variables,
            }
            (made / "metadata.json").write_text(json.dumps({"data": meta}, indent=1), encoding="utf-8")

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
        variables, n_rows = self.read_description(place / "metadata.json")
        frame = read_csv(place / "data.csv")
        if n_rows not in (None, len(frame)):
            raise ValueError(f"{place / 'data.csv'} has {len(frame)} rows; metadata.json says {n_rows}")
        wanted = [name for name, role, _ in variables if role == "Feature"]
        targets = [name for name, role, _ in variables if role == "Target"]
        if not targets:
            raise ValueError(f"{place / 'metadata.json'} names no variable of the role Target")
        if len({name for name, _, _ in variables}) < len(variables):
            raise ValueError(f"{place / 'metadata.json'} names a variable twice")
        absent = [name for name in (*wanted, targets[0]) if name not in frame.columns]
        if absent:
            raise ValueError(f"{place / 'data.csv'} has no column {', '.join(absent)}, which metadata.json names")
        categorical = [name for name, role, kind in variables if role == "Feature" and kind in CATEGORICAL]
        labelled = frame[targets[0]].str.strip().str.rstrip(".")
        how = HowToRead(kinds=dict.fromkeys(categorical, CATEGORY))
        return table_source(frame[wanted], labelled, place / "data.csv", how)

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
            raise ValueError(f"{path} describes the set {number}, not {self.number}")
        return variables, n_rows


UCI_SETS = {f"uci_{name}": UciSet(name, number) for name, number in UCI_IDS.items()}
