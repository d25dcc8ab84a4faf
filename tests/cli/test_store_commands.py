"""plan, status, results, rm and compare say what is in a store, and change it only when told to."""

import io
import sys

import pandas as pd
import pytest
from commands import call, copy_of, words
from stores import TINY, outcomes, suite_of

from fbbench.cli import console
from fbbench.costs import parse_size
from fbbench.datasets import DataUnavailable
from fbbench.experiments import Store
from fbbench.experiments.planning import agenda as agenda_module
from fbbench.experiments.running.forecast import Forecast, Work, in_words


def test_plan_before_and_after(tmp_path, finished):
    suite, store = finished
    empty = call("plan", suite, "--store", tmp_path / "none")
    assert empty.exit_code == 0 and "14 different cells: 14 missing." in empty.output
    assert "nothing in the store tells how long 14 of them take" in words(empty.output)
    assert not (tmp_path / "none").exists()
    full = call("plan", suite, "--store", store)
    assert "14 different cells: 14 done." in full.output and "Nothing is left to run." in full.output
    assert "35_35 7/7" in full.output and "44_4 7/7" in full.output
    more = call("plan", suite, "--store", store, "--seeds", 9, "-j", 2)
    assert "s with -j 2, as rows in the store took." in words(more.output)


def test_plan_lists_cells_for_other_programs(finished):
    suite, store = finished
    lines = call("plan", suite, "--store", store, "--seeds", 8, "--cells").output.splitlines()
    states, keys, titles = zip(*(line.split("\t") for line in lines), strict=True)
    assert len(set(keys)) == 16 and sorted(set(states)) == ["done", "missing"]
    assert {k for s, k in zip(states, keys, strict=True) if s == "done"} == set(outcomes(store))
    assert titles[0] == "digits, ours 35_35 (memory of 35_35), seed 1"


def test_plan_says_what_the_author_saw_and_what_is_left_out(tmp_path):
    suite_of(
        tmp_path, "epochs = 2", "epochs = 2\nexpected_core_minutes = 90", TINY.replace("digits", "random_prototypes")
    )
    (tmp_path / "float.toml").write_text(
        (tmp_path / "tiny.toml").read_text() + '[[methods]]\nid = "sgd"\nlabel = "SGD"\nmethod = "float_mlp"\n'
    )
    done = call("plan", tmp_path / "float.toml", "--store", tmp_path / "none")
    assert "the suite's author saw about 90 min on one core" in words(done.output)
    assert "Left out: sgd on random_prototypes: it wants floats" in words(done.output)


def test_forecasts_follow_the_gates_of_the_same_method(tmp_path):
    suite = suite_of(tmp_path, '["35_35"]', '["35_35", "105_105"]', TINY.replace('digits = { 35_35 = "44_4" }', ""))
    small, large = (e for e in agenda_module.make_agenda(suite).planned if e.cell.seed == 1 and e.cell.method == "bmlp")
    forecast = Forecast()
    assert forecast.seconds(large.cell) is None and forecast.total(Work([small.cell, large.cell])) == (0, 2)
    forecast.learn(small.cell, 10.0)
    ratio = large.cell.gates / small.cell.gates
    assert ratio > 3 and forecast.seconds(large.cell) == pytest.approx(10 * ratio**0.7)  # one size was seen
    forecast.learn(large.cell, 20.0)  # what was seen of the very shape counts more
    assert forecast.seconds(large.cell) == pytest.approx(20)
    work = Work([small.cell, large.cell])
    assert forecast.total(work)[0] == pytest.approx(30)
    assert forecast.longest(work) == pytest.approx(20)  # however many processes there are


def test_durations_in_words():
    said = [in_words(seconds) for seconds in (0.2, 40, 300, 12_000, 200_000)]
    assert said == ["under 1 s", "about 40 s", "about 5 min", "about 3 h 20 min", "about 2 d 7 h"]


def test_status(finished, tmp_path):
    _, store = copy_of(finished, tmp_path)
    text = call("status", "--store", store).output
    assert "14 cells done, 0 failed." in text and "ours" in text and "committee" in text
    row = next(iter(Store(store).rows().values()))
    failed = {**row, "error": "ValueError: no", "traceback": "in line 7"}
    failed["identity"] = {**row["identity"], "seed": 99}
    del failed["outcome"]
    Store(store).write_failure(failed)
    Store(store).write({**row, "identity": {**row["identity"], "method_version": 0}})
    text = words(call("status", "--store", store).output)
    assert "15 cells done, 1 failed." in text and "seed 99: ValueError: no" in text and "in line 7" not in text
    assert "Of earlier versions of fbbench or a method, and not used any more: 1;" in text
    assert "in line 7" in call("status", "--store", store, "--tracebacks").output
    assert call("status", "--store", tmp_path / "none").exit_code == 1
    assert "1 removed, 14 left." in call("rm", "--outdated", "--yes", "--store", store).output
    assert "1 removed, 14 left." in call("rm", "--failed", "--yes", "--store", store).output
    assert outcomes(store) == outcomes(finished[1])


