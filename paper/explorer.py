"""What the report's explorer draws: a point a data set, method and budget, and the chart that shows points."""

import math

import altair as alt
from matplotlib.colors import to_hex

from fbbench.experiments.analysis import verdicts
from fbbench.experiments.analysis.statistics import LEVEL
from fbbench.experiments.planning.budgets import budget_title
from fbbench.shapes import shape_title

from .marks import CLASSES

AXES = {
    "memory": "modelled memory of training, MB",
    "rest": "modelled memory beside the data, kB",
    "gates": "modelled gates of an epoch",
    "synthesized": "synthesized gates of an epoch",
    "energy": "energy of an epoch, weights in SRAM, mJ",
    "seconds": "measured seconds of an epoch",
}
"""What accuracy can be shown over, by name."""

NUMBERS = "datum.value >= 1e5 || datum.value < 1e-3 ? format(datum.value, '.0e') : format(datum.value, '~g')"
"""How the axis tells them."""

COLOURS = {name: to_hex(colour) for name, (colour, _) in CLASSES.items() if name}
SHAPES = {"binary": "circle", "integer": "square", "float": "diamond"}


def points_of(comparison):
    """Return the points of a suite as plain values; what a method does not count is None."""
    summary, kinds = comparison.summary, comparison.kinds()
    synthesized, energy = (comparison.reckoned(by) for by in ("synthesized", "energy with SRAM"))
    points = []
    for index, line in zip(summary.index, summary.itertuples(), strict=True):
        batches = -(-line.n_train // comparison.suite.batch_size)
        half = half_width(line.spread, line.n_seeds)
        found = {
            "suite": comparison.suite.name, "dataset": line.dataset, "method": line.method_id, "label": line.label,
            "budget": line.budget, "shape": shape_title(line.shape), "numbers": kinds[line.method_id],
            "memory_of": shape_title(budget_title(line.budget)), "setting": line.setting or "",
            "accuracy": line.accuracy, "low": max(0.0, line.accuracy - half),
            "high": min(100.0, line.accuracy + half), "seeds": line.n_seeds,
            "published": line.reported_accuracy, "memory": line.memory_bits / 8e6,
            "rest": (line.memory_bits - line.data_bits) / 8e3, "gates": line.gates * batches,
            "synthesized": synthesized[index] * batches, "energy": energy[index] * batches / 1e9,
            "seconds": line.seconds_per_epoch,
        }  # fmt: skip
        points.append({name: plain(value) for name, value in found.items()})
    return points


def plain(value):
    """Return a value for JSON: five digits of a float, None where there is no number."""
    if isinstance(value, float):
        return None if not math.isfinite(value) or value == 0 else float(f"{value:.5g}")
    return value.item() if hasattr(value, "item") else value


def half_width(spread, n_seeds):
    """Return half of the 95 % interval of a mean, by Student's t, given the population deviation of some seeds."""
    if n_seeds < 2:
        return 0.0
    return verdicts.half_width([(spread**2 / (n_seeds - 1), n_seeds)], LEVEL)


def chart():
    """Return the chart as Vega-Lite's JSON. Its data, named ``points``, are the page's to give: those that are shown,
    each with an ``x``, and texts for what is told of a point."""
    base = alt.Chart(alt.NamedData("points"))
    hovered = alt.selection_point(name="hovered", on="pointerover", clear="pointerout", fields=["line"])
    x = alt.X(
        "x:Q",
        scale=alt.Scale(type="log", nice=False, padding=20),
        axis=alt.Axis(grid=False, labelExpr=NUMBERS, labelOverlap="greedy", labelFlush=True, labelSeparation=8),
    )
    y = alt.Y("accuracy:Q", title="held-out accuracy, %", scale=alt.Scale(zero=False, padding=10))
    legend = alt.Legend(title="made of", orient="top")
    colour = alt.Color("numbers:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=legend)
    lit = alt.condition(hovered, alt.value(1.0), alt.value(0.15))
    told = [
        alt.Tooltip(f"{name}:N", title=title)
        for name, title in {
            "label": "method", "at": "at", "told_accuracy": "mean", "told_interval": "95 % interval",
            "seeds": "seeds", "settings": "settings", "told_x": "across", "told_published": "published",
        }.items()
    ]  # fmt: skip
    lines = base.mark_line(strokeWidth=1.3).encode(x=x, y=y, color=colour, detail="line:N", opacity=lit)
    bars = base.mark_rule(strokeWidth=1.2).encode(
        x=x, y=alt.Y("low:Q", title="held-out accuracy, %"), y2="high:Q", color=colour, opacity=lit
    )
    points = base.mark_point(filled=True, size=70, cursor="pointer").encode(
        x=x, y=y, color=colour, opacity=lit, tooltip=told,
        shape=alt.Shape("numbers:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=legend),
    ).add_params(hovered)  # fmt: skip
    published = base.transform_filter("isValid(datum.published)").mark_point(
        shape="stroke", size=130, strokeWidth=2, color="#8a8a8a"
    ).encode(x=x, y=alt.Y("published:Q", title="held-out accuracy, %"), tooltip=told)  # fmt: skip
    names = base.transform_filter("datum.named").mark_text(align="left", dx=8, dy=-6, fontSize=11).encode(
        x=x, y=y, text="label:N", color=colour, opacity=lit
    )  # fmt: skip
    layered = alt.layer(lines, bars, published, points, names).properties(width="container", height=430)
    return layered.configure_view(stroke=None).to_dict(validate=True)
