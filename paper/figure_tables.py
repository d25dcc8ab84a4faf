"""Many data sets at once: measured beside published, and every method beside BMLP."""

import matplotlib.pyplot as plt

from fbbench.shapes import shape_title

from .formats import write_figure
from .marks import marks
from .table_over_datasets import AGAINST, differences_of

FURTHEST = 15
"""Points of difference beyond which a data set is drawn there."""


def build_published(comparison, folder):
    """Write measured_less_published.png, .svg and .pdf: a panel a method, a line a data set, three budgets."""
    s = comparison.summary[comparison.summary.difference.notna()]
    methods = [entry.id for entry in comparison.suite.methods if entry.id in set(s.method_id)]
    names = list(dict.fromkeys(s.dataset))[::-1]
    figure, panels = plt.subplots(1, len(methods), figsize=(2.3 * len(methods) + 1, 6.4), sharey=True, sharex=True)
    for panel, method_id in zip(panels, methods, strict=True):
        for shift, (budget, marker) in enumerate(zip(comparison.suite.budgets, "osD", strict=True)):
            of = s[(s.method_id == method_id) & (s.budget == budget)].set_index("dataset")
            there = [name for name in names if name in of.index]
            y = [names.index(name) + 0.25 * (1 - shift) for name in there]
            panel.errorbar(
                of.difference[there].clip(-20, 20), y, xerr=2 * of.standard_error[there], fmt=marker, markersize=3.5,
                linewidth=0.8, color=plt.cm.viridis(0.15 + 0.35 * shift), label=shape_title(budget),
            )  # fmt: skip
        panel.axvline(0, color="0.4", linewidth=0.8)
        panel.axvspan(-1.5, 1.5, color="0.93", zorder=0)
        panel.set_title(comparison.entry(method_id).label.replace(" (", "\n("), fontsize=8.5)
        panel.set_xlim(-21, 21)
    panels[0].set_yticks(range(len(names)), [name.removeprefix("uci_") for name in names])
    panels[0].set_ylim(-0.7, len(names) - 0.3)
    figure.supxlabel(
        "measured less published, points (bars: two standard errors; beyond 20 drawn at 20; grey: within 1.5)",
        fontsize=9,
    )
    handles, labels = panels[-1].get_legend_handles_labels()
    figure.tight_layout()
    figure.legend(
        handles, [f"memory of BMLP {label}" for label in labels], loc="upper center", bbox_to_anchor=(0.55, 0.0),
        ncols=3, fontsize=8.5,
    )  # fmt: skip
    return write_figure(folder, "measured_less_published", figure)


def build_beside_bmlp(comparison, folder):
    """Write beside_bmlp.png, .svg and .pdf: differences to BMLP of every method at every budget, a point a data set."""
    looks = marks(comparison)
    have = set(comparison.rows.method_id) - {AGAINST}
    methods = [entry.id for entry in comparison.suite.methods if entry.id in have][::-1]
    budgets = comparison.suite.budgets
    figure, panels = plt.subplots(1, len(budgets), figsize=(9.2, 0.42 * len(methods) + 1.6), sharey=True, sharex=True)
    for panel, budget in zip(panels, budgets, strict=True):
        for place, method_id in enumerate(methods):
            by_dataset, _ = differences_of(comparison, method_id, budget)
            means = sorted(min(max(values.mean(), -FURTHEST), FURTHEST) for values in by_dataset.values())
            colour = looks[method_id][0]
            panel.plot(means, [place] * len(means), "o", color=colour, alpha=0.45, markersize=4)
            if means:
                middle = (means[(len(means) - 1) // 2] + means[len(means) // 2]) / 2
                panel.plot([middle] * 2, [place - 0.3, place + 0.3], "-", color="black", linewidth=1.6)
        panel.axvline(0, color="0.4", linewidth=0.8)
        panel.set_title(f"memory of BMLP {shape_title(budget)}", fontsize=9.5)
        panel.set_xlim(-FURTHEST - 1.5, FURTHEST + 1.5)
    panels[0].set_yticks(range(len(methods)), [looks[name][3] for name in methods], fontsize=8)
    panels[0].set_ylim(-0.6, len(methods) - 0.4)
    figure.supxlabel(
        "held-out accuracy less that of BMLP as published, points: a dot a data set, the bar their median; beyond 15 "
        "drawn at 15", fontsize=8.5,
    )  # fmt: skip
    figure.tight_layout()
    return write_figure(folder, "beside_bmlp", figure)
