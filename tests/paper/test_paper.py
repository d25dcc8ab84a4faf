"""Tables and figures: every format, measured beside published, and what is missing is said."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib import pyplot as plt
from stores import TINY

from fbbench.cli import main as fbbench
from fbbench.experiments import load_suite
from fbbench.experiments.analysis.reported import settings_of, standard_error
from paper.build import main as build
from paper.comparison import FOLDER, committed_rows, compare
from paper.formats import accuracy_axis
from paper.latex import latex_text
from paper.report import CAPTIONS

FILES = {
    *(f"{name}.{ending}" for name in ("accuracy", "memory", "gates", "costs") for ending in ("csv", "md", "tex")),
    *(
        f"{name}.{ending}"
        for name in (
            "accuracy_over_memory",
            "accuracy_over_rest",
            "accuracy_over_gates",
            "accuracy_over_synthesized",
            "accuracy_over_energy",
            "pareto",
            "learning_curves",
        )
        for ending in ("png", "svg", "pdf")
    ),
}
SUITE = TINY.replace('["digits"]', '["random_prototypes", "digits", "fashion_mnist"]').replace(
    'label = "BMLP"', 'label = "BMLP"\npublished = "bmlp"'
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A suite whose third data set was left out."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "tiny.toml").write_text(SUITE)
    suite, store, out = str(folder / "tiny.toml"), str(folder / "store"), folder / "out"
    arguments = ["run", suite, "--store", store, "--datasets", "digits,random_prototypes", "-j", "1"]
    assert CliRunner().invoke(fbbench, arguments).exit_code == 0
    done = CliRunner().invoke(build, [suite, "--store", store, "--out", str(out)])
    assert done.exit_code == 0, done.output
    return suite, store, out, done.output


def test_every_file_is_there_and_named(built):
    _, _, out, said = built
    assert {p.name for p in (out / "tiny").iterdir()} == FILES | {"report.html", "report_data"}
    assert all(p.is_dir() or p.stat().st_size > 200 for p in (out / "tiny").iterdir())
    assert "accuracy_over_memory (.png, .svg, .pdf)" in said
    assert "Without fashion_mnist" in said


def test_published_figures_stand_beside_measured_ones(built):
    table = pd.read_csv(built[2] / "tiny" / "accuracy.csv")
    row = table[(table.dataset == "random_prototypes") & (table.method_id == "ours")].iloc[0]
    assert row.reported_accuracy == 79.105 and row.reported_runs == 10
    assert row.difference == pytest.approx(row.accuracy - 79.105, abs=1e-3)
    assert table[table.dataset == "digits"].reported_accuracy.isna().all()


def test_tables_say_what_is_in_them(built):
    text = (built[2] / "tiny" / "accuracy.md").read_text()
    for words in (
        "last epoch",
        "held out",
        "Seeds: 1, 2",
        "Fashion-MNIST was not run",
        "median of all rows, held-out ones included",
    ):
        assert words in text
    assert r"\toprule" in (built[2] / "tiny" / "accuracy.tex").read_text()


def test_rows_are_those_of_the_store(built):
    suite, store, out, _ = built
    table = pd.read_csv(out / "tiny" / "accuracy.csv")
    rows = compare(suite, store).rows
    for row in table.itertuples():
        mine = rows[(rows.dataset == row.dataset) & (rows.method_id == row.method_id)].heldout_accuracy
        assert row.accuracy == pytest.approx(mine.mean(), abs=1e-3)
        assert row.spread == pytest.approx(mine.std(ddof=0), abs=1e-3)


def test_memory_and_gates_are_those_of_the_model(built):
    memory = pd.read_csv(built[2] / "tiny" / "memory.csv")
    assert (memory.memory_bits > memory.data_bits).all() and (memory.ledger_bits > memory.data_bits).all()
    gates = pd.read_csv(built[2] / "tiny" / "gates.csv")
    assert (gates.gates_per_epoch == gates.gates * gates.batches).all()


def test_the_same_rows_give_the_same_files(built, tmp_path):
    suite, store, out, _ = built
    assert CliRunner().invoke(build, [suite, "--store", store, "--out", str(tmp_path)]).exit_code == 0
    for path in (path for path in out.rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / path.relative_to(out)).read_bytes(), path.name


def test_nothing_to_show_is_a_clear_error(built, tmp_path):
    done = CliRunner().invoke(build, [built[0], "--store", str(tmp_path / "none")])
    assert done.exit_code == 1 and "there is no store and no file of rows" in done.output
    assert not (tmp_path / "none").exists()


def test_shorter_training_is_said(built, tmp_path):
    """A method with fewer epochs than the suite must say so in the table."""
    shorter = tmp_path / "tiny.toml"
    shorter.write_text(SUITE.replace('id = "committee"', 'id = "committee"\nepochs = 1'))
    store = tmp_path / "store"
    arguments = ["run", str(shorter), "--store", str(store), "--datasets", "digits", "-j", "1"]
    assert CliRunner().invoke(fbbench, arguments).exit_code == 0
    assert {len(json.loads(p.read_text())["outcome"]["curve_heldout"]) for p in store.glob("cells/*")} == {1, 2}
    assert "Committee: 1 epochs, not 2." in compare(str(shorter), store).notes()


def test_standard_error():
    frame = pd.DataFrame({"spread": [3.0, 1.0], "n_seeds": [10, 1], "reported_spread": [4.0, 1.0], "reported_runs": 10})
    error = standard_error(frame)
    assert error[0] == pytest.approx((9 / 9 + 16 / 9) ** 0.5)
    assert pd.isna(error[1])  # one run has no spread


def test_latex_text():
    assert latex_text("5 % of N_1 & 8.1·10^8") == r"5 \% of N\_1 \& 8.1$\cdot$10$^{8}$"
    assert latex_text("-0.41") == "$-$0.41"


class Page(HTMLParser):
    """The ids, links and addresses in a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.elsewhere, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.elsewhere += [found["src"]] if "src" in found else []
        if tag not in ("meta", "img", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def handed_over(path):
    """Return what a file of data hands to the page."""
    name, data = re.fullmatch(r'fbbench\.take\("([^"]+)",(.*)\);\n', path.read_text(), flags=re.DOTALL).groups()
    assert name == path.stem
    return json.loads(data)


def test_the_report_is_a_page_whose_numbers_lead_to_their_rows(built):
    suite, store, out, _ = built
    text = (out / "tiny" / "report.html").read_text()
    page = Page(text)
    assert not page.open and len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    outside = {link for link in page.links if not link.startswith("#")}
    assert outside == {"https://arxiv.org/abs/2412.00119", "data:,"}  # the second: no icon is asked for
    assert len(page.elsewhere) == 7 and all((out / "tiny" / name).is_file() for name in page.elsewhere)
    assert 'src="http' not in text and 'href="http' not in text.replace("https://arxiv.org", "")  # it needs no network
    data = handed_over(out / "tiny" / "report_data" / "tiny.js")
    rows = compare(suite, store).rows
    shown = {row[0]: row for group in data["groups"].values() for row in group["rows"]}
    assert shown.keys() == {key[:12] for key in rows.key}
    for row in rows.itertuples():
        assert shown[row.key[:12]][2] == f"{row.heldout_accuracy:.2f}"
    for table in data["tables"]:
        assert len(table["links"]) == len(table["lines"]) and set(table["links"]) == data["groups"].keys()
        assert all(len(line) == len(table["columns"]) for line in table["lines"]) and table["linked"]
    assert text.count("not run") > 20 and "single-layer" in text
    assert re.search(r"<details class=\"unrun\"><summary>\d+ verdicts are of claims without rows here", text)


def test_points_of_the_explorer_are_the_means_of_rows(built):
    suite, store, out, _ = built
    text = (out / "tiny" / "report.html").read_text()
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', text, flags=re.DOTALL)[1])
    comparison = compare(suite, store)
    rows = comparison.rows
    assert len(data["points"]) == len(comparison.summary) == 4
    for point in data["points"]:
        of = rows[(rows.dataset == point["dataset"]) & (rows.method_id == point["method"])]
        assert (
            point["accuracy"] == pytest.approx(of.heldout_accuracy.mean(), rel=1e-4) and point["seeds"] == len(of) == 2
        )
        half = 12.706 * of.heldout_accuracy.std() / 2**0.5  # Student's t of one degree of freedom
        assert point["high"] - point["accuracy"] == pytest.approx(half, rel=1e-3, abs=2e-3)
        assert point["memory"] == pytest.approx(of.memory_bits.iloc[0] / 8e6, rel=1e-4)
    assert data["chart"]["layer"] and set(data["axes"]) <= set(data["points"][0])


SWEEPS = {
    "exp2_group_size": ("grid = { group_size = [1, 5] }", {"group_size"}),
    "robustness": ("grid = { robustness = [0.0, 0.5] }", {"robustness"}),
    "weight_clip": ("grid = { clip = [8, 128] }", {"hidden_weight_bits"}),
    "exp4_depth": ("", {"depth"}),
}


@pytest.mark.parametrize("experiment", SWEEPS)
def test_sweeps_have_figures_of_their_own(tmp_path, experiment):
    grid, figures = SWEEPS[experiment]
    (tmp_path / "tiny.toml").write_text(f"""
name = "tiny"
title = "A sweep"
reported = "{experiment}"
datasets = ["digits"]
budgets = ["35"]
seeds = [1, 2]
epochs = 2

[[methods]]
id = "ternary"
label = "Ternary"
method = "bmlp"
published = "bmlp"
params = {{ arithmetic = "ternary" }}
{grid}

[[methods]]
id = "binary"
label = "Binary"
method = "bmlp"
{grid}
""")
    suite, store = str(tmp_path / "tiny.toml"), str(tmp_path / "store")
    assert CliRunner().invoke(fbbench, ["run", suite, "--store", store, "-j", "1"]).exit_code == 0
    done = CliRunner().invoke(build, [suite, "--store", store, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert {path.stem for path in (tmp_path / "out" / "tiny").glob("*.svg")} == figures


def test_a_sweep_stands_beside_the_published_figures_of_its_own_setting(tmp_path):
    """Settings that share a shape must not be mixed up."""
    suite = load_suite("robustness")
    rows = pd.DataFrame(
        [
            {"method_id": f"bmlp_ternary16[robustness={r}]", "parameters": {"robustness": r}}
            for r in (0.0, 0.25, 0.5, 0.75, 1.0)
        ]
    )
    assert set(settings_of(suite, rows).values()) == {f"robustness={r:g}" for r in (0, 0.25, 0.5, 0.75, 1)}


def test_committed_rows_are_read_where_there_are_any():
    rows = committed_rows("exp1_fair_rivals")
    assert len(rows) == 200 and {row["identity"]["dataset"] for row in rows.values()} == {"fashion_mnist"}
    assert committed_rows("no such suite") == {}


@pytest.mark.parametrize("accuracies", [(10.0, 95.0), (40.0, 100.0), (0.0, 99.9), (80.0, 85.0)])
def test_every_accuracy_is_inside_its_axis(accuracies):
    figure, panel = plt.subplots()
    panel.plot([1, 2], accuracies)
    accuracy_axis(panel)
    low, high = panel.get_ylim()
    assert low <= min(accuracies) and max(accuracies) <= high <= max(100, max(accuracies) + 1)
    assert sum(low <= tick <= high for tick in panel.get_yticks()) >= 2
    figure.canvas.draw()
    plt.close(figure)


def test_every_figure_has_a_caption():
    pictures = {path.stem for path in Path(FOLDER / "out").glob("*/*.png")}
    assert len(pictures) >= 5 and pictures <= set(CAPTIONS)


def test_a_report_says_nothing_of_rows_that_it_does_not_show(built, tmp_path, monkeypatch):
    """Without --store it judged the committed rows, under a table of the user's own."""
    suite, store, _, _ = built
    monkeypatch.setattr("paper.comparison.STORE", Path(store))
    assert CliRunner().invoke(build, [suite, "--out", str(tmp_path)]).exit_code == 0
    text = (tmp_path / "tiny" / "report.html").read_text()
    assert "10 seeds" not in text and "gates-adam" not in text
    assert "verdicts are of claims without rows here" in text


def test_methods_without_inference_costs_have_a_table(tmp_path, monkeypatch):
    """The example of the documentation has none, and ended in a traceback."""
    from fbbench.baselines.majority import Majority

    for name in ("inference_memory", "inference_gates"):
        monkeypatch.setattr(Majority, name, lambda self, task: {})
    (tmp_path / "tiny.toml").write_text(TINY + '[[methods]]\nid = "m"\nlabel = "M"\nmethod = "majority"\nepochs = 1\n')
    suite, store = str(tmp_path / "tiny.toml"), str(tmp_path / "store")
    assert CliRunner().invoke(fbbench, ["run", suite, "--store", store, "-j", "1"]).exit_code == 0
    done = CliRunner().invoke(build, [suite, "--store", store, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "out" / "tiny" / "costs.csv").set_index("method_id")
    assert pd.isna(table.inference_bits["m"]) and table.inference_bits["ours"] > 0
