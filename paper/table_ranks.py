"""All methods at a budget in one view: accuracy on every data set, mean rank, and what ranks can tell."""

import math

import pandas as pd

from fbbench.experiments.analysis.ranks import common, holds_means_alone, ranks_of
from fbbench.experiments.planning.budgets import budget_title
from fbbench.shapes import shape_title

from .formats import number, write_table


def ranks_at(comparison, budget, kind):
    """Return the :class:`~fbbench.experiments.analysis.ranks.Ranks` of a suite at a budget, prototypes left out, given
    the numbers of methods."""
    s, tables = comparison.summary, {}
    for dataset in comparison.datasets:
        here = s[(s.dataset == dataset) & (s.budget == budget)]
        if not holds_means_alone(dataset) and len(here):
            tables[dataset] = here.assign(
                mean=here.accuracy, kind=here.method_id.map(kind), beside_data_bits=here.memory_bits - here.data_bits
            )
    return ranks_of(common(tables))


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s, kind = comparison.summary, comparison.kinds()
    lines, shown, notes = [], [], []
    for budget in comparison.suite.budgets:
        found = ranks_at(comparison, budget, kind)
        if found.table.empty:
            continue
        ranks = found.table.set_index("method_id")
        here = s[s.budget == budget]
        of_method = {method_id: of.set_index("dataset") for method_id, of in here.groupby("method_id", sort=False)}
        ranked = [method_id for method_id in ranks.index if method_id in of_method]  # the best first
        for method_id in (*ranked, *(name for name in of_method if name not in ranks.index)):
            rank, accuracies = ranks.mean_rank.get(method_id, math.nan), of_method[method_id].accuracy
            tied = bool(ranks.tied.get(method_id, False))
            cells = {dataset: accuracies.get(dataset, math.nan) for dataset in comparison.datasets}
            lines.append((budget, method_id, kind[method_id], rank, tied, *cells.values()))
            shown.append(
                {
                    "memory of BMLP": shape_title(budget_title(budget)),
                    "method": comparison.entry(method_id).label,
                    "numbers": kind[method_id],
                    "mean rank": "-" if math.isnan(rank) else f"{rank:.1f}{' =' if tied else ''}",
                    **{comparison.title_of(dataset): number("{:.2f}")(value) for dataset, value in cells.items()},
                }
            )
        if not math.isnan(found.p):
            notes.append(
                f"{budget_title(budget)}: Friedman's test that all are alike, p = {found.p:.2g}; mean ranks less than "
                f"{found.critical_difference:.1f} apart are not told apart (Nemenyi, level 0.05)."
            )
    columns = ["budget", "method_id", "numbers", "mean_rank", "tied", *comparison.datasets]
    said = (
        "Mean rank: over the data sets but the prototypes, where the mean of each class is all there is to learn; -: a "
        "method without rows on all of them; data sets on which many have none are left out. Few data sets tell "
        "little: see each."
    )
    return pd.DataFrame(lines, columns=columns), pd.DataFrame(shown), [*comparison.notes()[:1], said, *notes]


def build(comparison, folder):
    """Write ranks.csv, .md and .tex."""
    return write_table(folder, "ranks", *make(comparison))
