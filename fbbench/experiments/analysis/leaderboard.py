"""Methods ranked at one memory budget, from rows of any suites."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fbbench.baselines.protocol import METHODS, method_class, numbers_of

from ...costs import beside_data
from ..planning.budgets import FAR
from ..planning.cells import NAMES, is_outdated
from ..planning.suite import Suite
from ..rows.mixing import setting_of, two_versions
from ..rows.schema import Row
from .measured import measured
from .reckonings import synthesized_of_row
from .statistics import interval

NEAR = 0.5
"""Share by which a method may lie above a budget to be named as left out."""


def ranked(rows: Mapping[str, Row], dataset: str, protocol: str, budget_bits: float) -> pd.DataFrame:
    """Return the methods that have rows on a data set within a budget, the best first.

    Parameters
    ----------
    rows : dict
        Stored rows by key; those of earlier versions are left out.
    dataset, protocol : str
    budget_bits : int
        By the paper's memory model, data included. What counts is what it leaves beside them, as they may be 97 % of
        it and are the same for all.

    Returns
    -------
    DataFrame
        A line per method, as suites call it, at the setting of the highest mean: place, method_id (of that setting),
        method, kind, shape, epochs, mean, low, high (Student's t, within 0 .. 100), seeds, memory_bits,
        beside_data_bits, gates_per_epoch (by the model), built_gates_per_epoch (synthesized; nan where they are not
        counted), settings (how many there were to choose from). One seed has no place: it cannot be told from
        anything. Those come last.

    Raises
    ------
    ValueError
        If there are rows of two versions of the data set.
    """
    best = best_settings(settings_within(rows, dataset, protocol, budget_bits))
    lines, place, leader = [], 0, None
    several = [found for found in best if len(found["rows"]) > 1]
    for found in sorted(several, key=lambda found: (-found["mean"], found["method_id"])):
        if leader is None or told_apart(leader, found["rows"]):
            place, leader = len(lines) + 1, found["rows"]
        lines.append(line_of(found, place))
    single = [found for found in best if len(found["rows"]) == 1]
    lines += [line_of(found, None) for found in sorted(single, key=lambda found: -found["mean"])]
    return pd.DataFrame(lines).astype({"place": "Int64"}) if lines else pd.DataFrame()


def settings_within(rows: Mapping[str, Row], dataset: str, protocol: str, budget_bits: float) -> list[dict[int, Row]]:
    """Return the rows of every setting on a data set within a budget, by seed; ValueError if two versions.

    What a budget leaves beside the data may be exceeded by FAR: widths are whole numbers, so that matched ones lie a
    little above or below.
    """
    settings: dict[str, dict[int, Row]] = {}
    of_data, left = rows_and_room(rows, dataset, protocol, budget_bits)
    within = [row for row in of_data if bits_beside_data(row) <= (1 + FAR) * left]
    for row in within:
        settings.setdefault(setting_of(row), {})[row["identity"]["seed"]] = row
    checksums = {row["identity"]["checksum"] for row in within}
    if len(checksums) > 1:
        raise ValueError(two_versions(f"rows on {dataset}", checksums))
    return list(settings.values())


def rows_and_room(rows: Mapping[str, Row], dataset: str, protocol: str, budget_bits: float) -> tuple[list[Row], float]:
    """Return the rows of a data set and protocol, and the bits that a budget leaves beside the data."""
    of_data = [row for row in rows.values() if is_of(row, dataset, protocol)]
    return of_data, budget_bits - data_bits(of_data)


def best_settings(settings: Sequence[Mapping[int, Row]]) -> list[dict[str, Any]]:
    """Return of every method, by the name that a suite gives it, the setting with the highest mean: one of several
    seeds where there is any, as one seed may be lucky."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for of_seeds in settings:
        mean = sum(map(accuracy, of_seeds.values())) / len(of_seeds)
        asked = Counter((row["asked"]["method_id"], row["asked"]["shape"]) for row in of_seeds.values())
        (method_id, shape), _ = asked.most_common(1)[0]
        method = next(iter(of_seeds.values()))["identity"]["method"]
        found = best.setdefault((method, method_id.split("[")[0]), {"settings": 0, "merit": (False, -1.0)})
        found["settings"] += 1
        if (merit := (len(of_seeds) > 1, mean)) > found["merit"]:
            found.update(merit=merit, mean=mean, shape=shape, method_id=method_id, rows=of_seeds)
    return list(best.values())


def just_above(rows: Mapping[str, Row], dataset: str, protocol: str, budget_bits: float) -> dict[str, float]:
    """Return the methods that have no setting within a budget, and one not far above, by how much (a share of what the
    budget leaves beside the data)."""
    of_data, left = rows_and_room(rows, dataset, protocol, budget_bits)
    least: dict[str, float] = {}
    for row in of_data:
        name = row["asked"]["method_id"].split("[")[0]
        miss = bits_beside_data(row) / max(1.0, left) - 1
        least[name] = min(miss, least.get(name, math.inf))
    return {name: miss for name, miss in sorted(least.items()) if FAR < miss < NEAR}


def left_out(rows: Mapping[str, Row]) -> dict[str, int]:
    """Return how many rows of every method were made by an earlier version of it, and are ranked no more."""
    return dict(Counter(row["identity"]["method"] for row in rows.values() if is_outdated(row["identity"])))


def named_by(suite: Suite, rows: Mapping[str, Row]) -> dict[str, Row]:
    """Return the rows that a suite asks for, under its own names: a row keeps those of the suite that first ran it, and
    one that stands at several budgets comes once for each."""
    planned, found = measured(suite, rows)
    if planned is None:
        return {}
    named = {}
    for line in found.itertuples():
        asked = {name: getattr(line, name) for name in NAMES}
        named[f"{line.key} {line.budget} {line.method_id}"] = {**rows[line.key], "asked": asked}
    return named


def is_of(row: Row, dataset: str, protocol: str) -> bool:
    """Return whether a row is of a data set and protocol, and of this version."""
    identity = row["identity"]
    return (identity["dataset"], identity["protocol"]) == (dataset, protocol) and not is_outdated(identity)


def data_bits(rows: Sequence[Row]) -> float:
    """Return the bits of a data set that methods on bits hold: those of most rows, as floats may be more or less."""
    return Counter(row["outcome"]["memory_parts"].get("data", 0) for row in rows).most_common(1)[0][0] if rows else 0


def bits_beside_data(row: Row) -> float:
    """Return the bits of a row's memory model but the data."""
    return beside_data(row["outcome"]["memory_parts"])


def kind_of(method: str, parameters: Mapping[str, Any]) -> str:
    """Return of what numbers a method is made: binary, integer or float; "" where it is not known here."""
    if method not in METHODS:
        return ""
    known = method_class(method)
    params = {name: value for name, value in parameters.items() if name in known().get_params(deep=False)}
    return numbers_of(known(**params))


def line_of(found: dict[str, Any], place: int | None) -> dict[str, Any]:
    """Return what a table says of a method."""
    first = next(iter(found["rows"].values()))
    outcome, identity = first["outcome"], first["identity"]
    around = interval([row["outcome"]["heldout_accuracy"] for row in found["rows"].values()])
    method = identity["method"]
    return {
        "place": place,
        "method_id": found["method_id"],
        "method": method,
        "shape": found["shape"],
        "epochs": identity["epochs"],
        "mean": found["mean"],
        "low": float(np.clip(around.low, 0, 100)),
        "high": float(np.clip(around.high, 0, 100)),
        "seeds": len(found["rows"]),
        "kind": kind_of(method, outcome["parameters"]),
        "memory_bits": outcome["memory_bits"],
        "beside_data_bits": bits_beside_data(first),
        "gates_per_epoch": outcome["gates_per_batch"] * -(-outcome["n_train"] // identity["batch_size"]),
        "built_gates_per_epoch": synthesized_of_row(identity) * -(-outcome["n_train"] // identity["batch_size"]),
        "settings": found["settings"],
    }


def told_apart(leader: Mapping[str, Row], rows: Mapping[str, Row]) -> bool:
    """Return whether two methods are told apart: the 95 % interval of the difference is without 0.

    Paired by the seeds that both have; by Welch's interval where these are fewer than two.
    """
    shared = sorted(set(leader) & set(rows))
    if len(shared) >= 2:
        differences = [accuracy(leader[seed]) - accuracy(rows[seed]) for seed in shared]
        return interval(differences).low > 0
    a, b = ([accuracy(row) for row in of.values()] for of in (leader, rows))
    return stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95).low > 0


def accuracy(row: Row) -> float:
    """Return a row's held-out accuracy in percent."""
    return row["outcome"]["heldout_accuracy"]
