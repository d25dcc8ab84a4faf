"""Claims about results, and what the measured rows say of each: reproduced, within noise, contradicted, or not run.

A claim compares methods at some data sets and budgets. Intervals are Student's t of differences paired by seed (Welch's
where a claim says that seeds do not pair, and where a published mean has a spread of its own), widened (Bonferroni) for
all the comparisons that a claim makes together, so that they hold together in 95 of 100 cases.

========  ====================================================================================================
kind      reproduced if                                         contradicted if
========  ====================================================================================================
ahead     every interval of A - B is above 0                    one is below 0
mostly    over data sets, A - B is above 0 (signed ranks)       it is below 0
level     every interval lies within +-margin                   one lies outside
size      A - B is the published difference, within both noises it is not
accuracy  A is the published accuracy, within both noises       it is not
gates     gates of B / gates of A lie in low .. high, or above  one does not
          low where there is no high
========  ====================================================================================================

Of ``mostly``, a line is a budget and a b: the typical difference over all data sets, one mean over seeds each.

Within noise: neither; for size, also where the noise is more than a quarter of what is claimed. Not run: a comparison
lacks rows, and none of the others contradicts the claim.
"""

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import stats

from ...costs import total_gates
from ...costs.instructions import DATASET, SUITE, instructions_of
from ...datasets import describe
from ...nearest import nearest
from ..planning.budgets import task_under
from ..planning.cells import plan
from ..planning.suite_files import load_suite
from ..rows.mixing import check_one_setting, check_same_data
from ..rows.schema import Row
from .claims import CONTRADICTED, NOT_RUN, OUTCOMES, REPRODUCED, SAID_BY, WITHIN_NOISE, Claim
from .measured import measured
from .over_datasets import typical, variance_of_mean
from .reckonings import reckoned
from .statistics import LEVEL

FEW_SEEDS = 5
"""Below so many seeds, Student's t is so wide that a claim which holds is often within noise."""
ON_DEVICE = "instructions on "
"""Begins how claims about microcontrollers are reckoned."""
TELLS_NOTHING = 100
"""Points of accuracy from which on an interval says only that there are too few runs."""


@dataclass(frozen=True)
class Line:
    """One comparison of a claim: A - B (or A, or the ratio) with its interval, and the keys of the rows behind it."""

    where: str
    value: float
    low: float
    high: float
    n_seeds: int
    keys: tuple[str, ...]

    @property
    def tells_nothing(self) -> bool:
        """Whether the interval is so wide that it says only that there are too few runs."""
        return bool(self.keys) and self.high - self.low > TELLS_NOTHING


@dataclass(frozen=True)
class Verdict:
    """What the rows say of a claim in a form. missing: comparisons without rows, in words."""

    claim: Claim
    form: str
    outcome: str
    lines: list[Line]
    missing: list[str]

    @property
    def is_worse_than_expected(self) -> bool:
        """Whether the claim was reproduced when it was last looked at, and rows say now that it is not. Where there are
        no rows, nothing is said, nor where the noise of a few seeds is all there is."""
        was_reproduced = self.claim.expected.get(self.form) == REPRODUCED
        return was_reproduced and (
            self.outcome == CONTRADICTED or (self.outcome == WITHIN_NOISE and not self.is_of_few)
        )

    @property
    def is_of_few(self) -> bool:
        """Whether a comparison has so few seeds that a claim which holds would often be within noise."""
        return any(line.keys and line.n_seeds < FEW_SEEDS for line in self.lines)

    @property
    def decisive(self) -> Line | None:
        """The line that decides: nearest to contradicting the claim, or furthest beyond; None where there is none."""
        if not self.lines:
            return None
        return max(self.lines, key=lambda line: distance(self.claim, line, self.outcome == CONTRADICTED))


def distance(claim: Claim, line: Line, contradicted: bool) -> float:
    """Return how far a line lies from what is claimed: its far end, or its near one where the claim is contradicted."""
    if claim.kind in ("ahead", "mostly"):
        return -(line.high if contradicted else line.low)
    if claim.kind == "level":
        return max(line.low, -line.high) if contradicted else max(line.high, -line.low)
    return max(line.value - claim.high, claim.low - line.value) if claim.kind == "gates" else 0.0


def tallies(verdicts: Collection[Verdict]) -> dict[str, str]:
    """Return how many verdicts there are of each outcome, in words, by whose claims they are of, in words."""
    counts = {}
    for of, said_by in SAID_BY.items():
        outcomes = [verdict.outcome for verdict in verdicts if verdict.claim.of == of]
        if outcomes:
            said = [f"{outcomes.count(name)} {name}" for name in OUTCOMES if name in outcomes]
            counts[said_by] = f"{len(outcomes)} verdicts: {', '.join(said)}"
    return counts


