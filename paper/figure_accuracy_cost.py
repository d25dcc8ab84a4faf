"""Accuracy over memory, over memory beside the data, over gates and energy: measured (filled), published (hollow)."""

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from fbbench.experiments.analysis.reckonings import RECKONINGS

from .formats import accuracy_axis, decades_only, write_figure
from .marks import drawn, legend_below, marks

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


def build(comparison, folder, cost):
    """Write the figure of one cost: ``memory``, ``rest`` (memory beside the data), ``gates``, or a reckoning."""
    name, label, values_of = COSTS[cost]
    looks = marks(comparison)
    n = len(comparison.datasets)
    figure, panels = plt.subplots(1, n, figsize=(3.1 * n + 0.4, 3.1), squeeze=False, layout="constrained")
    summary = comparison.summary.assign(batches=-(-comparison.summary.n_train // comparison.suite.batch_size))
    if cost in RECKONINGS:
        summary = summary.assign(reckoned=comparison.reckoned(cost)).dropna(subset="reckoned")
    for panel, dataset in zip(panels[0], comparison.datasets, strict=True):
        here = summary[summary.dataset == dataset]
        for method_id, (colour, marker, _, _) in looks.items():
            s = here[here.method_id == method_id]
            if s.empty:
                continue
            x = values_of(s)
            panel.errorbar(
                x,
                s.accuracy,
                yerr=s.spread,
                color=colour,
                marker=marker,
                markersize=5,
                linewidth=1.1,
                capsize=2,
                clip_on=False,
            )
            panel.plot(
                x,
                s.reported_accuracy,
                color=colour,
                marker=marker,
                markersize=8,
                fillstyle="none",
                linestyle="none",
                clip_on=False,
            )
        panel.set_xscale("log")
        if cost == "memory":
            plain_log_axis(panel, values_of(here))
        else:
            decades_only(panel)
        accuracy_axis(panel)
        panel.set_title(drawn(comparison.title_of(dataset)))
        panel.set_xlabel(label)
    panels[0][0].set_ylabel("held-out accuracy, %")
    shown = [looks[m] for m in looks if (summary.method_id == m).any()]
    handles = [Line2D([], [], color=c, marker=m, markersize=5, label=text) for c, m, _, text in shown]
    if comparison.summary.reported_accuracy.notna().any():
        handles.append(
            Line2D([], [], color="0.3", marker="o", markersize=8, fillstyle="none", linestyle="none",
                   label="hollow: published (10 runs)")
        )  # fmt: skip
    legend_below(figure, handles)
    return write_figure(folder, name, figure)


def plain_log_axis(panel, values):
    """Label a logarithmic axis that spans less than two decades with plain numbers at the values' own places."""
    low, high = values.min(), values.max()
    ticks = sorted({float(f"{low * (high / low) ** (i / 3):.2g}") for i in range(4)})
    panel.set_xticks(ticks, [f"{t:g}" for t in ticks])
    panel.minorticks_off()
