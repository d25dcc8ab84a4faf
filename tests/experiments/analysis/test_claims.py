"""Claims get the verdict that their rows deserve; the committed rows still say what they said."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from stores import set_accuracy

from fbbench.cli import main
from fbbench.experiments import load_suite
from fbbench.experiments.analysis.claims import Claim, load_claims
from fbbench.experiments.analysis.verdicts import Evidence, judge
from fbbench.experiments.rows.archive import read_archive, write_archive

PAPER = Path(__file__).parents[3] / "paper"
CLAIMS = PAPER / "claims.toml"
ABOUT = {"id": "c", "text": "t", "source": "s", "suite": "quick", "datasets": ["d"], "budgets": ["35_35"], "a": "x"}


class Rows:
    """Evidence with made accuracies: {method: values by seed}."""

    def __init__(self, gates=None, **accuracies):
        self.accuracies, self.gates = accuracies, gates or {}

    def at(self, suite_name, method, dataset, budget):
        values = self.accuracies.get(method, [])
        frame = pd.DataFrame(
            {
                "heldout_accuracy": np.asarray(values, dtype=float),
                "key": [f"{method}{i}" for i in range(len(values))],
                "protocol": "published",
                "checksum": "same",
            }
        )
        return frame.rename_axis("seed")

    def gates_at(self, suite_name, method, dataset, budget, per, **reckoning):
        return self.gates[method] * (1 if per == "mini-batch" else 32 if method == "x" else 1)


def verdict(evidence, **parts):
    (found,) = judge(Claim.model_validate({**ABOUT, **parts}), evidence)
    return found.outcome


class Tables:
    """Evidence with made accuracies on many data sets: {data set: {method: values by seed}}."""

    def __init__(self, of, n_heldout=20, n_train=80):
        self.of, self.sizes = of, {"n_heldout": n_heldout, "n_train": n_train}

    def at(self, suite_name, method, dataset, budget):
        return Rows(**self.of[dataset]).at(suite_name, method, dataset, budget).assign(**self.sizes)


def over_tables(differences):
    """Return evidence where x lies above y by these points, a data set each."""
    return Tables({f"d{i}": {"x": BASE + d + WOBBLE, "y": BASE} for i, d in enumerate(differences)})


@pytest.mark.parametrize(
    "differences, outcome",
    [
        ([2, 1, 3, -1, 2, 4, 1, 2, 3, 1], "reproduced"), ([-2, -1, -3, 1, -2, -4, -1, -2, -3, -1], "contradicted"),
        ([2, -2, 3, -3, 1, -1, 4, -4, 0.5, -0.5], "within noise"),
    ],
)  # fmt: skip
def test_mostly_ahead_over_data_sets(differences, outcome):
    parts = {"kind": "mostly", "b": ["y"], "datasets": [f"d{i}" for i in range(len(differences))]}
    evidence = over_tables(differences)
    assert verdict(evidence, **parts) == outcome
    (found,) = judge(Claim.model_validate({**ABOUT, **parts}), evidence)
    (line,) = found.lines
    assert line.where == "10 data sets, 35_35, y" and line.n_seeds == 5 and len(line.keys) == 100
    evidence.of["d3"]["y"] = []
    assert verdict(evidence, **parts) == "not run"


def test_two_budgets_and_rivals_are_a_line_each():
    evidence = over_tables([1, 2, 3, 4, 5, 6, 7, 8])
    for of in evidence.of.values():
        of["z"] = of["x"] + 1
    parts = {
        "kind": "mostly", "b": ["y", "z"], "budgets": ["35_35", "75_75"], "datasets": list(evidence.of),
    }  # fmt: skip
    (found,) = judge(Claim.model_validate({**ABOUT, **parts}), evidence)
    assert [(line.where.split(", ", 1)[1], line.value > 0) for line in found.lines] == [
        ("35_35, y", True), ("35_35, z", False), ("75_75, y", True), ("75_75, z", False),
    ]  # fmt: skip
    assert found.outcome == "contradicted"


def test_seeds_that_share_rows_count_for_less():
    evidence = Tables({"d": {"x": BASE + 0.4 + WOBBLE, "y": BASE}})
    assert verdict(evidence, kind="ahead", b=["y"]) == "reproduced"
    assert verdict(evidence, kind="ahead", b=["y"], resampled=True) == "within noise"


BASE = np.array([80.0, 80.5, 81.0, 81.5, 82.0])
WOBBLE = np.array([0.3, -0.3, 0.1, -0.2, 0.1])


@pytest.mark.parametrize(
    "difference, outcome",
    [(2 + WOBBLE, "reproduced"), (-2 + WOBBLE, "contradicted"), (WOBBLE, "within noise")],
)  # fmt: skip
def test_ahead(difference, outcome):
    assert verdict(Rows(x=BASE + difference, y=BASE), kind="ahead", b=["y"]) == outcome


@pytest.mark.parametrize(
    "difference, outcome",
    [
        (WOBBLE, "reproduced"),
        (3 + WOBBLE, "contradicted"),
        (-3 + WOBBLE, "contradicted"),
        (0.9 + WOBBLE, "within noise"),
    ],
)
def test_level(difference, outcome):
    assert verdict(Rows(x=BASE + difference, y=BASE), kind="level", b=["y"], margin=1.0) == outcome


@pytest.mark.parametrize(
    "published, error, outcome",
    [(2.0, 0.1, "reproduced"), (2.3, 0.15, "reproduced"), (4.0, 0.1, "contradicted"), (3.0, 2.0, "within noise")],
)
def test_size(published, error, outcome):
    evidence = Rows(x=BASE + 2 + WOBBLE, y=BASE)
    assert verdict(evidence, kind="size", b=["y"], published=published, published_error=error) == outcome


def test_accuracy():
    about = {"kind": "accuracy", "published_error": 0.3}
    assert verdict(Rows(x=BASE), **about, published=81.5) == "reproduced"
    assert verdict(Rows(x=BASE), **about, published=85.0) == "contradicted"


def test_gates():
    evidence = Rows(gates={"x": 10, "y": 4500})
    assert verdict(evidence, kind="gates", b=["y"], low=400, high=500) == "reproduced"
    assert verdict(evidence, kind="gates", b=["y"], low=460, high=500) == "contradicted"


def test_gates_of_a_training_and_without_an_upper_limit():
    evidence = Rows(gates={"x": 10, "y": 4500})
    assert verdict(evidence, kind="gates", b=["y"], low=400) == "reproduced"
    assert verdict(evidence, kind="gates", b=["y"], low=400, per="training") == "contradicted"


def test_a_training_has_as_many_times_the_gates_as_mini_batches_and_epochs():
    evidence = Evidence(lambda name: {})
    about = ("exp1_budget", "sgd_float", "fashion_mnist", "35_35")
    assert evidence.gates_at(*about, "training") == evidence.gates_at(*about, "mini-batch") * 16 * 50  # 1562 samples
    about = ("exp1_budget", "bmlp_ternary16", "fashion_mnist", "35_35")
    assert evidence.gates_at(*about, "training") == evidence.gates_at(*about, "mini-batch") * 500 * 50
    binary = evidence.gates_at("exp1_budget", "bmlp_binary8", "fashion_mnist", "35_35", "mini-batch")
    assert evidence.gates_at(*about, "mini-batch") > binary  # zeros are charged


def test_what_has_not_been_run_counts_among_the_comparisons():
    """Else a verdict could be reached with one of twenty that does not stand with all."""
    behind = Rows(x=BASE - 0.35 + WOBBLE, y0=BASE)
    assert verdict(behind, kind="ahead", b=["y0"]) == "contradicted"
    assert verdict(behind, kind="ahead", b=[f"y{i}" for i in range(20)]) == "not run"


def test_what_lacks_rows_is_not_run_unless_it_is_contradicted_already():
    assert verdict(Rows(x=BASE), kind="ahead", b=["y"]) == "not run"
    assert verdict(Rows(x=BASE[:1], y=BASE[:1]), kind="ahead", b=["y"]) == "not run"  # one seed has no interval
    assert verdict(Rows(x=BASE + 2 + WOBBLE, y=BASE), kind="ahead", b=["y", "z"]) == "not run"
    assert verdict(Rows(x=BASE - 2 + WOBBLE, y=BASE), kind="ahead", b=["y", "z"]) == "contradicted"


def test_many_comparisons_need_more():
    """An interval that holds together with nineteen others is wider than one alone."""
    near = Rows(x=BASE + 0.35 + WOBBLE, **{f"y{i}": BASE for i in range(20)})
    assert verdict(near, kind="ahead", b=["y0"]) == "reproduced"
    assert verdict(near, kind="ahead", b=[f"y{i}" for i in range(20)]) == "within noise"


def test_false_alarms_are_rare():
    """Of twenty methods that are equal, one seems ahead or behind in at most about 5 of 100 claims."""
    random, alarms = np.random.default_rng(3), 0
    for _ in range(200):
        rows = Rows(x=random.normal(size=10), **{f"y{i}": random.normal(size=10) for i in range(20)})
        alarms += verdict(rows, kind="ahead", b=[f"y{i}" for i in range(20)]) == "contradicted"
    assert alarms / 200 <= 0.05


def test_interval_of_seeds_that_do_not_pair_is_welchs():
    x, y = BASE + 1, np.array([79.0, 81.0, 83.0, 80.0, 80.2, 82.1])
    claim = Claim.model_validate({**ABOUT, "kind": "ahead", "b": ["y"], "paired": False})
    (line,) = judge(claim, Rows(x=x, y=y))[0].lines
    welch = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert (line.low, line.high) == pytest.approx((welch.low, welch.high))
    assert line.value == pytest.approx(x.mean() - y.mean())


def test_noise_of_the_published_mean_is_in_the_interval():
    published = np.array([80.0, 81.0, 83.0, 80.0, 80.2, 82.1])
    about = {"kind": "accuracy", "published": 81.0, "published_runs": 6}
    error = float(published.std(ddof=1) / np.sqrt(6))
    (line,) = judge(Claim.model_validate({**ABOUT, **about, "published_error": error}), Rows(x=BASE))[0].lines
    welch = stats.ttest_ind(BASE, published, equal_var=False).confidence_interval(0.95)
    assert line.high - line.low == pytest.approx(welch.high - welch.low)


@pytest.mark.parametrize(
    "kind, methods, decisive",
    [
        ("ahead", {"y": BASE - 1, "z": BASE - 2 + 20 * WOBBLE}, "z"),  # a larger gain, but a wide interval
        ("ahead", {"y": BASE + 3 + 20 * WOBBLE, "z": BASE + 2}, "z"),  # less far behind, but surely
        ("level", {"y": BASE + 0.5, "z": BASE + 0.1 + 5 * WOBBLE}, "z"),
        ("level", {"y": BASE + 4 + 20 * WOBBLE, "z": BASE - 3}, "z"),
    ],
)
def test_the_line_that_is_shown_is_the_one_that_decides(kind, methods, decisive):
    claim = Claim.model_validate({**ABOUT, "kind": kind, "b": [*methods], "margin": 1.0})
    (found,) = judge(claim, Rows(x=BASE, **methods))
    assert found.decisive.where.endswith(decisive)


def test_both_forms_have_a_verdict():
    rows = Rows(bmlp_ternary16=BASE + 2 + WOBBLE, bmlp_binary8=BASE - 2 + WOBBLE, y=BASE)
    claim = Claim.model_validate({**ABOUT, "kind": "ahead", "a": "bmlp_{form}", "b": ["y"]})
    assert [(v.form, v.outcome) for v in judge(claim, rows)] == [
        ("published", "reproduced"), ("claimed", "contradicted"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change, said",
    [
        ({"kind": "level", "b": ["y"]}, "kind 'level' needs margin"),
        ({"kind": "size", "b": ["y"], "published": 1.0}, "needs published_error"),
        ({"kind": "ahead"}, "needs b"),
        ({"kind": "mostly", "b": ["y"]}, "needs at least 6 data sets"),
        ({"kind": "ahead", "b": ["y"], "resampled": True, "paired": False}, "resampled is about seeds that pair"),
        ({"kind": "better", "b": ["y"]}, "kind"),
        ({"kind": "ahead", "b": ["y"], "expected": {"published": "reproduced"}}, "expected has a form 'published'"),
        ({"kind": "ahead", "b": ["y"], "bugets": []}, "bugets"),
        ({"kind": "ahead", "a": "x_{from}", "b": ["y"]}, "must have {form} or {arithmetic}"),
        ({"kind": "gates", "b": ["y"], "low": 9.0, "high": 8.0}, "low must be at most high"),
        ({"kind": "ahead", "b": ["y"], "per": "training"}, "per is about gates"),
        ({"kind": "gates", "b": ["y"], "low": 9.0, "paired": False}, "pairs nothing"),
        ({"kind": "accuracy", "published": 1.0, "published_error": 1.0, "budgets": ["a", "b"]}, "one data set, budget"),
    ],
)
def test_wrong_claims_are_refused(tmp_path, change, said):
    content = {**ABOUT, **change}
    path = tmp_path / "claims.toml"
    path.write_text("[[claims]]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in content.items()))
    with pytest.raises(ValueError, match=said):
        load_claims(path)


def toml(value):
    return (
        json.dumps(value)
        if not isinstance(value, dict)
        else f"{{ {', '.join(f'{k} = {toml(v)}' for k, v in value.items())} }}"
    )


def test_claims_name_suites_methods_data_and_budgets_that_exist():
    for claim in load_claims(CLAIMS):
        for form in claim.forms.values():
            for name, budget in ((claim.a, claim.a_budget), *((b, claim.b_budget) for b in claim.b)):
                suite_name, _, method = name.format(**form).rpartition(":")
                suite = load_suite(suite_name or claim.suite)
                entries = {entry.id: entry for entry in suite.methods}
                assert method in entries, (claim.id, method)
                assert set(claim.datasets) <= set(suite.datasets)
                budgets = [budget] if budget else claim.budgets
                for dataset in claim.datasets:
                    assert set(budgets) <= set(suite.budgets_at(dataset, entries[method])), (claim.id, dataset)


def call(*arguments):
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def test_the_committed_rows_still_say_what_they_said():
    done = call()
    assert done.exit_code == 0, done.output
    assert "Of what the paper states:" in " ".join(done.output.split()) and "(!)" not in done.output
    found = {(v["claim"], v["form"]): v for v in json.loads(call("--json").output)}
    for claim in load_claims(CLAIMS):
        for form, outcome in claim.expected.items():
            assert found[claim.id, form]["verdict"] == outcome, (claim.id, form)
    assert sum(v["verdict"] == "reproduced" for v in found.values()) >= 5


def test_a_claim_that_is_not_reproduced_any_more_is_an_error(tmp_path):
    rows = read_archive(PAPER / "results" / "exp1_budget.jsonl.gz")
    for row in rows.values():
        if row["identity"]["method"] == "bmlp":
            accuracy = row["outcome"]["heldout_accuracy"]
            set_accuracy(row, accuracy - 60 if accuracy > 60 else accuracy)
    write_archive(tmp_path / "exp1_budget.jsonl.gz", rows)
    done = call("--rows", tmp_path)
    assert done.exit_code == 1 and "single-layer-gap was reproduced" in " ".join(done.output.split())


@pytest.mark.parametrize(
    "values, outcome, is_worse",
    [
        (WOBBLE, "within noise", True),
        (WOBBLE[:2], "within noise", False),
        (WOBBLE[:2] / 100 - 20, "contradicted", True),
    ],
)
def test_the_noise_of_two_seeds_is_no_news(values, outcome, is_worse):
    claim = Claim.model_validate({**ABOUT, "kind": "ahead", "b": ["y"], "expected": {"only": "reproduced"}})
    base = BASE[: len(values)]
    (found,) = judge(claim, Rows(x=base + values, y=base))
    assert (found.outcome, found.is_worse_than_expected) == (outcome, is_worse)
    assert found.is_of_few == (len(values) == 2)


def test_what_is_not_there(tmp_path):
    assert "there are no rows at" in call("--rows", tmp_path / "none").output
    assert call("--claims", tmp_path / "none.toml").exit_code == 1