class Evidence:
    """Measured rows by suite, read when a claim needs them. ``rows_of``: suite name -> rows by key."""

    def __init__(self, rows_of: Callable[[str], Mapping[str, Row]]) -> None:
        self._rows_of, self._suites, self._known = rows_of, {}, {}

    def rows(self, suite_name: str) -> pd.DataFrame:
        """Return the data frame of a suite."""
        if suite_name not in self._suites:
            suite = load_suite(suite_name)
            self._suites[suite_name] = measured(suite, self._rows_of(suite_name))[1]
        return self._suites[suite_name]

    def at(self, suite_name: str, method: str, dataset: str, budget: str) -> pd.DataFrame:
        """Return the rows of a method (``suite:id`` or id), by seed."""
        name, _, method = method.rpartition(":")
        self._check(name or suite_name, method, dataset, budget)
        rows = self.rows(name or suite_name)
        if rows.empty:
            return rows
        rows = rows[(rows.dataset == dataset) & (rows.method_id == method) & (rows.budget == budget)]
        check_one_setting(rows, f"rows of {method} on {dataset} at {budget}")
        return rows.set_index("seed").sort_index()

    def _check(self, suite_name: str, method: str, dataset: str, budget: str) -> None:
        """Raise ValueError, with the nearest name, if a suite has no such method, data set or budget."""
        suite = self._known.setdefault(suite_name, None) or load_suite(suite_name)
        self._known[suite_name] = suite
        for what, name, known in (
            ("method", method, [entry.id for entry in suite.methods]), ("data set", dataset, suite.datasets),
            ("budget", budget, suite.budgets),
        ):  # fmt: skip
            if name not in known:
                raise ValueError(
                    f"a claim names the {what} {name!r}, which the suite {suite_name} has not{nearest(name, known)}; "
                    f"it has {', '.join(known)}"
                )

    def gates_at(
        self, suite_name: str, method: str, dataset: str, budget: str, per: str, by: str = "model", **of_float: Any
    ) -> float:
        """Return the gates or the energy of a method (``suite:id`` or id), of a mini-batch or a whole training, or the
        instructions of a row; the rest as in :func:`~fbbench.experiments.analysis.reckonings.reckoned`."""
        name, _, method = method.rpartition(":")
        self._check(name or suite_name, method, dataset, budget)
        if by.startswith(ON_DEVICE):
            if (name or suite_name, dataset) != (SUITE, DATASET):
                raise ValueError(
                    f"instructions were counted of {SUITE} on {DATASET}; got {name or suite_name}, {dataset}"
                )
            return instructions_of(method, budget, by.removeprefix(ON_DEVICE))
        suite = load_suite(name or suite_name).narrowed(n_seeds=1, datasets=[dataset], methods=[method])
        cell = next((cell for cell in plan(suite).cells if cell.budget == budget), None)
        if cell is None:
            raise ValueError(f"suite {name or suite_name} does not run {method} on {dataset} at the budget {budget!r}")
        task = task_under(describe(dataset), suite.protocol)
        made = cell.make()
        batches = cell.gates // total_gates(made.gates(task)) if per == "training" else 1
        return reckoned(made, task, by, **of_float) * batches


