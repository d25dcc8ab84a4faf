"""One colour, marker and line per method, the same in every figure; readable in grey and for the colour-blind."""

import re

import seaborn as sns
from matplotlib.lines import Line2D

MARKERS = (*"osD^vPX*<>pd", (4, 1, 0), (5, 1, 36), (6, 1, 0), "h")
LINES = ("-", "--", "-.", ":")
COLOURS = 10

MAIN = (
    "bmlp_ternary16", "bmlp_binary8", "recommended", "single_layer_ternary16", "single_layer_binary8", "sgd_float",
    "sgd_binary", "adam_float", "adam_binary",
)  # fmt: skip
"""Methods of the main comparison, which look the same in every suite; those of its own come after them."""


def drawn(text):
    """Return text as a figure shows it, as it is: a dollar sign begins no formula, a legend hides no underscore."""
    text = text.replace("\\", r"\\").replace("$", r"\$") if "$" in text else text
    return f" {text}" if text.startswith("_") else text


def line_of(number):
    """Return the line of the number-th method: with its colour, no other of forty has it."""
    return LINES[(number + number // COLOURS) % len(LINES)]


def marks(comparison):
    """Return {method id: (colour, marker, line, label)} in the suite's order."""
    labels = {method.id: drawn(method.label) for method in comparison.suite.methods}
    order = [*MAIN, *(name for name in labels if name not in MAIN)]
    colours = sns.color_palette("colorblind", len(order))  # ten, over and over; no two share marker or line with it
    places = {name: order.index(name) for name in labels}
    return {name: (colours[i], MARKERS[i % len(MARKERS)], line_of(i), labels[name]) for name, i in places.items()}


CLASSES = {"binary": ("#0b6bb0", "o"), "integer": ("#c8500a", "s"), "float": ("0.45", "D"), "": ("0.75", "v")}
"""Colour and marker by what a method is made of, where there are too many methods for a colour each."""

MANY = 11
"""Methods, from which on they are told apart by their class, and by name where they are on the frontier."""

PUBLISHED = {"color": "0.35", "marker": "_", "markersize": 11, "markeredgewidth": 1.6, "linestyle": "none"}
"""Published means, everywhere: a grey stroke."""


def is_crowded(comparison):
    """Return whether a suite has too many methods for a colour each."""
    return comparison.summary.method_id.nunique() >= MANY


def class_handles(kinds):
    """Return the legend of classes that occur."""
    return [
        Line2D([], [], color=colour, marker=marker, label=f"{name} numbers")
        for name, (colour, marker) in CLASSES.items() if name and name in set(kinds)
    ]  # fmt: skip


def published_handle():
    """Return the legend of published means."""
    return Line2D([], [], **PUBLISHED, label="published, mean of 10 runs")


def said(text):
    """Return a line of the legend that has no mark."""
    return Line2D([], [], linestyle="none", label=text)


def beside(panel, names, gap=0.05):
    """Write names to the right of points, (x, y, text, colour) each, moved up or down so that none covers another."""
    panel.get_xlim(), panel.get_ylim()  # limits that follow from data are taken up when they are asked for
    at = panel.transData.transform([(x, y) for x, y, _, _ in names]) if names else []
    inside = panel.transAxes.inverted().transform(at) if len(at) else []
    order = sorted(range(len(names)), key=lambda i: inside[i][1])
    height = -1.0
    for i in order:
        x, y, text, colour = names[i]
        height = max(height + gap, inside[i][1])
        left = inside[i][0] > 0.6
        note = panel.annotate(
            text, (x, y), xytext=(inside[i][0] + (-0.02 if left else 0.02), height), textcoords="axes fraction",
            fontsize="x-small", color=colour, ha="right" if left else "left", va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2},
        )  # fmt: skip
        note.set_in_layout(False)


def name_front(panel, front, x):
    """Name the methods of a frontier, lines with x, accuracy, label and kind, each at the last, its best."""
    best = front.drop_duplicates("method_id", keep="last")
    labels = [drawn(re.split(r"[:,(]", label)[0].strip()) for label in best.label]  # up to what it says of itself
    colours = [CLASSES[kind][0] for kind in best.kind]
    beside(panel, list(zip(best[x], best.accuracy, labels, colours, strict=True)))


def legend_below(figure, handles, columns=2):
    """Put a legend of some columns under a figure."""
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=columns)
