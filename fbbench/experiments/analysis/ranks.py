"""Methods over several data sets at one budget: mean ranks, and what these can tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from .statistics import LEVEL

CLASS_MEANS = ("random_prototypes", "bep_prototypes")
LEAST_SETS = 5
"""Data sets below which Friedman's chi-square is no approximation, and Nemenyi's difference is larger than any."""


@dataclass(frozen=True)
class Ranks:
    """What ranks say of methods that have rows on all of some data sets.

    Attributes
    ----------
    table : DataFrame
        A line a method, the best first: method_id, method, kind, a column of accuracies a data set, mean_rank (nan
        where a data set lacks it: such methods come last), tied (whether it is not told apart from the first).
    p : float
        Friedman's test that all methods are alike; nan with fewer than three methods or five data sets, or where all
        are equal.
    critical_difference : float
        Nemenyi's: mean ranks that are nearer than this are not told apart, at a level of 0.05; nan likewise.
    """

    table: pd.DataFrame
    datasets: list[str]
    p: float
    critical_difference: float


def holds_means_alone(dataset: str) -> bool:
    """Return whether the mean of each class is all there is to learn of a data set, so that it is kept out of ranks:
    prototypes, of whatever size."""
    return dataset.startswith(CLASS_MEANS)


def common(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the leaderboards of those data sets that have nearly as many methods as the fullest (three quarters): one
    on which many have no rows would take their ranks away."""
    most = max((len(table) for table in tables.values()), default=0)
    return {dataset: table for dataset, table in tables.items() if 4 * len(table) >= 3 * most}


def ranks_of(tables: Mapping[str, pd.DataFrame]) -> Ranks:
    """Return the :class:`Ranks` of leaderboards by data set, see
    :func:`~fbbench.experiments.analysis.leaderboard.ranked`.

    Equal means share the mean of their ranks. Friedman (1937) and Nemenyi (1963), as in Demsar, JMLR 7 (2006).
    """
    datasets = list(tables)
    lines: dict[tuple[str, str], dict] = {}
    for dataset, table in tables.items():
        for line in table.itertuples():
            name = line.method_id.split("[")[0]
            of = lines.setdefault((name, line.method), {"method_id": name, "method": line.method, "kind": line.kind})
            of[dataset] = line.mean
            of["beside_data_bits"] = max(of.get("beside_data_bits", 0), line.beside_data_bits)
    table = pd.DataFrame(list(lines.values()))
    if table.empty:
        return Ranks(table, datasets, math.nan, math.nan)
    whole = table[table[datasets].notna().all(axis=1)]
    alone = len(whole) < 2  # the first of one is nothing
    table["mean_rank"] = math.nan if alone else whole[datasets].rank(ascending=False).mean(axis=1)
    table = table.sort_values(["mean_rank", "method_id"], na_position="last", ignore_index=True)
    n, k = len(datasets), len(whole)
    if n < LEAST_SETS or k < 3 or (whole[datasets].nunique() == 1).all():
        return Ranks(table.assign(tied=False), datasets, math.nan, math.nan)
    p = float(stats.friedmanchisquare(*whole[datasets].to_numpy()).pvalue)
    q = stats.studentized_range.ppf(1 - LEVEL, k, math.inf) / math.sqrt(2)
    difference = float(q * math.sqrt(k * (k + 1) / (6 * n)))
    tied = table.mean_rank - table.mean_rank.min() <= difference
    return Ranks(table.assign(tied=tied), datasets, p, difference)