def comparisons(claim: Claim, put_in: Mapping[str, str]) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield (where, data set, sides) of every comparison of a claim in a form; a side is a method and its budget."""
    for dataset, budget, b in itertools.product(claim.datasets, claim.budgets, claim.b or [""]):
        sides = [(claim.a.format(**put_in), claim.a_budget or budget)]
        if b:
            sides.append((b.format(**put_in), claim.b_budget or budget))
        yield f"{dataset}, {budget}" + (f", {sides[1][0]}" if len(claim.b) > 1 else ""), dataset, sides


def judge(claim: Claim, evidence: Evidence) -> list[Verdict]:
    """Return the :class:`Verdict` of a claim in each of its forms."""
    return [judge_form(claim, form, put_in, evidence) for form, put_in in claim.forms.items()]


def judge_form(claim: Claim, form: str, put_in: Mapping[str, str], evidence: Evidence) -> Verdict:
    """Return the :class:`Verdict` of a claim in one form."""
    if claim.kind == "gates":
        return judge_gates(claim, form, put_in, evidence)
    pairs, missing = [], []
    for where, dataset, sides in comparisons(claim, put_in):
        found = [evidence.at(claim.suite, name, dataset, budget) for name, budget in sides]
        if min(map(len, found)):
            check_same_data(*found)
        if len(found) == 2 and claim.paired:
            seeds = found[0].index.intersection(found[1].index)
            found = [rows.loc[seeds] for rows in found]
        if min(map(len, found)) < 2:
            missing.append(where)
        else:
            pairs.append((where, found))
    if claim.kind == "mostly":
        lines = [] if missing else lines_over_datasets(claim, put_in, [found for _, found in pairs])
    else:
        lines = [line_of(claim, where, found, len(pairs) + len(missing)) for where, found in pairs]
    outcome = outcome_of(claim, lines) if lines else NOT_RUN
    if missing and outcome != CONTRADICTED:  # what has not been run might contradict it
        outcome = NOT_RUN
    return Verdict(claim, form, outcome, lines, missing)


def lines_over_datasets(claim: Claim, put_in: Mapping[str, str], found: Sequence[Sequence[pd.DataFrame]]) -> list[Line]:
    """Return a :class:`Line` for every budget and b of a claim, given the rows of all comparisons in their order."""
    names = [f"{budget}, {b.format(**put_in)}" for budget, b in itertools.product(claim.budgets, claim.b)]
    lines = []
    for number, name in enumerate(names):
        pairs = found[number :: len(names)]
        differences = [a.heldout_accuracy.mean() - b.heldout_accuracy.mean() for a, b in pairs]
        over = typical(differences, LEVEL / len(names))
        keys = tuple(key for pair in pairs for rows in pair for key in rows.key)
        n_seeds = min(len(rows) for pair in pairs for rows in pair)
        lines.append(Line(f"{len(pairs)} data sets, {name}", over.value, over.low, over.high, n_seeds, keys))
    return lines


def judge_gates(claim: Claim, form: str, put_in: Mapping[str, str], evidence: Evidence) -> Verdict:
    """Return the :class:`Verdict` of a claim about gates: they follow from shapes, so nothing need be run."""
    lines = []
    for where, dataset, sides in comparisons(claim, put_in):
        (a, a_budget), (b, b_budget) = sides
        of_a = evidence.gates_at(claim.suite, a, dataset, a_budget, claim.per, by=claim.by)
        of_float = {"numbers": claim.numbers, "sign_inputs": claim.sign_inputs}
        of_b = evidence.gates_at(claim.suite, b, dataset, b_budget, claim.per, by=claim.by, **of_float)
        lines.append(Line(where, of_b / of_a, of_b / of_a, of_b / of_a, 0, ()))
    return Verdict(claim, form, outcome_of(claim, lines), lines, [])


def line_of(claim: Claim, where: str, found: Sequence[pd.DataFrame], n_together: int) -> Line:
    """Return the :class:`Line` of one comparison among ``n_together``."""
    keys = tuple(key for rows in found for key in rows.key)
    samples = [rows.heldout_accuracy.to_numpy() for rows in found]
    if len(samples) == 2 and claim.paired:
        samples = [samples[0] - samples[1]]
    mean = float(samples[0].mean() - (samples[1].mean() if len(samples) == 2 else 0.0))
    overlap = found[0].n_heldout.iloc[0] / found[0].n_train.iloc[0] if claim.resampled else 0.0
    variances = [(variance_of_mean(values, overlap), len(values)) for values in samples]
    if claim.kind in ("size", "accuracy"):
        variances.append((claim.published_error**2, claim.published_runs))
    half = half_width(variances, LEVEL / n_together)
    return Line(where, mean, mean - half, mean + half, min(map(len, samples)), keys)


def half_width(variances: Sequence[tuple[float, int]], level: float) -> float:
    """Return half of the interval of a sum of independent means, given (variance of the mean, runs) of each.

    Degrees of freedom by Welch and Satterthwaite; of one mean they are runs - 1.
    """
    together = sum(variance for variance, _ in variances)
    if not together:
        return 0.0
    freedom = together**2 / sum(variance**2 / (runs - 1) for variance, runs in variances)
    return float(stats.t.ppf(1 - level / 2, freedom)) * math.sqrt(together)


def outcome_of(claim: Claim, lines: Sequence[Line]) -> str:
    """Return in a word what the lines of a claim say."""
    if claim.kind in ("ahead", "mostly"):
        holds, fails = all(line.low > 0 for line in lines), any(line.high < 0 for line in lines)
    elif claim.kind == "level":
        holds = all(-claim.margin <= line.low and line.high <= claim.margin for line in lines)
        fails = any(line.low > claim.margin or line.high < -claim.margin for line in lines)
    elif claim.kind == "gates":
        holds = all(claim.low <= line.value <= claim.high for line in lines)
        fails = not holds
    else:
        (line,) = lines
        fails = not line.low <= claim.published <= line.high
        precise = claim.kind == "accuracy" or line.high - line.low <= abs(claim.published) / 2
        holds = not fails and precise
    return CONTRADICTED if fails else REPRODUCED if holds else WITHIN_NOISE
