"""One colour and marker per method, the same in every figure; readable in grey and for the colour-blind."""

import seaborn as sns

MARKERS = "osD^vPX*"


def marks(comparison):
    """Return {method id: (colour, marker, label)} in the suite's order."""
    methods = comparison.suite.methods
    colours = sns.color_palette("colorblind", len(methods))
    return {m.id: (colours[i], MARKERS[i % len(MARKERS)], m.label) for i, m in enumerate(methods)}


def legend_below(figure, handles, columns=2):
    """Put a legend of some columns under a figure."""
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=columns, fontsize=8.5)
