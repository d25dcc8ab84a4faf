"""The whole field: a line a method, its held-out accuracy on every data set at every budget, coloured by numbers."""

import math

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from .formats import write_figure
from .marks import drawn, legend_below
from .table_ranks import ranks_at

COLOURS = {"binary": "#0072b2", "integer": "#d55e00", "float": "0.55", "": "0.8"}
MARKERS = "osD^v"
LOWEST = 60.0
"""Accuracies below are drawn at the edge, as a triangle."""


def build(comparison, folder):
    """Write field.pdf, .svg and .png."""
    s, kind = comparison.summary, comparison.kinds()
    budgets = [budget for budget in comparison.suite.budgets if (s.budget == budget).any()]
    rank = {}  # at the largest budget that a method has, over the data sets that most have
    for number, budget in enumerate(reversed(budgets)):
        table = ranks_at(comparison, budget, kind).table
        for line in table.itertuples():
            rank.setdefault(line.method_id, (number, line.mean_rank if line.mean_rank == line.mean_rank else math.inf))
    order = sorted(s.method_id.unique(), key=lambda m: rank.get(m, (len(budgets), math.inf)), reverse=True)
    n = len(comparison.datasets)
    figure, panels = plt.subplots(
        1, n, figsize=(2.6 * n + 1.6, 0.21 * len(order) + 1.2), squeeze=False, sharey=True, layout="constrained"
    )
    for panel, dataset in zip(panels[0], comparison.datasets, strict=True):
        here = s[s.dataset == dataset]
        top = here.accuracy.max()
        low = max(LOWEST, top - 22)
        for height, method_id in enumerate(order):
            of = here[here.method_id == method_id].set_index("budget").accuracy
            inside = [max(value, low) for value in of]
            colour = COLOURS[kind[method_id]]
            if len(of):
                panel.plot([min(inside), max(inside)], [height, height], color=colour, linewidth=1, alpha=0.5)
            for marker, budget in zip(MARKERS, budgets, strict=False):
                if budget in of.index:
                    below = of[budget] < low
                    panel.plot(
                        max(of[budget], low), height, color=colour, marker="<" if below else marker, markersize=4.5,
                        fillstyle="none" if below else "full", linestyle="none", clip_on=False,
                    )  # fmt: skip
        panel.set_title(drawn(comparison.title_of(dataset)))
        panel.set_xlabel("held-out accuracy, %")
        panel.set_xlim(low - 0.5, top + 1)
    panels[0][0].set_yticks(range(len(order)), [drawn(comparison.entry(m).label) for m in order])
    handles = [
        Line2D([], [], color=COLOURS[name], linewidth=4, label=f"{name} numbers")
        for name in ("binary", "integer", "float")
    ]
    handles += [
        Line2D([], [], color="0.3", marker=marker, linestyle="none", markersize=5, label=f"memory of BMLP {budget}")
        for marker, budget in zip(MARKERS, budgets, strict=False)
    ]
    handles.append(Line2D([], [], linestyle="none", label="by mean rank; without all data sets: last"))
    edge = {"marker": "<", "fillstyle": "none", "linestyle": "none", "markersize": 5}
    handles.append(Line2D([], [], color="0.3", label="below the axis", **edge))
    legend_below(figure, handles)
    return write_figure(folder, "field", figure)
