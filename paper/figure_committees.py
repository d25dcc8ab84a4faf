"""Accuracy of the single-layer method over the units of a committee, single and stacked."""

from .sweep import draw, points


def members(line, parameters):
    """Return the units of a group."""
    units, groups = parameters["committees"][0]
    return units / groups


def name(line, parameters):
    """Return what a line of the figure is called: units, and whether two committees are stacked."""
    units = parameters["committees"][0][0]
    return (len(parameters["committees"]), units)


def build(comparison, folder):
    """Write committees.pdf, .svg and .png, and the stacked ones in a figure of their own."""
    s = points(comparison, members, name).sort_values("series", kind="stable")
    paths = []
    for stages, stem in ((1, "committees"), (2, "stacked_committees")):
        some = s[[series[0] == stages for series in s.series]]
        if some.empty:
            continue
        some = some.assign(series=[units for _, units in some.series])
        paths += draw(
            comparison, folder, stem, some, "units of a group", scale="log", ticks=[1, 3, 11, 40],
            series_label="{} units",
        )  # fmt: skip
    return paths
