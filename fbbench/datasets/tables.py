"""Tables of numbers and categories: read strictly, encoded as the paper's tabular experiments do.

pandas and scikit-learn are imported where rows are read or encoded, so that naming a data set stays quick.
"""

import csv
import hashlib
from dataclasses import dataclass, field

import numpy as np

from ..bits import pack
from ..reading import check_size
from .columns import AS_IT_IS, CATEGORY, NUMBER, read_column, read_labels

THERMOMETER_BITS = 32
ENCODING = "thermometer 2"
"""Part of a table's checksum; changed when the same table gets other bits."""
MOST_COLUMNS = 100_000
LARGE = 1e100
"""Numbers beyond are divided by the largest before they are standardised: their squares would be infinite."""
MOST_BITS = 1_000_000
CSV_BYTES = 2_000_000_000


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
    columns : tuple of Column
        What each column was taken for; empty where that is not known any more.
    left_out : tuple of (name, why)
        Columns that are no features.
    classes : tuple of str
        Names of the classes, by number; empty likewise.
    """

    numbers: np.ndarray = field(repr=False)
    categories: np.ndarray = field(repr=False)
    n_categories: tuple
    labels: np.ndarray = field(repr=False)
    n_classes: int
    checksum: str
    columns: tuple = field(default=(), repr=False, compare=False)
    left_out: tuple = field(default=(), repr=False, compare=False)
    classes: tuple = field(default=(), repr=False, compare=False)
    n_test = 0
    test_in_pool = False
    is_binary = False
    has_floats = False  # features in place of the bits; its numbers are another input, see numbers_of
    encoder = f"thermometer of {THERMOMETER_BITS} bits, one-hot, mode for missing values,"

    @property
    def n_features(self):
        """The number of bits of a row."""
        return THERMOMETER_BITS * self.numbers.shape[1] + sum(self.n_categories)

    @property
    def table_inputs(self):
        """How many numbers :meth:`numbers_of` gives a row."""
        return self.numbers.shape[1] + sum(self.n_categories) + 1

    def numbers_of(self, fit_rows, *wanted):
        """Return the rows as numbers, (n, table_inputs) float32, of each array of row numbers in ``wanted``.

        What float methods read in place of bits: every number less its mean and over its standard deviation, a 0/1 for
        every category, and a constant 1, which stands in for the biases of the first layer that the paper's networks
        have not (thermometers have it in their lowest bits). Fitted on ``fit_rows``; missing values are the mode.
        """
        from sklearn.preprocessing import StandardScaler

        largest = np.nanmax(np.abs(self.numbers), axis=0, initial=0.0)
        numbers = self.numbers / np.where(largest > LARGE, largest, 1.0)
        found, n = self._encoded(numbers, StandardScaler(), fit_rows, wanted), numbers.shape[1]
        return [
            np.concatenate([rows[:, :n], (rows[:, n:] + 1) // 2, np.ones((len(rows), 1))], axis=1).astype(np.float32)
            for rows in found
        ]

    def bits(self, fit_rows, *wanted):
        """Return the packed bits of each array of row numbers in ``wanted``; all is fitted on ``fit_rows``."""
        from ..encoders import ThermometerEncoder

        return [
            pack(rows) for rows in self._encoded(self.numbers, ThermometerEncoder(THERMOMETER_BITS), fit_rows, wanted)
        ]

    def _encoded(self, numbers, encoder, fit_rows, wanted):
        """Return each array of row numbers in ``wanted`` as its numbers through an encoder, and a +-1 for every
        category; all is fitted on ``fit_rows``."""
        from ..encoders import SignOneHotEncoder

        one_hot = SignOneHotEncoder([np.arange(n, dtype=np.float64) for n in self.n_categories])
        parts = [[] for _ in wanted]
        for columns, through in ((numbers, encoder), (self.categories, one_hot)):
            if columns.shape[1]:
                encode = filled(through).fit(columns[fit_rows]).transform
                for rows, of_rows in zip(wanted, parts, strict=True):
                    of_rows.append(encode(columns[rows]))
        return [np.concatenate(of_rows, axis=1) for of_rows in parts]


def filled(encoder):
    """Return an encoder before which missing values become the mode of their column."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(SimpleImputer(strategy="most_frequent", keep_empty_features=True), encoder)


