"""What a few seeds can and cannot show: intervals, paired tests, and the smallest difference they could have found.

A seed decides the split and the order of samples for every method alike, so methods are compared seed by seed.
"""

import functools
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

LEVEL = 0.05
"""Chance of calling at least one pair of equal methods different, over all pairs that are compared together."""

BOOTSTRAP_FROM = 20
"""Seeds from which on an interval is bootstrapped. Resampling 3 seeds covers the mean in 77 % of cases where 95 % is
said, 10 seeds in 87 % (measured on normal values, tests/experiments/analysis/test_statistics.py); Student's t covers it
at any number."""

BOOTSTRAP_TO = 200
"""Seeds beyond which both intervals are the same and resampling only takes time."""

EXACT_UP_TO = 14
"""Pairs up to which every change of signs is tried."""

RANDOM_SIGNS = 99_999
"""Changes of signs that are tried at random beyond."""

POWER = 0.8

SIMULATED = 1_000
"""Experiments drawn to find what a permutation test of few pairs can show: the power is right to about 0.013."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a mean; ``how`` is "t" or "bootstrap"; both ends are nan for a single value."""

    low: float
    high: float
    how: str


def interval(values: npt.ArrayLike) -> Interval:
    """Return the 95 % :class:`Interval` of the mean of some values: Student's t; bootstrap (BCa) of 20 to 200."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return Interval(math.nan, math.nan, "t")
    mean, spread = values.mean(), values.std(ddof=1)
    if BOOTSTRAP_FROM <= len(values) <= BOOTSTRAP_TO and spread > 0:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nearly equal values, which get the other interval
            found = stats.bootstrap((values,), np.mean, confidence_level=1 - LEVEL, rng=np.random.default_rng(0))
        if np.isfinite(found.confidence_interval).all():
            low, high = map(float, found.confidence_interval)
            return Interval(low, high, "bootstrap")
    half = stats.t.ppf(1 - LEVEL / 2, len(values) - 1) * spread / math.sqrt(len(values))
    return Interval(float(mean - half), float(mean + half), "t")


def permutation_p(differences: npt.ArrayLike) -> float:
    """Return the p-value of a paired permutation test, two-sided: how often the mean of differences is as far from 0
    with signs changed at random. Exact up to 14 pairs. 1 where all differences are 0."""
    differences = np.asarray(differences, dtype=float)
    n = len(differences)
    if n <= EXACT_UP_TO:
        sums = np.abs(all_signs(n) @ differences)  # the first as is
        return float(np.mean(sums >= sums[0] - same(differences)))
    signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(RANDOM_SIGNS, n))
    as_far = np.abs(signs @ differences) >= abs(differences.sum()) - same(differences)
    return float((as_far.sum() + 1) / (RANDOM_SIGNS + 1))


def all_signs(n: int) -> np.ndarray:
    """Return every change of signs of n values up to a common one, (2^(n - 1), n); the first changes none."""
    return 1.0 - 2 * ((np.arange(1 << (n - 1))[:, None] >> np.arange(n)) & 1)


def same(differences: npt.ArrayLike) -> np.ndarray:
    """Return how close two sums of some differences are that only rounding tells apart."""
    return 1e-9 * np.abs(differences).sum()


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected by Holm's method for so many comparisons at once, in their order."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return corrected.tolist()


def seeds_needed(n_comparisons: int = 1) -> int:
    """Return the smallest number of seeds with which a paired permutation test can find any difference at all.

    With n seeds no p-value is below 2^(1 - n), which Holm multiplies by the number of comparisons not yet decided.
    """
    return math.ceil(1 + math.log2(n_comparisons / LEVEL))


def detectable_difference(differences: npt.ArrayLike, n_comparisons: int = 1) -> float:
    """Return the true difference that these seeds would find in 80 of 100 cases, given how much differences scatter.

    Of a permutation test at the level of 0.05 / n_comparisons on normal differences; infinite where there are too few
    seeds for any, nan where all differences are the same.
    """
    differences = np.asarray(differences, dtype=float)
    n = len(differences)
    if n < max(2, seeds_needed(n_comparisons)):
        return math.inf
    spread = differences.std(ddof=1)
    if spread <= same(differences):  # they tell nothing of how seeds scatter
        return math.nan
    return float(detectable_shift(n, LEVEL / n_comparisons) * spread)


@functools.lru_cache(maxsize=256)
def detectable_shift(n: int, level: float) -> float:
    """Return the mean, in standard deviations, that a paired test of n normal differences finds in 80 of 100 cases.

    Simulated where every change of signs is tried: with few pairs p-values are far apart, and Student's t would promise
    too much. Of the t-test beyond, which is close there.
    """
    if n > EXACT_UP_TO:
        cut = stats.t.ppf(1 - level / 2, n - 1)
        # the other tail adds nothing at this power
        return optimize.brentq(lambda shift: stats.nct.sf(cut, n - 1, shift) - POWER, 0.5, 3 * cut + 3) / math.sqrt(n)
    signs = all_signs(n)
    sums, of_mean = signs @ np.random.default_rng(0).normal(size=(n, SIMULATED)), signs.sum(axis=1, keepdims=True)

    def power(shift: float) -> float:
        means = np.abs(sums + shift * of_mean)
        return np.mean((means >= means[0] - 1e-9).mean(axis=0) <= level) - POWER

    high = 1.0
    while power(high) < 0:
        high *= 2
    return optimize.bisect(power, 0.0, high, xtol=1e-3)


@dataclass(frozen=True)
class Difference:
    """One comparison of two methods, A minus B, in percentage points.

    p is Holm's for all comparisons made together. verdict: "A", "B", "tie" (not told apart by these seeds), or "too
    few seeds" (no result could have told them apart: that takes ``seeds_needed``).
    """

    n_seeds: int
    mean_a: float
    mean_b: float
    mean: float
    interval: Interval
    p: float
    detectable: float
    verdict: str
    seeds_needed: int


def compare_all(pairs: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> list[Difference]:
    """Compare methods seed by seed.

    Parameters
    ----------
    pairs : list of (accuracies of A, accuracies of B)
        Arrays of equal length, one value per seed in the same order; compared together, so p-values are corrected
        for their number.

    Returns
    -------
    list of Difference
    """
    samples = [(np.asarray(a, dtype=float), np.asarray(b, dtype=float)) for a, b in pairs]
    corrected = holm([permutation_p(a - b) for a, b in samples])
    n_undecided = sum(p > LEVEL for p in corrected)
    found = []
    for (a, b), p in zip(samples, corrected, strict=True):
        difference = a - b
        mean = float(difference.mean())
        against = max(1, n_undecided + (p <= LEVEL))  # Holm: the others that are decided do not count any more
        if p <= LEVEL:
            verdict = "A" if mean > 0 else "B"
        else:
            verdict = "too few seeds" if len(a) < seeds_needed(against) else "tie"
        found.append(
            Difference(
                n_seeds=len(a),
                mean_a=float(a.mean()),
                mean_b=float(b.mean()),
                mean=mean,
                interval=interval(difference),
                p=p,
                detectable=detectable_difference(difference, against),
                verdict=verdict,
                seeds_needed=seeds_needed(against),
            )
        )
    return found
