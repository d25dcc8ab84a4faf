"""Two methods over many data sets: one difference a set, and what signed ranks and a Bayesian test of them say.

Demsar, *Statistical comparisons of classifiers over multiple data sets*, JMLR 7 (2006); Benavoli, Corani, Demsar,
Zaffalon, *Time for a change*, JMLR 18 (2017). Within a small data set, where training rows of seeds overlap: Nadeau,
Bengio, *Inference for the generalization error*, Machine Learning 52 (2003).
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from ...optional import require
from .statistics import LEVEL

LEAST_SETS = 6
"""Data sets below which no signed-rank test can reach a level of 0.05."""

SAME = 1.0
"""Points of accuracy within which the Bayesian test takes two methods for the same."""

DRAWS = 50_000


@dataclass(frozen=True)
class Typical:
    """The difference that is typical over data sets (Hodges and Lehmann's: the median of all means of two), in points,
    with the interval that the signed-rank test inverts to, and its two-sided p-value; nan where there are too few
    sets."""

    value: float
    low: float
    high: float
    p: float
    n: int


def typical(differences: npt.ArrayLike, level: float = LEVEL) -> Typical:
    """Return the :class:`Typical` of differences, one a data set."""
    values = np.asarray(differences, dtype=float)
    n = len(values)
    first, second = np.triu_indices(n)
    means = np.sort((values[first] + values[second]) / 2)
    value = float(np.median(means)) if n else math.nan
    if n < LEAST_SETS:
        return Typical(value, math.nan, math.nan, math.nan, n)
    p = 1.0 if not values.any() else float(stats.wilcoxon(values, zero_method="pratt").pvalue)
    n_outside = outside(n, level)
    if n_outside == 0:  # the least p-value there is lies above the level
        return Typical(value, -math.inf, math.inf, p, n)
    return Typical(value, float(means[n_outside - 1]), float(means[-n_outside]), p, n)


@functools.cache
def outside(n: int, level: float) -> int:
    """Return how many means of two, counted from either end, lie outside of the interval or at its end: the most for
    which a signed-rank sum of n values is lower with a chance of at most half the level, by its exact distribution."""
    ways = np.ones(1)
    for rank in range(1, n + 1):  # sums of the ranks that have a plus
        longer = np.zeros(len(ways) + rank)
        longer[: len(ways)] += ways / 2
        longer[rank:] += ways / 2
        ways = longer
    return int(np.searchsorted(np.cumsum(ways), level / 2 * (1 + 1e-12), side="right"))


def chances(differences: npt.ArrayLike, same: float = SAME) -> tuple[float, float, float]:
    """Return how probable it is, given the differences, that most is behind, within ``same`` points, or ahead: the
    Bayesian signed-rank test, of package baycomp. Most of what: of means of two differences, over data sets like these.

    Raises
    ------
    ImportError
        If baycomp is not installed.
    """
    baycomp = require("baycomp", "the Bayesian test needs baycomp", "paper")
    values = np.asarray(differences, dtype=float)
    found = baycomp.SignedRankTest(np.zeros(len(values)), values, rope=same, nsamples=DRAWS, random_state=0)
    behind, alike, ahead = found.probs()
    return float(behind), float(alike), float(ahead)


def resampled_error(differences: npt.ArrayLike, n_heldout: int, n_train: int) -> float:
    """Return the standard error of a mean of differences, a seed each, where every seed splits one data set anew."""
    return math.sqrt(variance_of_mean(differences, n_heldout / n_train))


def variance_of_mean(values: npt.ArrayLike, overlap: float = 0.0) -> float:
    """Return the variance of the mean of values, a seed each. overlap: held-out over training rows, where every seed
    splits one data set anew: training rows of two splits overlap, so that seeds are not independent, and the variance
    counts with 1 / n + overlap in place of 1 / n (Nadeau and Bengio)."""
    values = np.asarray(values, dtype=float)
    return float(values.var(ddof=1)) * (1 / len(values) + overlap)


def is_told_apart(differences: npt.ArrayLike, n_heldout: int, n_train: int, level: float = LEVEL) -> bool:
    """Return whether the mean of differences of seeds on one data set is surely not 0: corrected resampled t-test."""
    values = np.asarray(differences, dtype=float)
    if len(values) < 2 or not values.any():
        return False
    if not values.var():  # of few held-out rows; what a test of signs can tell
        return 2.0 ** (1 - len(values)) <= level
    error = resampled_error(values, n_heldout, n_train)
    return abs(values.mean()) > stats.t.ppf(1 - level / 2, len(values) - 1) * error
