"""Suite files: what is wrong is named, with the file, the key and the nearest known key; plans are what they say."""

import pytest

from fbbench.costs import bmlp_memory, committee_memory, total_bits
from fbbench.experiments import SuiteError, find_suite, load_suite, plan
from fbbench.experiments.cells import cell_key
from fbbench.shapes import parse_shape

TINY = """
name = "tiny"
title = "A tiny suite"
datasets = ["digits"]
budgets = ["35_35"]
seeds = [1, 2]
epochs = 2

[[methods]]
id = "ours"
label = "BMLP"
method = "bmlp"
params = { arithmetic = "ternary" }

[[methods]]
id = "committee"
label = "Committee"
method = "single_layer"
[methods.shapes]
digits = { 35_35 = "44_4" }
"""


def suite_of(tmp_path, old="", new="", content=TINY):
    path = tmp_path / "tiny.toml"
    assert old in content
    path.write_text(content.replace(old, new, 1))
    return load_suite(str(path))


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("epochs = 2", "epoch = 2", r"tiny\.toml: .*'epoch' \(did you mean 'epochs'\?\)"),
        ("epochs = 2", "", "key 'epochs' is missing"),
        ('budgets = ["35_35"]', 'budgets = ["small"]', "a shape must be numbers joined by _.*'small'"),
        ("epochs = 2", "epochs = 0", "epochs: .*greater than or equal to 1"),
        ("epochs = 2", "epochs = 'two'", "epochs: .*integer"),
        ("params =", "parameters =", r"methods\.0\.parameters' \(did you mean 'params'\?\)"),
        ('datasets = ["digits"]', 'datasets = ["digit"]', "unknown data set 'digit'.*did you mean 'digits'"),
        ('datasets = ["digits"]', "datasets = []", "datasets"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "seeds must not repeat"),
        ("seeds = [1, 2]", "seeds = [-1]", "seeds must not be negative"),
        ('id = "committee"', 'id = "ours"', "methods .*must not repeat"),
        ("[[methods]]", "[[methods]", "not valid TOML"),
        ('35_35 = "44_4"', '75_75 = "44_4"', "'75_75' that is not in budgets"),
    ],
)
def test_wrong_files(tmp_path, old, new, message):
    with pytest.raises(SuiteError, match=f"(?s){message}"):
        suite_of(tmp_path, old, new)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('method = "bmlp"', 'method = "bmpl"', "method 'ours': method must be one of bmlp"),
        ('arithmetic = "ternary"', 'arithmatic = "ternary"', "arithmatic"),
        ('35_35 = "44_4"', '35_35 = "44_x"', "method 'committee': a shape must be .* got '44_x'"),
    ],
)
def test_wrong_methods(tmp_path, old, new, message):
    with pytest.raises(SuiteError, match=message):
        plan(suite_of(tmp_path, old, new))


def test_unknown_suite(tmp_path, monkeypatch):
    with pytest.raises(SuiteError, match=r"no suite 'quik' \(did you mean 'quick'\?\)"):
        find_suite("quik")
    with pytest.raises(SuiteError, match="no suite file"):
        find_suite("none.toml")
    monkeypatch.chdir(tmp_path)
    assert find_suite("quick").name == "quick.toml"
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "quick.toml").write_text("")
    assert find_suite("quick").read_text() == ""  # one's own comes first


def test_plan(tmp_path):
    cells = plan(suite_of(tmp_path))
    assert [(c.method_id, c.shape, c.seed) for c in cells] == [
        ("ours", "35_35", 1),
        ("committee", "44_4", 1),
        ("ours", "35_35", 2),
        ("committee", "44_4", 2),
    ]
    assert len({cell_key(c.identity("x")) for c in cells}) == 4


def test_a_shape_that_is_not_named_is_matched_by_memory(tmp_path):
    cells = plan(suite_of(tmp_path, '35_35 = "44_4"', ""))
    units, groups = parse_shape(next(c.shape for c in cells if c.method_id == "committee"))
    budget = total_bits(bmlp_memory(1437, (64, 35, 35), 10, 100))

    def distance(units):
        return abs(total_bits(committee_memory(1437, [(64, units, units // 11)], 10, 100)) - budget)

    assert groups == units // 11
    assert distance(units) <= min(distance(units - 11), distance(units + 11))


@pytest.mark.parametrize(
    "old, new",
    [("epochs = 2", "epochs = 3"), ('"ternary"', '"binary"'), ('budgets = ["35_35"]', 'budgets = ["75_75"]')],
)
def test_what_changes_the_outcome_changes_the_key(tmp_path, old, new):
    content = TINY.replace('35_35 = "44_4"', "")
    before = cell_key(plan(suite_of(tmp_path, content=content))[0].identity("x"))
    after = cell_key(plan(suite_of(tmp_path, old, new, content))[0].identity("x"))
    assert before != after


def test_labels_and_data_folders_do_not_change_the_key(tmp_path):
    before = plan(suite_of(tmp_path))[0].identity("x")
    assert plan(suite_of(tmp_path, 'label = "BMLP"', 'label = "Ours"'))[0].identity("x") == before
    assert before != plan(suite_of(tmp_path))[0].identity("y")  # another data set's content does


def test_narrowed(tmp_path):
    suite = load_suite("quick")
    assert suite.narrowed(n_seeds=5).seeds == [42, 43, 44, 45, 46]
    assert suite.narrowed(n_seeds=1).seeds == [42]
    assert suite.narrowed(datasets=["digits"]).datasets == ["digits"]
    with pytest.raises(SuiteError, match="did you mean 'digits'"):
        suite.narrowed(datasets=["digit"])


def test_float_methods_have_no_cells_on_binary_data():
    cells = plan(load_suite("quick"))
    assert not [c for c in cells if c.dataset == "random_prototypes" and c.method_id == "sgd_float"]
    assert [c for c in cells if c.dataset == "fashion_mnist" and c.method_id == "sgd_float"]


def test_quick_is_what_the_paper_compares():
    suite = load_suite("quick")
    assert suite.budgets == ["35_35", "135_135", "525_525"] and len(suite.seeds) == 3 and suite.epochs == 50
    shapes = {(c.dataset, c.budget, c.method_id): c.shape for c in plan(suite)}
    assert shapes["fashion_mnist", "525_525", "single_layer_ternary16"] == "880_80"
    assert shapes["random_prototypes", "35_35", "sgd_binary"] == "5_5"