def test_results_as_csv(finished, tmp_path):
    suite, store = finished
    table = pd.read_csv(io.StringIO(call("results", "--store", store, "--csv", "-").output))
    rows = Store(store).rows()
    assert set(table.key) == set(rows) and len(table) == 14
    for line in table.itertuples():
        outcome = rows[line.key]["outcome"]
        assert line.heldout_accuracy == pytest.approx(outcome["heldout_accuracy"])
        assert line.memory_bits == sum(outcome["memory_parts"].values())
        assert line.gates_XNOR == outcome["gates_by_kind"]["XNOR"] and line.state_hash == outcome["state_hash"]
    assert {"param_robustness", "peak_memory_bytes", "jobs", "kernel_path", "commit", "version_numpy"} <= set(table)
    path = tmp_path / "rows.csv"
    assert call("results", suite, "--store", store, "--seeds", 2, "--csv", path).exit_code == 0
    assert len(pd.read_csv(path)) == 4
    curves = tmp_path / "curves.csv"
    call("results", "--store", store, "--curves", curves)
    frame = pd.read_csv(curves)
    assert len(frame) == 28 and frame.epoch.tolist()[:2] == [1, 2]
    last = frame[frame.epoch == 2].set_index("key").heldout_accuracy
    assert last.to_dict() == pytest.approx({k: r["outcome"]["heldout_accuracy"] for k, r in rows.items()}, abs=1e-3)


def test_parquet_without_pyarrow(finished, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = call("results", "--store", finished[1], "--parquet", tmp_path / "rows.parquet")
    assert done.exit_code == 1 and "pip install 'fbbench[parquet]'" in done.output
    assert not (tmp_path / "rows.parquet").exists()


def test_results_as_parquet(finished, tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (fbbench[parquet])")
    path = tmp_path / "rows.parquet"
    assert call("results", "--store", finished[1], "--parquet", path).exit_code == 0
    assert len(pd.read_parquet(path)) == 14


def test_results_on_the_terminal(finished, tmp_path):
    _, store = finished
    text = call("results", "--store", store).output
    values = [o["heldout_accuracy"] for _, o, asked in outcomes(store).values() if asked["method_id"] == "ours"]
    line = next(line for line in text.splitlines() if line.strip().startswith("ours"))
    assert f"{sum(values) / 7:.2f}" in line and " 7 " in line and ".." in line
    assert call("results", "--store", tmp_path / "none").exit_code == 1
    assert "has no rows of suite quick" in words(call("results", "quick", "--store", store).output)
    assert call("results", "--store", store, "--seeds", 2).exit_code == 2


def test_results_need_no_data(finished, monkeypatch):
    monkeypatch.setattr(agenda_module, "load", None)
    monkeypatch.setattr("fbbench.datasets.registry.digits", None)
    suite, store = finished
    assert call("results", suite, "--store", store).exit_code == 0
    assert call("compare", "ours", "committee", "--suite", suite, "--store", store).exit_code == 0


def test_rm_asks_first(finished, tmp_path):
    _, store = copy_of(finished, tmp_path)
    asked = call("rm", "--method", "ours", "--store", store, input="n\n")
    assert asked.exit_code == 1 and "Remove these 7 cells" in asked.output and len(outcomes(store)) == 14
    assert call("rm", "--method", "ours", "--store", store, input="y\n").exit_code == 0
    assert {asked["method_id"] for _, _, asked in outcomes(store).values()} == {"committee"}


def test_rm_by_key_data_set_and_nothing(finished, tmp_path):
    _, store = copy_of(finished, tmp_path)
    keys = sorted(outcomes(store))
    assert call("rm", "--store", store).exit_code == 2
    assert call("rm", "", "--yes", "--store", store).exit_code == 2 and len(outcomes(store)) == 14
    wrong = call("rm", "zzz", "--store", store)
    assert wrong.exit_code == 2 and "no cell in" in wrong.output
    assert "1 removed, 13 left" in call("rm", keys[0][:10], "--yes", "--store", store).output
    wrong = call("rm", "--dataset", "digit", "--yes", "--store", store)
    assert wrong.exit_code == 2 and "is of a data set 'digit' (did you mean 'digits'?)" in wrong.output
    assert "1 removed" in call("rm", keys[1], "--dataset", "digits", "--yes", "--store", store).output
    assert "12 removed, 0 left" in call("rm", "--all", "--yes", "--store", store).output


def test_rm_all_takes_checkpoints_too(tmp_path):
    store = Store(tmp_path / "store")
    store.prepare()
    store.checkpoint_of("a" * 32).write_bytes(b"x")
    asked = call("rm", "--all", "--yes", "--store", store.folder)
    assert asked.exit_code == 0 and "trainings kept between epochs: 1" in asked.output and not store.checkpointed()


def test_a_broken_suite_does_not_hide_the_others(tmp_path, monkeypatch, finished):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "broken.toml").write_text("name = 3")
    text = words(call("list").output)
    assert "wrong: suites/broken.toml" in text and "quick" in text
    done = call("compare", "bmlp_ternary16", "bmlp_binary8", "--store", finished[1])
    assert "no seed at which both" in words(done.output)


def test_tracebacks_on_request(finished, monkeypatch):
    assert "Traceback" not in call("plan", "nothing").output
    monkeypatch.setenv("FBBENCH_TRACEBACK", "1")
    assert isinstance(call("plan", "nothing").exception, ValueError)


def test_what_is_left_to_start(tmp_path, finished):
    suite, store = copy_of(finished, tmp_path)
    key, row = next(iter(Store(store).rows().items()))
    Store(store).remove(key)
    failure = {name: part for name, part in row.items() if name != "outcome"} | {"error": "E", "traceback": ""}
    Store(store).write_failure(failure)
    assert "Nothing is left to start: 1 have failed" in words(call("plan", suite, "--store", store).output)


def test_nothing_can_be_run(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "empty"))
    (tmp_path / "empty").mkdir()
    suite_of(tmp_path, content=TINY.replace("digits", "cifar10"))
    for command in ("plan", "run"):
        done = call(command, tmp_path / "tiny.toml", "--store", tmp_path / "none")
        assert done.exit_code == 1 and "nothing of this suite can be run here" in done.output
        assert "Left out: cifar10" in done.output and not (tmp_path / "none").exists()


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_tables_fit_a_narrow_terminal(finished, monkeypatch, columns):
    suite, store = finished
    monkeypatch.setattr(console, "WIDTH_OF_FILES", columns)
    for command in (["results"], ["compare", "ours", "committee", "--suite", suite]):
        done = call(*command, "--store", store)
        table = [
            line for line in done.output.splitlines() if "committee" in line or line.startswith((" digits", " ours"))
        ]
        assert done.exit_code == 0 and table and max(map(len, table)) <= columns
        assert "…" not in done.output and "95 %" in done.output


