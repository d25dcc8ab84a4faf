"""Rows of a store as one flat table, for other programs."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from ..rows.schema import EPOCH_TIMES, Row
from .measures import percent_of

LISTS = ("curve_train", "curve_heldout", *EPOCH_TIMES)
"""Values per epoch; :func:`curve_table` has them."""

ELSEWHERE = ("params", "confusion")
"""Parts that are no cell as they are: what was given stands in parameters as well, a matrix beside what it comes to."""

MEASURED = {"balanced": "balanced_accuracy", "f1": "macro_f1"}
"""Columns of measures, by their names."""

PREFIXES = {
    "parameters": "param",
    "memory_parts": "memory_bits",
    "ledger_parts": "ledger_bits",
    "gates_by_kind": "gates",
    "packages": "version",
}
"""What columns of a nested value are called: the prefix, then the name of the part."""


def result_table(rows: Collection[tuple[str, Row]]) -> pd.DataFrame:
    """Return stored rows, pairs of (key, row), as a data frame of plain columns, a line for each.

    Seconds are in seconds, accuracies in percent, memory in bits but for ``peak_memory_bytes``; parts, gates and
    parameters have a column each (``memory_bits_data``, ``gates_XNOR``, ``param_robustness``).
    """
    records = [flat_row(key, row) for key, row in rows]
    table = pd.DataFrame.from_records(records)
    for name in table:
        values = [record[name] for record in records if record.get(name) is not None]
        if len(values) < len(records) and all(type(value) is int and abs(value) < 1 << 63 for value in values):
            whole = [record.get(name) for record in records]  # in a frame, a missing value makes floats of the others
            table[name] = pd.array(whole, dtype="Int64")
    first = {}
    for number, name in enumerate(table.columns):
        first.setdefault(kind_of(name), number)
    return table[sorted(table.columns, key=lambda name: first[kind_of(name)])]


def kind_of(column: str) -> str:
    """Return what a column is of, so that all parameters (parts, gates, versions) stand beside each other."""
    return next((prefix for prefix in PREFIXES.values() if column.startswith(f"{prefix}_")), column)


def flat_row(key: str, row: Row) -> dict[str, Any]:
    """Return a stored row as a dict of plain values."""
    flat: dict[str, Any] = {"key": key}  # what comes first is not written over: no outcome renames its row
    for section in ("identity", "asked", "outcome", "run", "environment"):
        for name, value in row[section].items():
            if name in LISTS or name in ELSEWHERE:
                continue
            if name in PREFIXES and isinstance(value, dict):
                for part, v in value.items():
                    flat.setdefault(f"{PREFIXES[name]}_{part.replace(' ', '_')}", plain(v))
            else:
                flat.setdefault(name, plain(value))
    if confusion := row["outcome"].get("confusion"):
        flat |= {column: percent_of(confusion, name) for name, column in MEASURED.items()}
        flat["confusion"] = json.dumps(confusion, separators=(",", ":"))
    flat["ledger_bits"] = sum(row["outcome"]["ledger_parts"].values())
    return flat


def plain(value: Any) -> Any:
    """Return a value as a table cell holds it: lists as text, named values as JSON."""
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    return " ".join(map(str, value)) if isinstance(value, list) else value


def curve_table(rows: Mapping[str, Row]) -> pd.DataFrame:
    """Return accuracies and seconds per epoch: a row per cell and epoch."""
    records = []
    for key, row in rows.items():
        values = {**row["outcome"], **row["run"]}
        for number, epoch in enumerate(zip(*(values[name] for name in LISTS), strict=True), start=1):
            records.append({"key": key, "epoch": number, **dict(zip(LISTS, epoch, strict=True))})
    return pd.DataFrame.from_records(records, columns=["key", "epoch", *LISTS]).rename(
        columns={"curve_train": "train_accuracy", "curve_heldout": "heldout_accuracy"}
    )
