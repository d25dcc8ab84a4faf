"""Tables of numbers and categories: read strictly, encoded as the paper's tabular experiments do.

pandas and scikit-learn are imported where rows are read or encoded, so that naming a data set stays quick.
"""

import csv
import hashlib
from dataclasses import dataclass, field

import numpy as np

from ..bits import pack

THERMOMETER_BITS = 32
ENCODING = "thermometer 2"
"""Part of a table's checksum; changed when the same table gets other bits."""
MISSING = ("?", "", "NA", "N/A", "NaN", "nan", "NULL")
"""Texts that stand for a missing value."""


@dataclass(frozen=True)
class TableSource:
    """A table in memory.

    Attributes
    ----------
    numbers : ndarray (N, n) of float64
        NaN where a value is missing.
    categories : ndarray (N, m) of float64
        Numbers of the categories of every column; NaN where a value is missing.
    n_categories : tuple of int (m,)
        All categories of a column have a bit, also those that only held-out rows have, so that the number of inputs
        does not depend on the split.
    labels : ndarray (N,) of int64
    checksum : str
        SHA-256 of the content.
    """

    numbers: np.ndarray = field(repr=False)
    categories: np.ndarray = field(repr=False)
    n_categories: tuple
    labels: np.ndarray = field(repr=False)
    n_classes: int
    checksum: str
    n_test = 0
    test_in_pool = False
    is_binary = False
    has_floats = False  # standardised floats would have another number of inputs than the bits
    encoder = f"thermometer of {THERMOMETER_BITS} bits, one-hot, mode for missing values,"

    @property
    def n_features(self):
        """The number of bits of a row."""
        return THERMOMETER_BITS * self.numbers.shape[1] + sum(self.n_categories)

    def bits(self, fit_rows, *wanted):
        """Return the packed bits of each array of row numbers in ``wanted``; all is fitted on ``fit_rows``."""
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline

        from ..encoders import SignOneHotEncoder, ThermometerEncoder

        codes = [[] for _ in wanted]
        one_hot = SignOneHotEncoder([np.arange(n, dtype=np.float64) for n in self.n_categories])
        for columns, encoder in ((self.numbers, ThermometerEncoder(THERMOMETER_BITS)), (self.categories, one_hot)):
            if columns.shape[1]:
                mode = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
                encode = make_pipeline(mode, encoder).fit(columns[fit_rows]).transform
                for rows, parts in zip(wanted, codes, strict=True):
                    parts.append(encode(columns[rows]))
        return [pack(np.concatenate(parts, axis=1)) for parts in codes]


def table_source(frame, labels, where, categorical=()):
    """Return the :class:`TableSource` of a data frame of texts or numbers.

    A column is numbers if every value is one, categories if none is (or if ``categorical`` names it).

    Parameters
    ----------
    frame : DataFrame
        Without the column of labels.
    labels : array-like (N,)
    where : str
        The file, for messages.
    categorical : collection of str
        Columns taken as categories whatever they hold.

    Raises
    ------
    ValueError
        If there are no rows, columns or classes, a label is missing, a column mixes numbers and text, or a number is
        infinite; the message names file, column and row.
    """
    import pandas as pd

    labels = pd.Series(labels).reset_index(drop=True)
    labels = labels.mask(labels.astype(str).str.strip().isin(MISSING))
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise ValueError(f"{where} must have at least one row and one column beside the label; got {frame.shape}")
    if labels.isna().any():
        raise ValueError(f"{where}, row {int(np.flatnonzero(labels.isna())[0]) + 1}: the label is missing")
    classes, codes = np.unique(labels.astype(str).str.strip(), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{where} must have at least two classes; got {len(classes)}")
    if len(labels) >= 20 and len(classes) > len(labels) // 2:
        raise ValueError(f"{where}: {len(classes)} different labels in {len(labels)} rows; the label must be a class")
    unknown = sorted(set(categorical) - set(frame.columns))
    if unknown:
        raise ValueError(f"{where} has no column {', '.join(unknown)}; it has {', '.join(map(str, frame.columns))}")
    numbers, categories, n_categories, digest = [], [], [], hashlib.sha256(ENCODING.encode())
    for name in frame.columns:
        column = frame[name].reset_index(drop=True)
        texts = column.astype(str).str.strip()
        missing = column.isna() | texts.isin(MISSING)
        values = pd.to_numeric(texts.where(~missing), errors="coerce").astype(np.float64)
        is_text = values.isna() & ~missing
        if name in categorical or is_text.sum() == (~missing).sum() > 0:
            levels, found = np.unique(texts[~missing], return_inverse=True)
            values = np.full(len(texts), np.nan)
            values[~missing] = found
            categories.append(values)
            n_categories.append(max(1, len(levels)))
            digest.update(repr((str(name), levels.tolist())).encode())
        else:
            if is_text.any():
                row = int(np.flatnonzero(is_text)[0])
                raise ValueError(
                    f"{where}, column {name!r}, row {row + 1}: {texts[row]!r} is not a number, but other values of the "
                    f"column are; mend it, or have the column taken as categories (--categorical {name})"
                )
            if np.isinf(values).any():
                row = int(np.flatnonzero(np.isinf(values))[0])
                raise ValueError(f"{where}, column {name!r}, row {row + 1}: the number is infinite")
            values = values.to_numpy()
            numbers.append(values)
            digest.update(repr(str(name)).encode())
        digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    digest.update(repr(classes.tolist()).encode() + codes.astype("<i8").tobytes())
    n = len(codes)
    return TableSource(
        np.stack(numbers, axis=1) if numbers else np.empty((n, 0)),
        np.stack(categories, axis=1) if categories else np.empty((n, 0)),
        tuple(n_categories),
        codes.astype(np.int64),
        len(classes),
        digest.hexdigest(),
    )


def read_csv(path):
    """Return a CSV file (UTF-8, first line the names of the columns) as a data frame of texts, as they stand.

    Raises
    ------
    ValueError
        If a name is missing or stands twice, or a row has another number of fields; the message names file and line.
    """
    import pandas as pd

    rows = []
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True, strict=True)
            names = [name.strip() for name in next(reader, [])]
            for row in reader:
                if row and len(row) != len(names):
                    raise ValueError(f"{len(row)} fields, but the first line names {len(names)} columns")
                if row:
                    rows.append(row)
    except (ValueError, csv.Error) as error:
        line = f", line {reader.line_num}" if reader.line_num else ""
        raise ValueError(f"{path}{line} is not a CSV file in UTF-8 ({error})") from None
    if not names:
        raise ValueError(f"{path} is empty; it is not a CSV file")
    if "" in names or len(set(names)) < len(names):
        raise ValueError(f"{path} must name every column once in its first line; it has {', '.join(map(repr, names))}")
    return pd.DataFrame(rows, columns=names, dtype=str)
