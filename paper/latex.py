"""Tables as LaTeX: what pdflatex compiles whatever the cells hold, and what fits a page."""

import re
import unicodedata

ROWS_OF_A_PAGE = 45
"""Rows of a LaTeX table; a longer one goes on in another."""

FITTED = r"""\begin{table}[tp]
\centering\footnotesize\setlength{\tabcolsep}{3pt}
\caption{%s}
\sbox0{%%
%s}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi
\end{table}
"""
"""A table that is made smaller where it is wider than the page."""


def latex(shown, notes):
    """Return LaTeX tables, one per value of the first column (the data set, a budget), cut where a page ends; the notes
    as comments above them.

    Numbers are aligned right. They need the packages booktabs and graphicx.
    """
    comments = "% \\usepackage{booktabs,graphicx}\n" + "".join(f"% {one_line(note)}\n" for note in notes)
    tables = []
    first_column = shown.columns[0]
    for name, part in shown.groupby(first_column, sort=False):
        cells = part.drop(columns=first_column)
        alignment = "".join("r" if is_numeric(cells[column]) else "l" for column in cells)
        for first in range(0, len(cells), ROWS_OF_A_PAGE):
            body = cells.iloc[first : first + ROWS_OF_A_PAGE].map(lambda cell: latex_text(str(cell)))
            table = body.rename(columns=latex_text).to_latex(index=False, escape=False, column_format=alignment)
            tables.append(FITTED % (latex_text(f"{name}{', continued' if first else ''}"), table))
    return comments + "\n".join(tables)


def is_numeric(column):
    """Return whether the cells of a column are numbers, as shown, or empty."""
    return all(re.match(r"[+-]?[\d.,]+(?![\w_])|$", str(cell)) for cell in column)


def one_line(text):
    """Return text without line breaks, which would end a comment."""
    return " ".join(str(text).split())


ESCAPED = {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$",
    "|": "$|$",
    **{sign: f"\\{sign}" for sign in "&%#_${}"}, '"': "''",
    "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "→": r"$\to$", "←": r"$\leftarrow$",
    "≤": r"$\leq$", "≥": r"$\geq$",
    "≈": r"$\approx$", "∞": r"$\infty$", "√": r"$\surd$", "−": "$-$", "–": "--", "—": "---", "…": r"\dots{}",
    **{raised: f"$^{{{plain}}}$" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)},
}  # fmt: skip
EXPONENT = re.compile(r"\^(-?\d+)")


def latex_text(text):
    """Return plain text as LaTeX: no character of it is a command, signs are math, others are spelt or left out."""
    if re.match(r"-\d", text):
        return f"$-${latex_text(text[1:])}"
    parts = EXPONENT.split(text)  # every second one is an exponent
    return "".join(f"$^{{{part}}}$" if i % 2 else "".join(map(latex_sign, part)) for i, part in enumerate(parts))


def latex_sign(sign):
    """Return a character as LaTeX."""
    if sign in ESCAPED:
        return ESCAPED[sign]
    if sign.isascii():
        return sign if sign.isprintable() else " "
    name = unicodedata.name(sign, "")
    if name.startswith("GREEK SMALL LETTER ") and (letter := name.split()[-1].lower()) in GREEK:
        return f"$\\{letter}$"
    if name.startswith("GREEK CAPITAL LETTER ") and (letter := name.split()[-1].capitalize()) in GREEK:
        return f"$\\{letter}$"
    if name == "MICRO SIGN":
        return r"$\mu$"
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return sign if sign in LETTERS else "".join(map(latex_sign, plain)) or "?"


LETTERS = "äöüÄÖÜßæÆøØåÅéèêëÉÈÊËáàâãÁÀÂÃñÑçÇíìîïÍÌÎÏóòôõÓÒÔÕúùûÚÙÛýÝÿ"
"""That every font has."""

GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Xi", "Pi",
    "Sigma", "Upsilon", "Phi", "Psi", "Omega",
)  # fmt: skip
