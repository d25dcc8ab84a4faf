"""A user's own data, kept in the cache in a form of this project: arrays without pickles, and a description."""

import json
import re
import shutil
from pathlib import Path

import numpy as np

from ..files import new_folder
from .download import check_file, file_checksum
from .locks import locked
from .places import DataUnavailable, cache_folder, data_folder
from .source import ArraySource
from .tables import TableSource, read_csv, table_source

NAME = re.compile(r"[a-z][a-z0-9_]*")


def folders():
    """Return the folders that hold imported sets: the user's ``imported`` and the cache's."""
    try:
        user = data_folder()
    except ValueError:  # said by whoever reads data; to list names is no reason to fail
        user = None
    return [folder / "imported" for folder in (user, cache_folder()) if folder is not None]


def imported_names():
    """Return the names of the imported data sets."""
    found = {path.parent.name for folder in folders() for path in folder.glob("*/meta.json")}
    return sorted(name for name in found if NAME.fullmatch(name))


def read_npz(path, label):
    """Return (features (N, D), labels) of an ``.npz``: the array called ``label``, and the only other one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # zipfile, zlib and numpy each have their own
        raise ValueError(f"{path} cannot be read as an .npz without pickles ({error})") from None
    if label not in arrays:
        raise ValueError(f"{path} has no array {label!r}; it has {', '.join(arrays)}")
    labels = arrays.pop(label)
    if len(arrays) != 1:
        raise ValueError(f"{path} must hold one array of features beside {label!r}; it holds {len(arrays)}")
    (features,) = arrays.values()
    if (
        features.ndim < 2
        or features.dtype.kind not in "biuf"
        or labels.shape != (len(features),)
        or (labels.dtype.kind not in "biufUS")
    ):
        raise ValueError(
            f"{path} must hold numeric features (N, ...) and labels (N,); got {features.dtype} {features.shape} and "
            f"{labels.shape}"
        )
    return features.reshape(len(features), -1), labels


def read_source(path, label, categorical=()):
    """Return the source in a ``.csv``, ``.parquet`` or ``.npz`` file.

    Features that are -1 and +1 everywhere are taken as they are, all others as :func:`tables.table_source` does.

    Raises
    ------
    ValueError
        If the file cannot be read or is not a table; the message names file, column and row.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if path.suffix == ".npz":
        import pandas as pd

        features, labels = read_npz(path, label)
        frame = pd.DataFrame(features, columns=[f"x{i}" for i in range(features.shape[1])])
    elif path.suffix in (".csv", ".parquet"):
        frame = read_csv(path) if path.suffix == ".csv" else read_parquet(path)
        if label not in frame.columns:
            raise ValueError(f"{path} has no column {label!r}; it has {', '.join(map(str, frame.columns))}")
        labels = frame.pop(label)
    else:
        raise ValueError(f"{path} must end in .csv, .parquet or .npz")
    source = table_source(frame, labels, path, categorical)
    numbers = source.numbers
    if not source.n_categories and (np.abs(numbers) == 1).all():
        return ArraySource(numbers.astype(np.int8), source.labels, source.n_classes, source.checksum)
    return source


def read_parquet(path):
    """Return a Parquet file as a data frame."""
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ValueError("Parquet files need pyarrow, which is not installed; pip install pyarrow") from None
    except Exception as error:  # pyarrow has many
        raise ValueError(f"{path} is not a Parquet file ({str(error).splitlines()[0]})") from None


def import_file(path, label, name, categorical=(), taken=()):
    """Keep a user's file as the data set ``name`` and return its folder.

    Raises
    ------
    ValueError
        If the file is not a table, or the name is taken or no name; nothing is kept then.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"a name must be small letters, digits and _, a letter first; got {name!r}")
    source = read_source(path, label, categorical)
    place = cache_folder() / "imported"
    with locked("imported data sets"):
        if name in taken or name in imported_names():
            raise ValueError(f"there is a data set {name!r} already; take another name")
        place.mkdir(parents=True, exist_ok=True)
        for left in place.glob(".import-*"):  # of an import that was killed
            shutil.rmtree(left)
        with new_folder(place / name, prefix=".import-") as made:
            write_source(made, source, Path(path).name)
    return place / name


def imported_place(name):
    """Return the folder of an imported data set, or None."""
    return next((f / name for f in folders() if (f / name / "meta.json").is_file()), None)


def remove_imported(name):
    """Remove an imported data set from the cache.

    Raises
    ------
    ValueError
        If there is none of that name there.
    """
    place = cache_folder() / "imported" / name
    if not NAME.fullmatch(name) or not (place / "meta.json").is_file():
        raise ValueError(f"there is no imported data set {name!r} in {place.parent}")
    with locked("imported data sets"):
        shutil.rmtree(place)


def write_source(folder, source, file_name):
    """Write a source to a folder: its arrays, and a description with the SHA-256 of their file."""
    is_table = isinstance(source, TableSource)
    arrays = {"numbers": source.numbers, "categories": source.categories} if is_table else {"features": source.features}
    np.savez(folder / "data.npz", labels=source.labels, **arrays)
    meta = {
        "file": file_name,
        "checksum": source.checksum,
        "data_checksum": file_checksum(folder / "data.npz"),
        "n_classes": source.n_classes,
        "n_categories": list(source.n_categories) if is_table else None,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


def load_imported(name):
    """Return the source of an imported data set.

    Raises
    ------
    DataUnavailable
        If there is none of that name.
    ValueError
        If its folder is damaged.
    """
    place = imported_place(name)
    if place is None:
        raise DataUnavailable(f"there is no imported data set {name!r}; `fbbench data import FILE --name {name}`")
    try:
        meta = json.loads((place / "meta.json").read_text(encoding="utf-8"))
        check_file(place / "data.npz", meta["data_checksum"])
        with np.load(place / "data.npz", allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        if meta["n_categories"] is None:
            return ArraySource(arrays["features"], arrays["labels"], meta["n_classes"], meta["checksum"])
        return TableSource(
            arrays["numbers"], arrays["categories"], tuple(meta["n_categories"]), arrays["labels"],
            meta["n_classes"], meta["checksum"],
        )  # fmt: skip
    except Exception as error:  # zipfile, zlib, json and numpy each have their own
        raise ValueError(f"{place} is damaged ({error}); delete it and import the file again") from None
