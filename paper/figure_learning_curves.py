"""Held-out accuracy over epochs at every budget: measured lines with their range, published as dots."""

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .formats import accuracy_axis, write_figure
from .marks import drawn, is_crowded, legend_below, marks

CURVES_OF = "exp1_budget"
"""The experiment whose curves are published."""

DOTS_AT = (1, 2, 3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50)


def build(comparison, folder):
    """Write learning_curves.pdf, .svg and .png; nothing of a suite whose methods are too many to be told apart."""
    if is_crowded(comparison):
        return []
    looks = marks(comparison)
    datasets = comparison.datasets
    budgets = [budget for budget in comparison.suite.budgets if (comparison.rows.budget == budget).any()]
    figure, panels = plt.subplots(
        len(datasets),
        len(budgets),
        figsize=(2.9 * len(budgets) + 0.3, 2.3 * len(datasets) + 0.3),
        squeeze=False,
        sharex=True,
        sharey="row",
        layout="constrained",
    )
    published = {entry.id: entry.published for entry in comparison.suite.methods}
    any_dots = False
    for budget, top, bottom in zip(budgets, panels[0], panels[-1], strict=True):
        top.set_title(f"memory of BMLP {budget}")
        bottom.set_xlabel("epoch")
    for line, dataset in zip(panels, datasets, strict=True):
        for panel, budget in zip(line, budgets, strict=True):
            for method_id, (colour, _, style, _) in looks.items():
                draw_measured(panel, comparison, dataset, method_id, budget, colour, style)
                any_dots |= draw_published(panel, comparison, dataset, method_id, budget, published[method_id], colour)
        line[0].set_ylabel(f"{drawn(comparison.title_of(dataset))}\n{accuracy_axis(line[0])}")
    single = set(comparison.rows[comparison.rows.epochs == 1].method_id)
    handles = [
        Line2D([], [], color=c, label=text, **({"marker": "D", "markersize": 3.5, "linestyle": "none"} if m in single
                                               else {"linestyle": style}))
        for m, (c, _, style, text) in looks.items() if (comparison.rows.method_id == m).any()
    ]  # fmt: skip
    if single:
        handles.append(
            Line2D([], [], color="0.3", marker="D", markersize=3.5, linestyle="none", label="diamond: one epoch in all")
        )
    handles.append(Patch(color="0.3", alpha=0.2, linewidth=0, label="band: lowest to highest run"))
    if any_dots:
        handles.append(Line2D([], [], color="0.3", marker="o", markersize=3, linestyle="none", label="dots: published"))
    legend_below(figure, handles)
    return write_figure(folder, "learning_curves", figure)


def draw_measured(panel, comparison, dataset, method_id, budget, colour, style):
    """Draw the mean over seeds, and a band from the lowest to the highest seed."""
    c = comparison.curves
    c = c[(c.dataset == dataset) & (c.method_id == method_id) & (c.budget == budget)]
    if c.empty:
        return
    by_epoch = c.groupby("epoch").accuracy.agg(["mean", "min", "max"])
    one = (
        {"marker": "D", "markersize": 3.5, "clip_on": False} if len(by_epoch) == 1 else {}
    )  # a line of a point is none
    panel.plot(by_epoch.index, by_epoch["mean"], color=colour, linestyle=style, linewidth=1.2, **one)
    panel.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=colour, alpha=0.2, linewidth=0)


def draw_published(panel, comparison, dataset, method_id, budget, published, colour):
    """Draw the published curve of the same method and shape as dots; return whether there is one."""
    s = comparison.summary
    shape = s[(s.dataset == dataset) & (s.method_id == method_id) & (s.budget == budget)]["shape"]
    r = comparison.reported_curves
    if shape.empty or published is None or comparison.suite.reported != CURVES_OF:
        return False
    r = r[(r.dataset == dataset) & (r.method == published) & (r["shape"] == shape.iloc[0]) & r.epoch.isin(DOTS_AT)]
    panel.plot(r.epoch, r.accuracy, color=colour, marker="o", markersize=3, linestyle="none")
    return not r.empty
