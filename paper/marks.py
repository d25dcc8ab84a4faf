"""One colour, marker and line per method, the same in every figure; readable in grey and for the colour-blind."""

import seaborn as sns

MARKERS = (*"osD^vPX*<>pd", (4, 1, 0), (5, 1, 36), (6, 1, 0), "h")
LINES = ("-", "--", "-.", ":")

MAIN = (
    "bmlp_ternary16", "bmlp_binary8", "recommended", "single_layer_ternary16", "single_layer_binary8", "sgd_float",
    "sgd_binary", "adam_float", "adam_binary",
)  # fmt: skip
"""Methods of the main comparison, which look the same in every suite; those of its own come after them."""


def marks(comparison):
    """Return {method id: (colour, marker, line, label)} in the suite's order."""
    labels = {method.id: method.label for method in comparison.suite.methods}
    order = [*MAIN, *(name for name in labels if name not in MAIN)]
    colours = sns.color_palette("colorblind", len(order))  # ten, over and over; no two share marker and colour
    places = {name: order.index(name) for name in labels}
    return {
        name: (colours[i], MARKERS[i % len(MARKERS)], LINES[i % len(LINES)], labels[name]) for name, i in places.items()
    }


def legend_below(figure, handles, columns=2):
    """Put a legend of some columns under a figure."""
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=columns, fontsize=8.5)
