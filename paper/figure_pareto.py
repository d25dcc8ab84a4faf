"""Which methods are not beaten in accuracy, memory and gates at once: the Pareto front over the three."""

from matplotlib.lines import Line2D

from .formats import accuracy_axis, decades_only, panels_of, write_figure
from .marks import CLASSES, class_handles, drawn, is_crowded, legend_below, marks, name_front, said

EQUAL = 0.03
"""Memories within three percent are one budget: widths are whole numbers."""


def on_front(s):
    """Return which lines of a data set's summary no other one beats in accuracy, memory and gates per epoch at once."""
    free = []
    for line in s.itertuples():
        beaten = (
            (s.accuracy >= line.accuracy)
            & (s.memory_bits <= line.memory_bits * (1 + EQUAL))
            & (s.gates_per_epoch <= line.gates_per_epoch)
            & ((s.accuracy > line.accuracy) | (s.gates_per_epoch < line.gates_per_epoch))
        )
        free.append(not beaten.any())
    return free


def build(comparison, folder):
    """Write pareto.pdf, .svg and .png."""
    looks = marks(comparison)
    summary = comparison.summary.copy()
    summary["gates_per_epoch"] = summary.gates * -(-summary.n_train // comparison.suite.batch_size)
    crowded, kinds = is_crowded(comparison), comparison.kinds()
    summary["kind"] = summary.method_id.map(kinds)
    figure, panels = panels_of(len(comparison.datasets))
    for panel, dataset in zip(panels, comparison.datasets, strict=True):
        s = summary[summary.dataset == dataset].reset_index(drop=True)
        s["front"] = on_front(s)
        front = s[s.front].sort_values("gates_per_epoch")
        panel.plot(front.gates_per_epoch, front.accuracy, color="0.75", linewidth=4, zorder=0, solid_capstyle="round")
        smallest = s.memory_bits.min()
        for method_id, (colour, marker, _, _) in looks.items():
            colour, marker = CLASSES[kinds.get(method_id, "")] if crowded else (colour, marker)
            for line in s[s.method_id == method_id].itertuples():
                panel.plot(
                    line.gates_per_epoch, line.accuracy, color=colour, marker=marker,
                    markersize=4 + 2.2 * (line.memory_bits / smallest - 1) ** 0.5,
                    alpha=1.0 if line.front else 0.45, markeredgewidth=0, linestyle="none", clip_on=False,
                )  # fmt: skip
        panel.set_xscale("log")
        decades_only(panel)
        panel.set_ylabel(accuracy_axis(panel))
        panel.set_title(drawn(comparison.title_of(dataset)))
        panel.set_xlabel("modelled gates of an epoch")
        if crowded:
            name_front(panel, front, "gates_per_epoch")
    shown = [looks[m] for m in looks if (summary.method_id == m).any()]
    handles = [Line2D([], [], color=c, marker=m, linestyle="none", markersize=5, label=text) for c, m, _, text in shown]
    if crowded:
        handles = class_handles(kinds.values())
    handles.append(
        Line2D([], [], color="0.75", linewidth=4, label="not beaten in accuracy, memory, gates; others pale")
    )
    handles.append(said("larger mark: more memory; means of all seeds"))
    legend_below(figure, handles)
    return write_figure(folder, "pareto", figure)
