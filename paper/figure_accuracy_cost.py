"""Accuracy over memory, over memory beside the data, over gates and energy, with published means as grey strokes."""

import functools

from matplotlib.lines import Line2D

from fbbench.experiments.analysis.reckonings import RECKONINGS

from .comparison import compare
from .formats import ACCURACY, accuracy_axis, decades_only, panels_of, write_figure
from .marks import (
    CLASSES,
    PUBLISHED,
    class_handles,
    drawn,
    is_crowded,
    legend_below,
    marks,
    name_front,
    published_handle,
    said,
)

COSTS = {
    "memory": ("accuracy_over_memory", "modelled memory of training, MB", lambda s: s.memory_bits / 8e6),
    "rest": (
        "accuracy_over_rest",
        "modelled memory beside the data, kB",
        lambda s: (s.memory_bits - s.data_bits) / 8e3,
    ),
    "gates": ("accuracy_over_gates", "modelled gates of an epoch", lambda s: s.gates * s.batches),
    "synthesized": ("accuracy_over_synthesized", "synthesized gates, an epoch", lambda s: s.reckoned * s.batches),
    "energy with SRAM": (
        "accuracy_over_energy", "energy of an epoch, mJ", lambda s: s.reckoned * s.batches / 1e9
    ),
}  # fmt: skip


FROM_BEST = 15
"""Points below the best of a crowded panel that are shown; what lies below stands at its edge."""
SIDE_BY_SIDE = 0.012
"""Methods of a budget have nearly one memory: each is moved by so much, as a factor, from the one before."""


def build(comparison, folder, cost):
    """Write the figure of one cost: ``memory``, ``rest`` (memory beside the data), ``gates``, or a reckoning."""
    name, label, values_of = COSTS[cost]
    summary = comparison.summary.assign(batches=-(-comparison.summary.n_train // comparison.suite.batch_size))
    if cost in RECKONINGS:
        summary = summary.assign(reckoned=comparison.reckoned(cost)).dropna(subset="reckoned")
    summary = summary.assign(x=values_of(summary), kind=summary.method_id.map(comparison.kinds()))
    summary = summary[summary.x > 0]
    figure, panels = panels_of(len(comparison.datasets))
    of_methods = functools.partial(draw_methods, marks(comparison), side_by_side(cost))
    draw = draw_crowd if is_crowded(comparison) else of_methods
    for panel, dataset in zip(panels, comparison.datasets, strict=True):
        here = summary[summary.dataset == dataset]
        panel.set_xscale("log")
        if has_reference(comparison, cost):
            beside_it = reference(dataset)
            panel.plot(values_of(beside_it), beside_it.accuracy, **REFERENCE)
        axis = draw(panel, here)
        if cost == "memory" and not here.empty:
            plain_log_axis(panel, here.x)
        else:
            decades_only(panel)
        panel.set_title(drawn(comparison.title_of(dataset)))
        panel.set_xlabel(label)
        panel.set_ylabel(axis)
    legend_below(figure, handles_of(comparison, summary, cost))
    return write_figure(folder, name, figure)


def handles_of(comparison, summary, cost):
    """Return the legend."""
    if is_crowded(comparison):
        handles = class_handles(summary.kind)
        handles.append(Line2D([], [], color="0.8", linewidth=4, label="frontier, named: nothing cheaper is as good"))
    else:
        looks = marks(comparison)
        shown = [looks[m] for m in looks if (summary.method_id == m).any()]
        handles = [Line2D([], [], color=c, marker=m, label=text) for c, m, _, text in shown]
        handles.append(said("bars: standard deviation over seeds"))
        if summary.reported_accuracy.notna().any():
            handles.append(published_handle())
        if has_reference(comparison, cost):
            handles.append(Line2D([], [], **REFERENCE, label=f"BMLP as claimed, of {REFERENCE_SUITE}"))
    return handles


REFERENCE_SUITE, BESIDE_IT = "exp1_budget", ("exp1_fair_rivals",)
REFERENCE = {"color": "0.5", "linestyle": "--", "linewidth": 1}
"""BMLP of the main experiment, drawn in suites of rivals alone."""


def has_reference(comparison, cost):
    """Return whether a figure has BMLP of the main experiment beside it."""
    return comparison.suite.name in BESIDE_IT and cost not in RECKONINGS


def reference(dataset):
    """Return the committed lines of BMLP on a data set."""
    main = compare(REFERENCE_SUITE)
    lines = main.summary[(main.summary.method_id == "bmlp_binary8") & (main.summary.dataset == dataset)]
    return lines.assign(batches=-(-lines.n_train // main.suite.batch_size))


def side_by_side(cost):
    """Return by which factor a method is moved from the one before."""
    return 1 + SIDE_BY_SIDE if cost in ("memory", "rest") else 1.0


def draw_methods(looks, factor, panel, here):
    """Draw a line a method, each in its own colour; return the name of the accuracies' axis."""
    present = [m for m in looks if (here.method_id == m).any()]
    factor = factor if spans(here) else 1.0
    for number, method_id in enumerate(present):
        colour, marker, _, _ = looks[method_id]
        s = here[here.method_id == method_id].sort_values("x")
        x = s.x * factor ** (number - len(present) / 2)
        panel.errorbar(x, s.accuracy, yerr=s.spread, color=colour, marker=marker, capsize=1.5, clip_on=False)
        panel.plot(x, s.reported_accuracy, **PUBLISHED, clip_on=False, zorder=1)
    return accuracy_axis(panel)


def spans(here):
    """Return whether costs span so much that a little to the side is none."""
    return here.x.max() > 3 * here.x.min()


def draw_crowd(panel, here):
    """Draw methods by class, from the best of all down, and name those on the frontier; return the axis' name."""
    if here.empty:
        return ACCURACY
    floor = here.accuracy.max() - FROM_BEST
    front = here.sort_values(["x", "accuracy"], ascending=[True, False])
    front = front[front.accuracy > front.accuracy.cummax().shift(fill_value=-1)]
    panel.step(front.x, front.accuracy, where="post", color="0.8", linewidth=4, zorder=0, solid_capstyle="round")
    for _, s in here.groupby("method_id", sort=False):
        s = s.sort_values("x")
        colour, marker = CLASSES[s.kind.iloc[0]]
        on = s.index.isin(front.index).any()
        panel.plot(s.x, s.accuracy.clip(lower=floor), color=colour, linewidth=0.9, alpha=0.9 if on else 0.35)
        above, below = s[s.accuracy >= floor], s[s.accuracy < floor]
        panel.plot(above.x, above.accuracy, color=colour, marker=marker, linestyle="none", alpha=1 if on else 0.4)
        panel.plot(below.x, [floor] * len(below), color=colour, marker="v", linestyle="none")
    panel.set_ylim(floor - 0.5, here.accuracy.max() + 1.5)
    panel.margins(x=0.08)
    name_front(panel, front, "x")
    below = int((here.accuracy < floor).sum())
    return f"{ACCURACY}" + (f"\n({below} below, at the edge)" if below else "")


def plain_log_axis(panel, values):
    """Label a logarithmic axis that spans less than two decades with plain numbers at the values' own places."""
    low, high = values.min(), values.max()
    ticks = sorted({float(f"{low * (high / low) ** (i / 3):.2g}") for i in range(4)})
    panel.set_xticks(ticks, [f"{t:g}" for t in ticks])
    panel.minorticks_off()
