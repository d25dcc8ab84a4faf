"""Every method against BMLP as published, over many data sets: wins, the typical difference, and what tests say."""

import pandas as pd

from fbbench.experiments.analysis.over_datasets import LEAST_SETS, SAME, chances, is_told_apart, typical
from fbbench.experiments.analysis.statistics import LEVEL, holm
from fbbench.experiments.planning.budgets import budget_title
from fbbench.shapes import shape_title

from .formats import write_table

AGAINST = "bmlp_ternary16"

NOTES = (
    f"Against {AGAINST} at the same memory, paired by seeds, which give both the same split. Ahead, behind: told apart "
    "on that data set (t-test at 0.05, corrected as Nadeau and Bengio do for training rows that splits share).",
    "Typical: the median of all means of two differences (Hodges and Lehmann), one a data set; its interval inverts "
    "Wilcoxon's signed-rank test, whose p is corrected (Holm) for the methods at a budget.",
    f"Worse, same, better: how probable it is that most is so over data sets like these, same meaning within {SAME:g} "
    "point (Bayesian signed-rank test, Benavoli et al. 2017).",
)


def differences_of(comparison, method_id, budget):
    """Return {data set: differences by seed} of a method to BMLP, and {data set: (held out, training rows)}."""
    rows = comparison.rows[comparison.rows.budget == budget]
    of = {name: rows[rows.method_id == name].set_index(["dataset", "seed"]) for name in (method_id, AGAINST)}
    shared = of[method_id].index.intersection(of[AGAINST].index)
    found = (of[method_id].loc[shared].heldout_accuracy - of[AGAINST].loc[shared].heldout_accuracy).sort_index()
    first = rows[rows.method_id == AGAINST].drop_duplicates("dataset").set_index("dataset")
    sizes = {line.Index: (line.n_heldout, line.n_train) for line in first.itertuples()}
    return {name: values.to_numpy() for name, values in found.groupby(level="dataset")}, sizes


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    lines, shown = [], []
    for budget in comparison.suite.budgets:
        here = []
        for entry in comparison.suite.methods:
            by_dataset, sizes = differences_of(comparison, entry.id, budget)
            if entry.id == AGAINST or len(by_dataset) < LEAST_SETS:
                continue
            means = {name: values.mean() for name, values in by_dataset.items()}
            apart = [name for name, values in by_dataset.items() if is_told_apart(values, *sizes[name])]
            over, (worse, same, better) = typical(list(means.values())), chances(list(means.values()))
            here.append(
                {
                    "budget": budget, "method_id": entry.id, "datasets": len(means),
                    "ahead": sum(means[name] > 0 for name in apart), "behind": sum(means[name] < 0 for name in apart),
                    "typical": over.value, "low": over.low, "high": over.high, "p": over.p, "worse": worse,
                    "same": same, "better": better,
                }
            )  # fmt: skip
        for line, p in zip(here, holm([line["p"] for line in here]), strict=True):
            lines.append({**line, "p": p})
    for line in lines:
        shown.append(
            {
                "memory of BMLP": shape_title(budget_title(line["budget"])),
                "method": comparison.entry(line["method_id"]).label,
                "numbers": comparison.kinds()[line["method_id"]],
                "ahead / behind": f"{line['ahead']} / {line['behind']} of {line['datasets']}",
                "typical difference": f"{line['typical']:+.2f} ({line['low']:+.2f} .. {line['high']:+.2f})",
                "p": f"{line['p']:.2g}" + ("" if line["p"] > LEVEL else " *"),
                "worse / same / better": "{worse:.2f} / {same:.2f} / {better:.2f}".format(**line),
            }
        )
    return pd.DataFrame(lines), pd.DataFrame(shown), [*comparison.notes()[:1], *NOTES]


def build(comparison, folder):
    """Write over_datasets.csv, .md and .tex."""
    return write_table(folder, "over_datasets", *make(comparison))
