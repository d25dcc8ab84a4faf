"""Accuracy over one parameter: a row of panels per arithmetic, a column per data set, a line per series.

What figure_group_size.py and its like share. Published means are grey strokes; bars the standard deviation over seeds.
"""

import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from .formats import ACCURACY, STRETCHED, accuracy_axis, write_figure
from .marks import MARKERS, PUBLISHED, drawn, legend_below, published_handle, said

FORMS = {"ternary": "ternary (as published)", "binary": "binary (as claimed)"}


def points(comparison, x_of, series_of):
    """Return the summary with columns x and series; functions take a summary line and its cell's parameters."""
    s = comparison.summary.copy()
    first = comparison.rows.drop_duplicates(["method_id", "dataset", "budget"])
    parameters = {(r.dataset, r.method_id, r.budget): r.parameters for r in first.itertuples()}
    of_lines = [parameters[line.dataset, line.method_id, line.budget] for line in s.itertuples()]
    s["x"] = [x_of(line, of_line) for line, of_line in zip(s.itertuples(), of_lines, strict=True)]
    s["series"] = [series_of(line, of_line) for line, of_line in zip(s.itertuples(), of_lines, strict=True)]
    return s


def draw(comparison, folder, name, s, label, *, scale="linear", ticks=None, series_label="{}"):
    """Draw points (see above) and write the figure as PDF, SVG and PNG; lines are named by their series."""
    arithmetics = [a for a in (*FORMS, "float32") if (s.arithmetic == a).any()]
    rows = [a for a in arithmetics if a in FORMS]
    there = [name for name in comparison.datasets if (s.dataset == name).any()]
    swept = [name for name in there if s[s.dataset == name].groupby("series").x.nunique().max() > 1]
    datasets = swept or there  # a panel of single points says nothing, where another has lines
    series = list(dict.fromkeys(s.series))
    colours = dict(zip(series, sns.color_palette("viridis", len(series) + 1), strict=False))
    markers = dict(zip(series, MARKERS * 3, strict=False))
    figure, panels = plt.subplots(
        len(rows), len(datasets), figsize=(2.9 * len(datasets) + 0.4, 2.5 * len(rows) + 0.3),
        squeeze=False, sharex=True, sharey="col", layout="constrained",
    )  # fmt: skip
    for line, arithmetic in zip(panels, rows, strict=True):
        for panel, dataset in zip(line, datasets, strict=True):
            here = s[(s.dataset == dataset) & s.arithmetic.isin([arithmetic, "float32"])]
            for number, some in here.groupby("series", sort=False):
                some = some.sort_values("x")
                panel.errorbar(
                    some.x, some.accuracy, yerr=some.spread, color=colours[number], marker=markers[number],
                    markersize=4, linewidth=1.1, capsize=2, clip_on=False,
                )  # fmt: skip
                panel.plot(some.x, some.reported_accuracy, **PUBLISHED, clip_on=False, zorder=1)
            panel.set_xscale(scale)
            if ticks is not None:
                panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
                panel.minorticks_off()
        line[0].set_ylabel(f"{FORMS[arithmetic]}\n{ACCURACY}")
    stretched = [accuracy_axis(panel) == STRETCHED for panel in panels[0]]
    for panel, dataset in zip(panels[0], datasets, strict=True):
        panel.set_title(drawn(comparison.title_of(dataset)))
    for panel in panels[-1]:
        panel.set_xlabel(label)
    handles = [
        Line2D([], [], color=colours[n], marker=markers[n], markersize=4, label=series_label.format(n)) for n in series
    ]
    if s.reported_accuracy.notna().any():
        handles.append(published_handle())
    handles.append(said("bars: standard deviation over seeds"))
    if any(stretched):
        handles.append(said("steps of the axis: factors of the error"))
    legend_below(figure, handles, columns=4)
    return write_figure(folder, name, figure)