def test_counts_in_a_table_stay_whole_numbers(finished, tmp_path):
    _, store = copy_of(finished, tmp_path)
    row = next(iter(Store(store).rows().values()))
    other = {**row["outcome"], "parameters": {"hidden_bits": 8, "only_here": 7}}
    Store(store).write({**row, "outcome": other, "identity": {**row["identity"], "seed": 99}})
    text = call("results", "--store", store, "--csv", "-").output
    table = pd.read_csv(io.StringIO(text), dtype=str)
    assert set(table.param_only_here.dropna()) == {"7"} and not table.memory_bits.str.contains(".", regex=False).any()
    assert call("results", "--store", store, "--csv", tmp_path / "no" / "x.csv").output.startswith(
        "Error: cannot write"
    )


def test_a_cell_under_two_names_is_counted_once_and_shown_under_both(tmp_path):
    twice = TINY + '[[methods]]\nid = "again"\nlabel = "A"\nmethod = "bmlp"\nparams.arithmetic = "ternary"\n'
    suite_of(tmp_path, content=twice)
    suite, store = tmp_path / "tiny.toml", tmp_path / "store"
    assert "4 different cells: 4 missing. 4 cells to run" in words(call("plan", suite, "--store", store).output)
    assert call("run", suite, "--store", store, "-j", 1).exit_code == 0
    shown = call("results", suite, "--store", store).output
    assert all(any(line.strip().startswith(name) for line in shown.splitlines()) for name in ("ours", "again"))


@pytest.mark.parametrize("option", ["--method", "--dataset", "--checksum"])
def test_rm_of_an_empty_option(finished, option):
    _, store = finished
    done = call("rm", option, "", "--failed", "--yes", "--store", store)
    assert done.exit_code == 2 and "is empty" in done.output and len(outcomes(store)) == 14


def test_forecasts_learn_how_seconds_grow(tmp_path):
    """Small cells are mostly overhead: with their rate per gate, larger ones were said to take hours."""
    budgets = '["35_35", "75_75", "525_525"]'
    suite = suite_of(tmp_path, '["35_35"]', budgets, TINY.replace('digits = { 35_35 = "44_4" }', ""))
    entries = [e for e in agenda_module.make_agenda(suite).planned if e.cell.seed == 1 and e.cell.method == "bmlp"]
    small, middle, large = entries
    forecast = Forecast()
    forecast.learn(small.cell, 1.0)
    forecast.learn(middle.cell, 1.0 * (middle.cell.gates / small.cell.gates) ** 0.5)
    expected = (large.cell.gates / small.cell.gates) ** 0.5
    assert forecast.seconds(large.cell) == pytest.approx(expected, rel=0.01)
    forecast.learn(large.cell, expected / 2)
    assert forecast.seconds(large.cell) == pytest.approx(expected / 2)
    seconds, unknown = forecast.total(Work([e.cell for e in entries] * 3))
    assert unknown == 0 and seconds == pytest.approx(3 * sum(forecast.seconds(e.cell) for e in entries))


