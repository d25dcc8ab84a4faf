"""How tables and figures are written: each in every format, whole or not at all."""

import matplotlib as mpl
import matplotlib.ticker
import numpy as np
import pandas as pd

from fbbench.files import replacing

from .latex import latex

mpl.use("Agg")
mpl.rcParams.update(
    {
        "figure.dpi": 100,
        "savefig.dpi": 160,
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "0.9",
        "legend.frameon": False,
        "svg.hashsalt": "fbbench",  # the same figure gives the same file
        "svg.fonttype": "none",
    }
)


WIDE = 25
"""Points of accuracy that an even axis can show well."""


def decades_only(panel):
    """Label the powers of ten of a logarithmic axis, and nothing between."""
    panel.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())


def accuracy_axis(panel):
    """Draw accuracies so that equal steps are equal factors of the error, where they spread over many points.

    Most methods lie within a few points of the best, which an even axis from chance up would press into a line.
    """
    drawn = [axes.dataLim.intervaly for axes in panel.get_shared_y_axes().get_siblings(panel)]
    low, high = min(low for low, _ in drawn), max(high for _, high in drawn)
    if high - low < WIDE:
        return
    low, top = max(low - 3, 0.0), 100 - 0.85 * (100 - high)
    panel.set_yscale(
        "function", functions=(lambda a: -np.log(np.maximum(100.5 - a, 0.5)), lambda y: 100.5 - np.exp(-y))
    )
    panel.set_ylim(low, top)
    panel.set_yticks([tick for tick in (0, 20, 40, 60, 70, 80, 85, 90, 95, 98, 100) if low <= tick <= top])
    panel.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    panel.yaxis.set_minor_locator(mpl.ticker.NullLocator())


def write_text(path, text):
    """Write a text file."""
    with replacing(path, mode="w") as file:
        file.write(text)


def write_table(folder, name, numbers, shown, notes):
    """Write a table: ``numbers`` as CSV (all digits), ``shown`` (text cells) as Markdown and LaTeX, with its notes.

    Returns
    -------
    list of Path
    """
    paths = [folder / f"{name}.{ending}" for ending in ("csv", "md", "tex")]
    write_text(paths[0], numbers.to_csv(index=False, lineterminator="\n"))
    write_text(
        paths[1],
        shown.map(markdown_text).rename(columns=markdown_text).to_markdown(index=False, disable_numparse=True)
        + "\n\n"
        + "\n".join(f"- {note}" for note in notes)
        + "\n",
    )
    write_text(paths[2], latex(shown, notes))
    return paths


def number(form, factor=1):
    """Return what writes a number times a factor in a form, and a missing one as nothing."""
    return lambda value: "" if pd.isna(value) else form.format(factor * value)


def scientific(value):
    """Return e.g. 8.10·10^8."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}·10^{int(exponent)}"


def markdown_text(text):
    """Return a cell as Markdown: no sign of it ends the cell or the row."""
    return " ".join(str(text).split()).replace("\\", "\\\\").replace("|", "\\|")


UNDATED = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""What must not be written into a figure, so that the same rows give the same file."""


def write_figure(folder, name, figure):
    """Write a figure as PNG, SVG and PDF and close it.

    Returns
    -------
    list of Path
    """
    paths = [folder / f"{name}.{ending}" for ending in ("png", "svg", "pdf")]
    for path in paths:
        metadata = UNDATED[path.suffix]
        with replacing(path) as file:
            figure.savefig(file, format=path.suffix[1:], bbox_inches="tight", metadata=metadata)
    mpl.pyplot.close(figure)
    return paths