def table_source(frame, labels, where, how=AS_IT_IS):
    """Return the :class:`TableSource` of a data frame of texts or numbers, see :func:`columns.read_column`.

    Parameters
    ----------
    frame : DataFrame
        Without the column of labels.
    labels : array-like (N,)
    where : str
        The file, for messages.
    how : HowToRead
        What the user says of it.

    Raises
    ------
    ValueError
        If there are no rows, columns or classes, too many columns, or a label or column is not what it must be; the
        message names file, column and row.
    """
    for what, names in (("--kind", how.kinds), ("--drop", how.drop)):
        unknown = [str(name) for name in names if name not in frame.columns]
        if unknown:
            have = ", ".join(map(str, frame.columns[:20])) + (" ..." if len(frame.columns) > 20 else "")
            raise ValueError(f"{where} has no column {', '.join(unknown)}, which {what} names; it has {have}")
    dropped = tuple((str(name), "--drop") for name in how.drop)
    frame = frame.drop(columns=list(how.drop))
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise ValueError(f"{where} must have at least one row and one column beside the label; got {frame.shape}")
    check_columns(frame.shape[1], where)
    classes, codes = read_labels(labels, where, how.missing)
    columns = [read_column(frame[name].reset_index(drop=True), where, how) for name in frame.columns]
    n_bits = sum(map(bits_of, columns))
    if n_bits > MOST_BITS:
        raise ValueError(f"{where} gives {n_bits:,} bits a row; at most {MOST_BITS:,} are taken: --drop wide columns")
    numbers = [column.values for column in columns if column.kind == NUMBER]
    categories = [column for column in columns if column.kind == CATEGORY]
    n = len(codes)
    return TableSource(
        np.stack(numbers, axis=1) if numbers else np.empty((n, 0)),
        np.stack([column.values for column in categories], axis=1) if categories else np.empty((n, 0)),
        tuple(max(1, len(column.levels)) for column in categories),
        codes,
        len(classes),
        checksum_of(columns, classes, codes),
        tuple(columns),
        dropped,
        tuple(classes),
    )


def check_columns(n_columns, where):
    """Raise ValueError if a table has more columns than are taken."""
    if n_columns > MOST_COLUMNS:
        raise ValueError(f"{where} has {n_columns:,} columns; at most {MOST_COLUMNS:,} are taken")


def bits_of(column):
    """Return how many bits a :class:`~fbbench.datasets.columns.Column` becomes."""
    return THERMOMETER_BITS if column.kind == NUMBER else max(1, column.n_values)


def checksum_of(columns, classes, codes):
    """Return the SHA-256 (hex) of a table's content, of how it is taken, and of how it is encoded."""
    digest = hashlib.sha256(ENCODING.encode())
    for column in columns:
        about = (column.name, list(column.levels)) if column.kind == CATEGORY else column.name
        digest.update(repr(about).encode())
        digest.update(np.ascontiguousarray(column.values, dtype="<f8").tobytes())
    digest.update(repr(list(classes)).encode() + codes.astype("<i8").tobytes())
    return digest.hexdigest()


def check_separator(path, names, how):
    """Raise ValueError if the first line has one name that holds what separates values elsewhere."""
    others = [sign for sign in (";", "\t", "|", ",") if sign != how.separator and names and sign in names[0]]
    if len(names) == 1 and others:
        sign = {"\t": "tab"}.get(others[0], others[0])
        raise NotSeparated(f"{path} has one column, {names[0]!r:.60}; separated otherwise? --separator '{sign}'")


class NotSeparated(ValueError):
    """A table whose values are separated by another sign."""


def read_csv(path, how=AS_IT_IS):
    """Return a CSV file (first line the names of the columns) as a data frame of texts, as they stand.

    Raises
    ------
    ValueError
        If a name is missing or stands twice, or a row has another number of fields; the message names file and line.
    """
    import pandas as pd

    rows, reader = [], None
    encoding = "utf-8-sig" if how.encoding.lower() in ("utf-8", "utf8") else how.encoding
    check_size(path, CSV_BYTES)
    try:
        with open(path, encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=how.separator, skipinitialspace=how.separator != "\t", strict=True)
            names = [name.strip() for name in next(reader, [])]
            check_separator(path, names, how)
            for row in reader:
                if row and len(row) != len(names):
                    raise ValueError(f"{len(row)} fields, but the first line names {len(names)} columns")
                if row:
                    rows.append(row)
    except NotSeparated:
        raise
    except LookupError:
        raise ValueError(
            f"{path}: there is no encoding {how.encoding!r}; utf-8, latin-1 and cp1252 are frequent ones"
        ) from None
    except (ValueError, csv.Error, TypeError) as error:
        line = f", line {reader.line_num}" if reader is not None and reader.line_num else ""
        advice = "; --encoding names another one" if isinstance(error, UnicodeError) else ""
        raise ValueError(f"{path}{line} is not a CSV file in {how.encoding.upper()} ({error}{advice})") from None
    if not names:
        raise ValueError(f"{path} is empty; it is not a CSV file")
    check_columns(len(names), path)
    if "" in names or len(set(names)) < len(names):
        raise ValueError(f"{path} must name every column once in its first line; it has {', '.join(map(repr, names))}")
    return pd.DataFrame(rows, columns=names, dtype=str)