def test_budgets_and_methods_narrow_every_command(finished, tmp_path):
    suite, store = copy_of(finished, tmp_path)
    for command in ("plan", "run", "results"):
        done = call(command, suite, "--store", store, "--methods", "ours", "--budgets", "35_35")
        assert done.exit_code == 0 and "ommittee" not in done.output, done.output
        done = call(command, suite, "--store", store, "--budgets", "36_36")
        assert done.exit_code == 1 and "has no budget '36_36' (did you mean '35_35'?)" in words(done.output)


def test_whoever_names_a_set_that_is_not_there_hears_of_it(tmp_path):
    content = TINY.replace('["digits"]', '["digits", "uci_bean"]')
    suite_of(tmp_path, content=content)
    command = ["run", tmp_path / "tiny.toml", "--store", tmp_path / "s", "-j", "1"]
    assert call(*command).exit_code == 0  # left out, as said
    assert call(*command, "--datasets", "digits,uci_bean").exit_code == 1


def test_published_figures_stand_in_the_terminal(tmp_path):
    suite_of(
        tmp_path, 'label = "BMLP"', 'label = "BMLP"\npublished = "bmlp"', TINY.replace("digits", "random_prototypes")
    )
    said = words(call("run", tmp_path / "tiny.toml", "--store", tmp_path / "s", "-j", "1").output)
    assert "(79.1, " in said and "published (arXiv:2412.00119, mean of ten runs)" in said


def test_what_learnt_nothing_is_marked(tmp_path):
    """Two epochs at a tiny reinforcement leave a network at chance; the majority class itself is meant to be there."""
    floor = '[[methods]]\nid = "majority"\nlabel = "Majority"\nmethod = "majority"\nepochs = 1\n'
    sgd = '[[methods]]\nid = "sgd"\nlabel = "SGD"\nmethod = "float_mlp"\nparams = { learning_rate = 1e-9 }\n'
    pytest.importorskip("torch")
    suite_of(tmp_path, content=TINY + floor + sgd)
    done = call("run", tmp_path / "tiny.toml", "--store", tmp_path / "s", "-j", "1")
    assert "* no better than always saying the most frequent class" in words(done.output)
    lines = {line.split("│")[1].strip(): line for line in done.output.splitlines() if line.startswith("│")}
    assert "*" in lines["SGD"] and "*" not in lines["Majority"] + lines["BMLP"]
    shown = call("results", tmp_path / "tiny.toml", "--store", tmp_path / "s").output
    assert "* no better than" in shown
    for row in Store(tmp_path / "s").rows().values():
        assert 5 < row["outcome"]["majority_accuracy"] < 15


def test_memory_however_it_is_spelt():
    assert parse_size("100KB") == parse_size("100 kB") == 8e5 and parse_size("5mb") == parse_size("5 MB")
    with pytest.raises(ValueError, match=r"a size needs a unit: '5 MB' or '5 kB'\?"):
        parse_size("5")


def test_bench_says_that_a_data_set_is_not_here(monkeypatch):
    def missing(*_):
        raise DataUnavailable("not here")

    monkeypatch.setattr("fbbench.cli.bench.prepare", missing)
    done = call("bench", "--no-torch", "--shape", "35", "--path", "portable", "--dataset", "digits")
    assert done.exit_code == 1 and "Error: not here" in done.output


def test_help_is_whole_sentences():
    shown = call("--help").output
    assert "..." not in shown.split("Commands:")[1] and "Run what is missing of a suite." in shown


def test_results_of_a_set_that_was_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.csv").write_text("a,b,y\n" + "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(60)))
    assert call("data", "import", "m.csv", "--label", "y", "--name", "gone").exit_code == 0
    content = TINY.replace('["digits"]', '["gone", "digits"]')
    suite_of(tmp_path, content=content)
    assert call("run", tmp_path / "tiny.toml", "--store", tmp_path / "s", "-j", "1").exit_code == 0
    assert call("data", "remove", "gone").exit_code == 0
    for command in (["results", tmp_path / "tiny.toml"], ["results"], ["status"]):
        done = call(*command, "--store", tmp_path / "s")
        assert done.exit_code == 0 and "gone" in done.output and "digits" in done.output, done.output
