"""One colour, marker and line per method, the same in every figure; readable in grey and for the colour-blind."""

import seaborn as sns

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


def legend_below(figure, handles, columns=2):
    """Put a legend of some columns under a figure."""
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=columns, fontsize=8.5)
