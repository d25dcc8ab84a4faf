"""A user's own data, kept in the cache in a form of this project: arrays without pickles, and a description."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..files import digest_of, new_folder
from ..optional import require
from ..reading import check_size, read_json, read_npz, reason_of
from .checked import is_numbered
from .columns import CATEGORY, NUMBER, Column, HowToRead
from .download import check_file, file_checksum
from .locks import locked
from .places import DataUnavailable, cache_folder, data_folder
from .source import ArraySource
from .tables import CSV_BYTES, ENCODING, TableSource, check_columns, read_csv, table_source

NAME = re.compile(r"[a-z][a-z0-9_]*")
NPZ_BYTES = 4_000_000_000


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


def read_arrays(path, label):
    """Return (features (N, D), labels) of an ``.npz``: the array called ``label``, and the only other one."""
    arrays = read_npz(path, NPZ_BYTES)
    if label not in arrays:
        raise ValueError(f"{path} has no array {label!r}; it has {', '.join(arrays)}")
    labels = arrays.pop(label)
    if len(arrays) != 1:
        raise ValueError(f"{path} must hold one array of features beside {label!r}; it holds {len(arrays)}")
    (features,) = arrays.values()
    if labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{path}: {label!r} holds texts that are not UTF-8") from None
    if (
        features.ndim < 2
        or features.dtype.kind not in "biuf"
        or labels.shape != (len(features),)
        or (labels.dtype.kind not in "biufUS")
    ):
        raise ValueError(
            f"{path} must hold numeric features (N, ...) and labels (N,); got {features.dtype} {features.shape} and "
            f"{labels.dtype} {labels.shape}"
        )
    return features.reshape(len(features), int(np.prod(features.shape[1:]))), labels


def read_source(path, label, how=None):
    """Return the source in a ``.csv``, ``.tsv``, ``.arff``, ``.parquet`` (``.pq``) or ``.npz`` file.

    Features that are -1 and +1 everywhere are taken as they are, all others as :func:`tables.table_source` does.

    Parameters
    ----------
    path : path
    label : str
        Column, or array, of the classes.
    how : HowToRead, optional
        What the user says of the file; ``.tsv`` is separated by tabs unless that says otherwise.

    Raises
    ------
    ValueError
        If the file cannot be read or is not a table; the message names file, column and row.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    suffix = path.suffix.lower()
    how = how or HowToRead(separator="\t" if suffix == ".tsv" else ",")
    if label in how.drop:
        raise ValueError(f"--drop names {label!r}, which is the label; it is no feature, so nothing need be dropped")
    if suffix == ".npz":
        import pandas as pd

        features, labels = read_arrays(path, label)
        check_columns(features.shape[1], path)
        frame = pd.DataFrame(features, columns=[f"x{i}" for i in range(features.shape[1])])
    elif suffix in (".csv", ".tsv", ".arff", ".parquet", ".pq"):
        if suffix == ".arff":
            frame, numbers = read_arff(path, how.encoding)
            declared = {name: NUMBER if name in numbers else CATEGORY for name in frame.columns if name != label}
            how = replace(how, kinds={**declared, **how.kinds})
        else:
            frame = read_csv(path, how) if suffix in (".csv", ".tsv") else read_parquet(path)
        if label not in frame.columns:
            raise ValueError(f"{path} has no column {label!r}; it has {', '.join(map(str, frame.columns))}")
        labels = frame.pop(label)
    else:
        raise ValueError(f"{path} must end in .csv, .tsv, .arff, .parquet, .pq or .npz")
    source = table_source(frame, labels, path, how)
    numbers = source.numbers
    if not source.n_categories and (np.abs(numbers) == 1).all():
        return ArraySource(numbers.astype(np.int8), source.labels, source.n_classes, source.checksum)
    return source


ARFF_NUMBER = re.compile(r"^(@attribute\s.*\s)(integer|numeric|real)\s*$", re.IGNORECASE | re.MULTILINE)


