"""Tables and figures of labels with any sign in them: they compile, keep their columns, show what was written."""

import json
import re
import shutil
import subprocess
import warnings

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from fbbench.cli import main as fbbench
from fbbench.experiments import known_suites, load_suite
from paper import marks as marks_module
from paper.build import FIGURES
from paper.build import main as build
from paper.formats import markdown_text, write_table
from paper.latex import latex, latex_text
from paper.table_accuracy import noise_text

LABELS = [
    "BMLP ~ 50% r^r \\ x", "r < 0.5 & |w| > 1 #2 $x_1$", "λ = 10^-3 → 2²", "Majority | floor", "BMLP, $alpha_$ each",
    "_hidden name", "{braces}", "“quotes” – dash", "汉字",
]  # fmt: skip
METHOD = '[[methods]]\nid = "m{i}"\nlabel = {label}\nmethod = "bmlp"\nparams = {{ robustness = 0.{i} }}\n'
SUITE = """
name = "odd"
title = "Titles with $x_ and | in them"
datasets = ["digits"]
budgets = ["35_35"]
seeds = [1, 2]
epochs = 2

"""


def toml_text(text):
    return json.dumps(text.replace("{", "{{").replace("}", "}}"), ensure_ascii=False)  # braces name parameters there


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    methods = "".join(METHOD.format(i=i, label=toml_text(label)) for i, label in enumerate(LABELS))
    floor = '[[methods]]\nid = "majority"\nlabel = "Majority"\nmethod = "majority"\nepochs = 1\n'
    (folder / "odd.toml").write_text(SUITE + methods + floor)
    suite, store = str(folder / "odd.toml"), str(folder / "store")
    assert CliRunner().invoke(fbbench, ["run", suite, "--store", store, "-j", "1"]).exit_code == 0
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*underscore.*")
        done = CliRunner().invoke(build, [suite, "--store", store, "--out", str(folder / "out")])
    assert done.exit_code == 0, done.output
    return folder / "out" / "odd"


def compiled(folder, body):
    """Return pdflatex's log of a document with a body; skip where there is no LaTeX."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed (Debian: texlive-latex-recommended)")
    preamble = "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage{booktabs,graphicx}\\begin{document}\n"
    (folder / "t.tex").write_text(f"{preamble}{body}\n\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=folder, capture_output=True, text=True, check=False, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:]
    return (folder / "t.log").read_text(errors="replace")


@pytest.mark.parametrize("name", ["accuracy", "memory", "gates", "costs"])
def test_every_table_compiles_and_fits_the_page(built, tmp_path, name):
    log = compiled(tmp_path, (built / f"{name}.tex").read_text())
    assert "Overfull" not in log
    source = (built / f"{name}.tex").read_text()
    assert "\\caption{Digits}" in source and re.search(r"\\begin\{tabular\}\{l+r", source)


def test_any_text_compiles(tmp_path):
    signs = [chr(i) for i in range(32, 0x250)] + list("λΩαβ→≤≥∞²⁻₀€汉🙂\u200b\u202e")
    compiled(tmp_path, "\n\n".join(latex_text(sign) for sign in signs) + latex_text("".join(signs)))


@given(st.text())
@settings(max_examples=200)
def test_latex_has_no_bare_commands(text):
    made = latex_text(text)
    bare = re.sub(r"\\(text[a-z]+|[a-zA-Z]+|[&%#_${}])(\{\})?", "", re.sub(r"\$[^$]*\$", "", made.replace(r"\$", "")))
    assert not set(bare) & set("\\&%#_~^"), (text, made)
    assert "\n" not in made


def test_scientific_numbers_are_exponents():
    assert latex_text("8.10·10^8") == r"8.10$\cdot$10$^{8}$" and latex_text("-0.5") == "$-$0.5"


def test_long_tables_go_on_in_others():
    frame = pd.DataFrame({"data set": ["d"] * 100, "x": [str(i) for i in range(100)]})
    source = latex(frame, ["a note\nof two lines"])
    assert source.count("\\begin{table}") == 3 and source.count("continued") == 2
    assert "% a note of two lines\n" in source


def test_markdown_rows_keep_their_columns(built):
    for name in ("accuracy", "memory", "gates", "costs"):
        lines = [line for line in (built / f"{name}.md").read_text().splitlines() if line.startswith("|")]
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(columns) == 1 and len(lines) == 2 + len(LABELS) + 1
    assert markdown_text("a|b\\c") == r"a\|b\\c"


def test_csv_has_all_digits(tmp_path):
    numbers = pd.DataFrame({"x": [1 / 3, 123456789.123456789, 1e-17]})
    write_table(tmp_path, "t", numbers, pd.DataFrame({"data set": ["d"], "x": ["1"]}), [])
    assert pd.read_csv(tmp_path / "t.csv", float_precision="round_trip").x.tolist() == numbers.x.tolist()


def test_what_is_written_is_what_is_drawn(built):
    """A dollar sign begins no formula, an underscore hides no entry."""
    source = (built / "learning_curves.svg").read_text()
    for label in ("BMLP, $alpha_$ each", "_hidden name", "Majority | floor"):
        assert label.replace("&", "&amp;").replace("<", "&lt;") in source, label


@pytest.mark.parametrize("name", sorted(known_suites()))
def test_every_figures_series_can_be_told_apart(name):
    """No two methods of a suite share colour and line, or colour and marker; whatever subset of them is drawn."""
    suite = load_suite(str(known_suites()[name]))
    if suite.reported in FIGURES:
        pytest.skip("its figures draw a line a width, not a method")
    if suite.protocol == "validation":
        pytest.skip("no figure is drawn of a suite that tunes")
    looks = marks_module.marks(type("C", (), {"suite": suite}))
    assert len({(colour, line) for colour, _, line, _ in looks.values()}) == len(looks)
    assert len({(colour, marker) for colour, marker, _, _ in looks.values()}) == len(looks)


def test_forty_methods_can_be_told_apart():
    colours = [i % marks_module.COLOURS for i in range(40)]
    assert len(set(zip(colours, map(marks_module.line_of, range(40)), strict=True))) == 40
    markers = [marks_module.MARKERS[i % len(marks_module.MARKERS)] for i in range(40)]
    assert len(set(zip(colours, map(str, markers), strict=True))) == 40


def test_every_legend_entry_is_drawn(built):
    """A method of one epoch is a diamond: a line of one point draws nothing."""
    source = (built / "learning_curves.svg").read_text()
    assert "diamond: one epoch in all" in source
    plt.close("all")


@pytest.mark.parametrize(
    ("difference", "error", "said"),
    [(6.0, 10.0, "undecided (±20.0)"), (0.5, 0.6, "yes (±1.2)"), (1.5, 0.6, "no (±1.2)"), (9.0, 3.0, "no (±6.0)"),
     (1.0, float("nan"), "one run: unknown"), (float("nan"), 1.0, "")],
)  # fmt: skip
def test_how_wide_noise_is(difference, error, said):
    """Six points with three runs were "inside noise: yes"."""
    assert noise_text(difference, error) == said
