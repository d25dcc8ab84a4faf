"""Rows of a store as data frames: one row a cell, and mean and spread over seeds."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..planning.cells import Cell
from ..rows.mixing import check_one_setting, setting_of, two_versions
from ..rows.schema import MEASURED_SINCE, Row
from .floor import floor_of, is_at_floor

KEY = ("dataset", "method_id", "method", "label", "budget", "shape")


def cell_rows(cells: Iterable[Cell], rows: Mapping[str, Row]) -> pd.DataFrame:
    """Return the finished cells of a plan as a data frame; cells without an outcome are missing.

    Rows (by key, see :class:`~fbbench.experiments.rows.store.Store`) are found by all that identifies them but the
    checksum of the data, which need not be on this machine. Columns: the cell's names, ``key``, ``checksum``,
    ``setting`` (see :mod:`fbbench.experiments.rows.mixing`), ``arithmetic``, and everything of the row's outcome and
    run.

    Raises
    ------
    ValueError
        If there are rows of a cell for two versions of its data.
    """
    by_identity = {}
    for key, row in rows.items():
        by_identity.setdefault(without_checksum(row["identity"]), []).append((key, row))
    records = []
    for cell in cells:
        found = by_identity.get(without_checksum(cell.identity(None)), [])
        if len(found) > 1:
            checksums = [row["identity"]["checksum"] for _, row in found]
            raise ValueError(two_versions(f"rows of {cell.title}", checksums))
        for key, row in found:
            names = {name: getattr(cell, name) for name in (*KEY, "protocol", "epochs", "seed")}
            arithmetic = str(row["outcome"]["parameters"].get("arithmetic", "float32"))
            about = {
                "key": key,
                "checksum": row["identity"]["checksum"],
                "setting": setting_of(row),
                "arithmetic": arithmetic,
                "floor": floor_of(row),
            }
            records.append({**row["run"], **row["outcome"], **names, **about})  # what is checked is not written over
    return pd.DataFrame.from_records(records)


def without_checksum(identity: Mapping[str, Any]) -> str:
    """Return an identity as text, without the checksum of the data."""
    return json.dumps({**identity, "checksum": None}, sort_keys=True)


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean and population standard deviation over seeds, one row per data set, method and budget; ``at_floor``:
    whether it is no better than always saying the most frequent class.

    Raises
    ------
    ValueError
        If rows that would be averaged are not runs of one setting; the message says what differs.
    """
    if rows.empty:
        return rows
    rows = rows.assign(**{name: math.nan for name in MEASURED_SINCE if name not in rows})
    groups = rows.groupby(list(KEY), sort=False)
    for (dataset, method_id, *_), some in groups:
        check_one_setting(some, f"rows of {method_id} on {dataset}")
    summary = groups.agg(
        accuracy=("heldout_accuracy", "mean"),
        spread=("heldout_accuracy", lambda values: values.std(ddof=0)),
        train_accuracy=("train_accuracy", "mean"),
        n_seeds=("seed", "nunique"),
        memory_bits=("memory_bits", "first"),
        data_bits=("memory_parts", lambda parts: parts.iloc[0].get("data", 0)),
        ledger_bits=("ledger_parts", lambda parts: sum(parts.iloc[0].values())),
        gates=("gates_per_batch", "first"),
        seconds_per_epoch=("seconds_per_epoch", "mean"),
        wall_seconds=("wall_seconds", "mean"),
        training_memory_bytes=("training_memory_bytes", "min"),
        predict_one_seconds=("predict_one_seconds", "median"),
        predict_thousand_seconds=("predict_thousand_seconds", "median"),
        epochs=("epochs", "first"),
        n_train=("n_train", "first"),
        encoder=("encoder", "first"),
        floor=("floor", "mean"),
        n_heldout=("n_heldout", "first"),
        arithmetic=("arithmetic", "first"),
    )
    summary = summary.reset_index()
    summary["at_floor"] = [
        is_at_floor(line.accuracy, line.floor, line.n_heldout, line.method) for line in summary.itertuples()
    ]
    return summary