def read_arff(path, encoding="utf-8"):
    """Return an ARFF file as a data frame and the names of its attributes of numbers.

    Numbers are texts, as they stand: the parser would cut an INTEGER's fraction off. Nominal attributes are
    categorical, so that of them nothing but ? is missing, whatever their values are called.

    Raises
    ------
    ValueError
        If it is no ARFF file, or has an attribute of dates.
    """
    import pandas as pd

    arff = require("arff", "ARFF files need liac-arff", "arff")
    check_size(path, CSV_BYTES)
    try:
        text = Path(path).read_text(encoding="utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
        numbers = [name for name, kind in arff.loads(header_of(text))["attributes"] if isinstance(kind, str)
                   and kind != "STRING"]  # fmt: skip
        found = arff.loads(ARFF_NUMBER.sub(r"\1STRING", text))
    except Exception as error:  # its own, UnicodeDecodeError and LookupError among others
        raise ValueError(f"{path} is not an ARFF file in {encoding.upper()} ({reason_of(error)})") from None
    frame = pd.DataFrame(found["data"], columns=[name for name, _ in found["attributes"]])
    nominal = {name: pd.CategoricalDtype(kind) for name, kind in found["attributes"] if isinstance(kind, list)}
    return frame.astype(nominal), numbers


def header_of(text):
    """Return the part of an ARFF file before its rows, as one without rows."""
    found = re.search(r"^@data\b.*$", text, re.IGNORECASE | re.MULTILINE)
    return text if found is None else text[: found.end()] + "\n"


def read_parquet(path):
    """Return a Parquet file as a data frame."""
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ValueError("Parquet files need pyarrow, which is not installed; pip install pyarrow") from None
    except Exception as error:  # pyarrow has many
        raise ValueError(f"{path} is not a Parquet file ({str(error).splitlines()[0]})") from None


def import_file(path, label, name, how=None, taken=(), replace=False):
    """Keep a user's file as the data set ``name``.

    Returns
    -------
    (Path, ArraySource or TableSource)
        Its folder, and what was read.

    Raises
    ------
    ValueError
        If the file is not a table, or the name is taken or no name; nothing is kept then. With ``replace``, an imported
        set of that name makes way once the file has been read.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"a name must be small letters, digits and _, a letter first; got {name!r}")
    place = cache_folder() / "imported"
    replaces = replace and (place / name / "meta.json").is_file()
    if not replaces:
        check_free(name, taken)
    source = read_source(path, label, how)
    with locked("imported data sets"):
        replaces = replace and (place / name / "meta.json").is_file()
        if not replaces:
            check_free(name, taken)
        place.mkdir(parents=True, exist_ok=True)
        for left in place.glob(".import-*"):  # of an import that was killed
            shutil.rmtree(left)
        with new_folder(place / name, prefix=".import-", replace=replaces) as made:
            write_source(made, source, Path(path).name)
    return place / name, source


def check_free(name, taken):
    """Raise ValueError if there is a data set of a name."""
    imported = imported_names()
    if name in taken and name not in imported:
        raise ValueError(f"there is a data set {name!r} already, one of fbbench's own; take another name")
    if name in imported:
        raise ValueError(f"there is a data set {name!r} already; take another name, or say --replace to import it anew")


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
        "encoding": ENCODING,
        "columns": [
            {
                "name": column.name,
                "kind": column.kind,
                "values": column.n_values,
                "missing": column.n_missing,
                "warnings": list(column.warnings),
            }
            for column in (source.columns if is_table else ())
        ],
        "left_out": [list(pair) for pair in source.left_out] if is_table else [],
        "classes": list(source.classes) if is_table else [],
    }
    meta["signature"] = digest_of(meta)
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


class ColumnMeta(BaseModel):
    """What is kept of a column, for a reader."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: str
    kind: str
    values: int
    missing: int
    warnings: list[str] = []

    def column(self):
        """Return the :class:`Column`, without its values."""
        none = np.empty(0)
        return Column(self.name, self.kind, none, (), self.values, self.missing, tuple(self.warnings))


class Meta(BaseModel):
    """The description of an imported set, as :func:`write_source` writes it; sets of before ``encoding`` lack that."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    file: str
    checksum: str
    data_checksum: str
    n_classes: Annotated[int, Field(ge=2)]
    n_categories: list[Annotated[int, Field(ge=1)]] | None
    encoding: str | None = None
    columns: list[ColumnMeta] = []
    left_out: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []
    classes: list[str] = []

    @property
    def content(self):
        """SHA-256 of content and encoding: bits of a table that was imported before have changed since."""
        if self.encoding == ENCODING or self.n_categories is None:
            return self.checksum
        return hashlib.sha256(f"{self.checksum} {ENCODING}".encode()).hexdigest()


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
        described = read_json(place / "meta.json")
        if described.pop("signature", None) not in (None, digest_of(described)):  # None: of an older fbbench
            raise ValueError("its description was altered")
        meta = Meta.model_validate(described)
        check_file(place / "data.npz", meta.data_checksum)
        arrays = read_npz(place / "data.npz")
        labels = arrays["labels"]
        if labels.ndim != 1 or labels.dtype != np.int64 or not is_numbered(labels, meta.n_classes):
            raise ValueError(f"labels must be the numbers of {meta.n_classes} classes, each of them there")
        if meta.n_categories is None:
            features = checked_matrix(arrays["features"], np.int8, len(labels))
            return ArraySource(features, labels, meta.n_classes, meta.content)
        numbers, categories = (
            checked_matrix(arrays[key], np.float64, len(labels)) for key in ("numbers", "categories")
        )
        if np.isinf(numbers).any() or np.isinf(categories).any():
            raise ValueError("a number is infinite")
        for column, n_levels in zip(categories.T, meta.n_categories, strict=False):
            if not is_numbered(column[~np.isnan(column)], n_levels):
                raise ValueError(f"a column does not have the {n_levels} categories that are said of it")
        if categories.shape[1] != len(meta.n_categories):
            raise ValueError(f"categories must have {len(meta.n_categories)} columns")
        return TableSource(
            numbers, categories, tuple(meta.n_categories), labels, meta.n_classes, meta.content,
            tuple(column.column() for column in meta.columns), tuple(map(tuple, meta.left_out)), tuple(meta.classes),
        )  # fmt: skip
    except Exception as error:  # whatever stands there in place of a description
        raise ValueError(f"{place} is damaged ({reason_of(error)}); delete it and import the file again") from None


def checked_matrix(array, dtype, n_rows):
    """Return an array if it has two dimensions, so many rows, and a dtype; ValueError if not."""
    if array.ndim != 2 or len(array) != n_rows or array.dtype != dtype:
        raise ValueError(f"there must be {n_rows} rows of {np.dtype(dtype)}; got {array.dtype} {array.shape}")
    return array
