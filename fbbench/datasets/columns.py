"""One column of a table: what it is taken for, what of it is missing, and what a reader should be warned of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

MISSING = ("?", "", "NA", "N/A", "NaN", "nan", "NULL")
"""Texts that stand for a missing value where a user names none."""

NUMBER, CATEGORY = "number", "category"
KINDS = (NUMBER, CATEGORY)

EXACT = 1 << 53
"""Whole numbers beyond are not all floats of 64 bits; a column that has one is kept as ranks."""

WIDE = 64
"""Categories of a column from which on its one-hot bits are pointed out."""

FEW = 20
"""Rows below which all values may be different by chance."""

DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
COMMA_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
POINT_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
NUMBER_WITH_POINTS = re.compile(r"[+-]?[\d.,]++([eE][+-]?\d+)?")
LIKE_NUMBERS = frozenset("0123456789+-\N{MINUS SIGN}., 'eE\N{NO-BREAK SPACE}")
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"  # of a day
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?"  # and perhaps a time
)
WHOLE = re.compile(r"[+-]?\d+")
PLAIN_NUMBER = re.compile(r"(?P<sign>[+-]?)(?=\.?\d)(?P<whole>0|[1-9]\d*)?(\.(?P<fraction>\d*))?")
NAMES_OF_IDENTIFIERS = re.compile(r"(^|[_ ])(id|uuid|guid|key|index|nr|number|row)($|[_ ])", re.IGNORECASE)


@dataclass(frozen=True)
class HowToRead:
    """What a user says of a table, where it is not what it seems.

    separator, encoding: of a text file. decimal: what stands before the fraction of a number. missing: texts that stand
    for a missing value. kinds: column -> "number" or "category". drop: columns to be left out.
    """

    separator: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    missing: tuple[str, ...] = MISSING
    kinds: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


AS_IT_IS = HowToRead()


@dataclass(frozen=True)
class Column:
    """What was made of a column.

    kind: "number" or "category". values: float64 (N,), numbers or the numbers of categories, NaN where missing. levels:
    the categories as texts, in order. warnings: in words.
    """

    name: str
    kind: str
    values: np.ndarray = field(repr=False)
    levels: tuple[str, ...] = field(repr=False)
    n_values: int
    n_missing: int
    warnings: tuple[str, ...]


def texts_of(column):
    """Return a column as stripped texts, an object array; what is missing to pandas is ""."""
    missing = column.isna()
    return column.astype(str).str.strip().mask(missing, "").to_numpy(dtype=object)


def missing_in(column, texts, missing_texts):
    """Return where values of a column are missing; where its categories are declared, no text stands for that."""
    import pandas as pd

    missing = column.isna().to_numpy()
    return missing if isinstance(column.dtype, pd.CategoricalDtype) else missing | np.isin(texts, missing_texts)


def read_column(column, where, how):
    """Return the :class:`Column` of a pandas Series.

    It is numbers if every value is one, categories if none is, unless ``how`` says what it is.

    Raises
    ------
    ValueError
        If it mixes numbers and text, a number is infinite, or decimals have commas and nobody said so; the message
        names file, column and row, and what to do.
    """
    import pandas as pd

    name = str(column.name)
    asked = how.kinds.get(column.name)
    if asked != CATEGORY and isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return of_numbers(name, column.to_numpy(), where)
    texts = texts_of(column)
    missing = missing_in(column, texts, how.missing)
    given = texts[~missing]
    if asked == CATEGORY:
        return of_categories(name, texts, missing)
    plain = given if how.decimal == "." else with_points(given, f"{where}, column {name!r}")
    parsed = pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(np.isnan(parsed))
    if len(wrong) == len(given) > 0 and asked is None:
        if how.decimal == "." and all(COMMA_THOUSANDS.fullmatch(text) for text in given):
            raise ValueError(
                f"{where}, column {name!r}: values such as {given[0]!r} look like numbers with commas for thousands, "
                f"or with decimal commas; write them without, or say --decimal , or --kind {name}=category"
            )
        if how.decimal == "." and all(DECIMAL_COMMA.fullmatch(text) for text in given):
            raise ValueError(
                f"{where}, column {name!r}: values such as {given[0]!r} look like numbers with decimal commas; "
                f"--decimal , takes them as such, --kind {name}=category as they stand"
            )
        found = of_categories(name, texts, missing)
        return replace(found, warnings=(*looks_like_numbers(found, how), *found.warnings))
    if len(wrong):
        row = int(np.flatnonzero(~missing)[wrong[0]])
        advice = "" if asked else f", but other values of the column are; mend it, or say --kind {name}=category"
        raise ValueError(f"{where}, column {name!r}, row {row + 1}: {texts[row]!r} is not a number{advice}")
    values = np.full(len(texts), np.nan)
    values[~missing] = exact(plain, parsed)
    return of_numbers(name, values, where, ranked=not np.array_equal(values[~missing], parsed))


def with_points(texts, where):
    """Return numbers with decimal commas as ones with a point, an object array; points between groups of three digits
    are left out.

    Raises
    ------
    ValueError
        If a point stands elsewhere: the column has decimal points, and some of them would be taken as thousands.
    """
    for text in texts:
        if "." in text and NUMBER_WITH_POINTS.fullmatch(text) and not POINT_THOUSANDS.fullmatch(text):
            raise ValueError(
                f"{where}: {text!r} has a decimal point, and --decimal , takes points for those of thousands; write "
                "one kind, or say --kind or --drop for this column"
            )
    return np.array([text.replace(".", "").replace(",", ".") if has_commas(text) else text for text in texts], object)


def has_commas(text):
    """Return whether a text is a number with a decimal comma, or with points between its thousands."""
    return POINT_THOUSANDS.fullmatch(text) is not None or DECIMAL_COMMA.fullmatch(text) is not None


def exact(texts, parsed):
    """Return numbers as floats; as ranks, where they are whole and floats would round some of them."""
    if not len(parsed) or np.abs(parsed).max() < EXACT or not all(WHOLE.fullmatch(text) for text in texts):
        return parsed
    return ranks([int(text) for text in texts])


def ranks(numbers):
    """Return whole numbers of any size as their ranks among the different ones, float64; thermometers see no more."""
    place = {number: float(rank) for rank, number in enumerate(sorted(set(numbers)))}
    return np.array([place[number] for number in numbers])


def of_numbers(name, values, where, ranked=False):
    """Return the :class:`Column` of numbers; ValueError if one is infinite."""
    if values.dtype.kind in "iu" and len(values) and max(abs(int(values.min())), abs(int(values.max()))) > EXACT:
        values, ranked = ranks(values.tolist()), True
    values = values.astype(np.float64)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise ValueError(f"{where}, column {name!r}, row {int(infinite[0]) + 1}: the number is infinite")
    missing = np.isnan(values)
    different = np.unique(values[~missing])
    warnings = ["whole numbers beyond 2^53: kept as ranks"] if ranked else []
    if is_identifier(name, values[~missing], different):
        warnings.append(f"looks like an identifier: every row has another; --drop {name} leaves it out")
    warnings += constant(different)
    return Column(name, NUMBER, values, (), len(different), int(missing.sum()), tuple(warnings))


def is_identifier(name, values, different):
    """Return whether numbers tell rows apart and nothing else: whole, all different, and consecutive or named so."""
    if len(values) < FEW or len(different) < len(values) or (values != np.round(values)).any():
        return False
    return different[-1] - different[0] == len(values) - 1 or NAMES_OF_IDENTIFIERS.search(name) is not None


def of_categories(name, texts, missing):
    """Return the :class:`Column` of categories."""
    levels, found = numbered(texts[~missing])
    values = np.full(len(texts), np.nan)
    values[~missing] = found
    warnings = []
    if len(found) >= FEW and len(levels) == len(found):
        warnings.append(f"looks like an identifier: every row has another; --drop {name} leaves it out")
    if len(levels) and all(DATE.fullmatch(level) for level in levels):
        warnings.append(f"looks like dates, of which every one became a bit; --drop {name}, or make numbers of them")
    if len(levels) > WIDE:
        warnings.append(f"wide: {len(levels):,} categories are as many bits")
    warnings += constant(levels)
    return Column(name, CATEGORY, values, levels, len(levels), int(missing.sum()), tuple(warnings))


def looks_like_numbers(column, how):
    """Return the warning of a column of categories whose texts look like numbers written in another way."""
    if not column.levels or all(DATE.fullmatch(level) for level in column.levels):
        return []
    if not all(set(level) <= LIKE_NUMBERS and level[-1].isdigit() for level in column.levels):
        return []
    return [f"looks like numbers, such as {column.levels[0]!r}, but is read as categories (decimal is {how.decimal!r})"]


def numbered(texts):
    """Return (the different texts in order, the number of each text among them); NumPy would drop NULs at their end."""
    levels = tuple(sorted(map(str, set(texts))))
    number = {level: i for i, level in enumerate(levels)}
    return levels, np.array([number[str(text)] for text in texts], dtype=np.int64)


def constant(different):
    """Return the warning of a column that has one value, or none."""
    return [] if len(different) > 1 else ["has one value" if len(different) else "has no value at all"]


def read_labels(labels, where, missing_texts):
    """Return (class names as texts, class numbers (N,) int64) of labels; 1, 1.0 and 1.00 are one class.

    Raises
    ------
    ValueError
        If a label is missing, there are fewer than two classes, or nearly as many as rows; the message names file and
        row.
    """
    import pandas as pd

    column = pd.Series(labels).reset_index(drop=True)
    texts = texts_of(column)
    missing = np.flatnonzero(missing_in(column, texts, missing_texts))
    if len(missing):
        text = texts[missing[0]]
        advice = f" ({text!r} stands for a missing one; --missing names the texts that do)" if text else ""
        more = f", and those of {len(missing) - 1} more rows" if len(missing) > 1 else ""
        raise ValueError(
            f"{where}, row {int(missing[0]) + 1}: the label is missing{more}{advice}; take these rows out of the file"
        )
    classes, codes = numbered([one_way(text) for text in texts])
    if len(classes) < 2:
        raise ValueError(f"{where} must have at least two classes; got {len(classes)}")
    if len(codes) >= FEW and len(classes) > len(codes) // 2:
        raise ValueError(f"{where}: {len(classes)} different labels in {len(codes)} rows; the label must be a class")
    return classes, codes


def one_way(text):
    """Return a number's text in one way: 1 for 1.0, 1. and +1, 0 for -0, 0.5 for .5; any other, 007 too, as it is."""
    found = PLAIN_NUMBER.fullmatch(text)
    if found is None:
        return text
    whole, fraction = found["whole"] or "0", (found["fraction"] or "").rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if found["sign"] == "-" and number != "0" else number
