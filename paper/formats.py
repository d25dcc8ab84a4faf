"""How tables and figures are written: each in every format, whole or not at all."""

from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.ticker
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from fbbench.files import replacing

from .latex import latex

mpl.use("Agg")
mpl.rcParams.update(
    {
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "axes.titlesize": "medium",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "0.9",
        "legend.frameon": False,
        "svg.hashsalt": "fbbench",  # the same figure gives the same file
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
    }
)


@dataclass(frozen=True)
class Style:
    """How figures are drawn: width in inches, panels beside each other, points of text, and factor of lines."""

    width: float
    across: int
    text: float
    line: float = 1.0


STYLES = {"paper": Style(7.0, 2, 8.0), "column": Style(3.4, 1, 7.5), "talk": Style(11.0, 2, 14.0, 1.8)}
"""For the width of a page, of one of its two columns, and for a wall."""

current = STYLES["paper"]


def use_style(name):
    """Draw figures in a style from now on."""
    global current
    current = STYLES[name]
    mpl.rcParams.update(
        {
            "font.size": current.text, "legend.fontsize": current.text, "lines.linewidth": 1.1 * current.line,
            "lines.markersize": 4.0 * current.line, "axes.linewidth": 0.8 * current.line,
            "grid.linewidth": 0.6 * current.line,
        }
    )  # fmt: skip


use_style("paper")


def panels_of(n, height=0.72, **options):
    """Return (figure, list of n panels) in the current style; ``height``: of a panel, times its width."""
    across = min(n, current.across)
    down = -(-n // across)
    width = current.width if across == current.across else current.width * 0.62
    figure, grid = plt.subplots(
        down, across, figsize=(width, down * height * width / across), squeeze=False, layout="constrained", **options
    )
    for panel in grid.flat[n:]:
        panel.remove()
    return figure, list(grid.flat[:n])


WIDE = 25
"""Points of accuracy that an even axis can show well."""

ACCURACY = "held-out accuracy, %"
STRETCHED = f"{ACCURACY}\n(equal steps: equal factors of the error)"


def decades_only(panel):
    """Label the powers of ten of a logarithmic axis, and nothing between."""
    panel.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())


def accuracy_axis(panel):
    """Draw accuracies so that equal steps are equal factors of the error, where they spread over many points; return
    the axis' name.

    Most methods lie within a few points of the best, which an even axis from chance up would press into a line.
    """
    drawn = [axes.dataLim.intervaly for axes in panel.get_shared_y_axes().get_siblings(panel)]
    low, high = min(low for low, _ in drawn), max(high for _, high in drawn)
    if high - low < WIDE:
        return ACCURACY
    low, top = max(low - 3, 0.0), 100 - 0.85 * (100 - high)
    panel.set_yscale(
        "function", functions=(lambda a: -np.log(np.maximum(100.5 - a, 0.5)), lambda y: 100.5 - np.exp(-y))
    )
    panel.set_ylim(low, top)
    panel.set_yticks([tick for tick in (0, 20, 40, 60, 70, 80, 85, 90, 95, 98, 100) if low <= tick <= top])
    panel.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    panel.yaxis.set_minor_locator(mpl.ticker.NullLocator())
    return STRETCHED


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
