"""Tables and figures: every format, measured beside published, and what is missing is said."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner
from stores import TINY

from fbbench.cli import main as fbbench
from paper.build import main as build
from paper.comparison import compare, standard_error
from paper.formats import latex_text

FILES = {
    *(f"{name}.{ending}" for name in ("accuracy", "memory", "gates", "costs") for ending in ("csv", "md", "tex")),
    *(
        f"{name}.{ending}"
        for name in ("accuracy_over_memory", "accuracy_over_gates", "pareto", "learning_curves")
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
    assert {p.name for p in out.iterdir()} == FILES
    assert all(p.stat().st_size > 200 for p in out.iterdir())
    assert "accuracy_over_memory (.png, .svg, .pdf)" in said
    assert "Without Fashion-MNIST" in said


def test_published_figures_stand_beside_measured_ones(built):
    table = pd.read_csv(built[2] / "accuracy.csv")
    row = table[(table.dataset == "random_prototypes") & (table.method_id == "ours")].iloc[0]
    assert row.reported_accuracy == 79.105 and row.reported_runs == 10
    assert row.difference == pytest.approx(row.accuracy - 79.105, abs=1e-3)
    assert table[table.dataset == "digits"].reported_accuracy.isna().all()


def test_tables_say_what_is_in_them(built):
    text = (built[2] / "accuracy.md").read_text()
    for words in (
        "last epoch",
        "held out",
        "Seeds: 1, 2",
        "Fashion-MNIST was not run",
        "median of all rows, held-out ones included",
    ):
        assert words in text
    assert r"\toprule" in (built[2] / "accuracy.tex").read_text()


def test_rows_are_those_of_the_store(built):
    suite, store, out, _ = built
    table = pd.read_csv(out / "accuracy.csv")
    rows = compare(suite, store).rows
    for row in table.itertuples():
        mine = rows[(rows.dataset == row.dataset) & (rows.method_id == row.method_id)].heldout_accuracy
        assert row.accuracy == pytest.approx(mine.mean(), abs=1e-3)
        assert row.spread == pytest.approx(mine.std(ddof=0), abs=1e-3)


def test_memory_and_gates_are_those_of_the_model(built):
    memory = pd.read_csv(built[2] / "memory.csv")
    assert (memory.memory_bits > memory.data_bits).all() and (memory.ledger_bits > memory.data_bits).all()
    gates = pd.read_csv(built[2] / "gates.csv")
    assert (gates.gates_per_epoch == gates.gates * gates.batches).all()


def test_the_same_rows_give_the_same_files(built, tmp_path):
    suite, store, out, _ = built
    assert CliRunner().invoke(build, [suite, "--store", store, "--out", str(tmp_path)]).exit_code == 0
    for path in out.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


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
