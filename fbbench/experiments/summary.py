"""Rows of a store as data frames: one row a cell, and mean and spread over seeds."""

import pandas as pd

KEY = ("dataset", "method_id", "method", "label", "budget", "shape")
MUST_NOT_DIFFER = ("protocol", "selection", "n_train", "n_heldout", "encoder", "encoder_saw_heldout", "epochs")


def cell_rows(cells, store):
    """Return the finished cells of a plan as a data frame; cells without an outcome are missing.

    Raises
    ------
    ValueError
        If the store holds two outcomes of a cell that differ in their data.
    """
    by_identity = {}
    for row in store.rows().values():
        without = {k: v for k, v in row["identity"].items() if k != "checksum"}
        key = repr(sorted(without.items()))
        if key in by_identity:
            raise ValueError(f"{store.folder} holds {without} for two versions of the data; use a store for each")
        by_identity[key] = row
    records = []
    for cell in cells:
        without = {k: v for k, v in cell.identity(None).items() if k != "checksum"}
        row = by_identity.get(repr(sorted(without.items())))
        if row is not None:
            names = {name: getattr(cell, name) for name in (*KEY, "protocol", "epochs", "seed")}
            outcome = {k: v for k, v in row.items() if k not in ("identity", "store_version")}
            records.append({**names, **outcome, "arithmetic": dict(cell.params).get("arithmetic", "float32")})
    return pd.DataFrame.from_records(records)


def summarise(rows):
    """Return mean and population standard deviation over seeds, one row per data set, method and budget.

    Raises
    ------
    ValueError
        If rows that would be averaged differ in protocol, selection, samples, encoder or epochs.
    """
    if rows.empty:
        return rows
    groups = rows.groupby(list(KEY), sort=False)
    for name in MUST_NOT_DIFFER:
        if (groups[name].nunique() > 1).any():
            raise ValueError(f"rows that differ in {name} must not be averaged")
    summary = groups.agg(
        accuracy=("heldout_accuracy", "mean"),
        spread=("heldout_accuracy", lambda values: values.std(ddof=0)),
        train_accuracy=("train_accuracy", "mean"),
        n_seeds=("seed", "nunique"),
        memory_bits=("memory_bits", "first"),
        data_bits=("memory_parts", lambda parts: parts.iloc[0]["data"]),
        ledger_bits=("ledger_parts", lambda parts: sum(parts.iloc[0].values())),
        gates=("gates_per_batch", "first"),
        seconds_per_epoch=("seconds_per_epoch", "mean"),
        epochs=("epochs", "first"),
        n_train=("n_train", "first"),
        encoder=("encoder", "first"),
        arithmetic=("arithmetic", "first"),
    )
    return summary.reset_index()
