"""Suite files: what is wrong is named, with the file, the key and the nearest known key; plans are what they say."""

from pathlib import Path

import pytest
from fbbench.baselines.protocol import Task
from stores import TINY, cells_of, suite_of

from fbbench.cli.asked import names_of
from fbbench.costs import bmlp_memory, committee_memory, total_bits
from fbbench.experiments import SuiteError, find_suite, load_suite, plan
from fbbench.experiments.planning.budgets import budget_bits, parse_budget
from fbbench.experiments.planning.cells import cell_key
from fbbench.shapes import parse_shape


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("epochs = 2", "epoch = 2", r"tiny\.toml: .*'epoch' \(did you mean 'epochs'\?\)"),
        ("epochs = 2", "", "key 'epochs' is missing"),
        ('budgets = ["35_35"]', 'budgets = ["small"]', "a budget must be a shape.*'small'"),
        ("epochs = 2", "epochs = 0", "epochs: .*greater than or equal to 1"),
        ("epochs = 2", "epochs = 'two'", "epochs: .*integer"),
        ("params =", "parameters =", r"methods\.ours\.parameters' \(did you mean 'params'\?\)"),
        ('datasets = ["digits"]', 'datasets = ["digit"]', "unknown data set 'digit'.*did you mean 'digits'"),
        ('datasets = ["digits"]', "datasets = []", "datasets"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "seeds must not repeat"),
        ("seeds = [1, 2]", "seeds = [-1]", "seeds must lie in 0 .."),
        ("seeds = [1, 2]", "seeds = [9223372036854775808]", "seeds must lie in 0 .."),
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
        ('method = "bmlp"', 'method = "bmpl"', "method 'ours': method must be one of bep, bloom_wisard"),
        (
            'arithmetic = "ternary"',
            'arithmatic = "ternary"',
            "method 'ours': unknown parameter 'arithmatic' .did you mean 'arithmetic'",
        ),
        ('"ternary"', '"terniary"', "method 'ours' on digits at .*: arithmetic must be 'binary' or 'ternary'"),
        ("params = {", "params = { hidden_bits = 7,", "hidden_bits must be 8 or 16; got 7"),
        ("params = {", "params = { group_size = 6,", "6 does not divide 35"),
        ("params = {", "params = { epochs = 7,", "'epochs' is set by the suite"),
        ('budgets = ["35_35"]', 'budgets = ["35_35", "10 bits"]', "on digits at the budget '10 bits': .* too small"),
        (
            'budgets = ["35_35"]',
            'budgets = ["35_35", "match bmpl 35_35"]',
            "method must be one of bep, bloom_wisard, bmlp",
        ),
        (
            '35_35 = "44_4"',
            '35_35 = "44_x"',
            "methods.committee: shapes.digits.35_35: a shape must be .* got '44_x'",
        ),
    ],
)
def test_wrong_methods(tmp_path, old, new, message):
    with pytest.raises(SuiteError, match=f"tiny.toml: .*{message}"):
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
    cells = cells_of(suite_of(tmp_path))
    assert [(c.method_id, c.shape, c.seed) for c in cells] == [
        ("ours", "35_35", 1),
        ("committee", "44_4", 1),
        ("ours", "35_35", 2),
        ("committee", "44_4", 2),
    ]
    assert len({cell_key(c.identity("x")) for c in cells}) == 4


def test_a_shape_that_is_not_named_is_matched_by_memory(tmp_path):
    cells = cells_of(suite_of(tmp_path, '35_35 = "44_4"', ""))
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
    before = cell_key(cells_of(suite_of(tmp_path, content=content))[0].identity("x"))
    after = cell_key(cells_of(suite_of(tmp_path, old, new, content))[0].identity("x"))
    assert before != after


def test_labels_and_data_folders_do_not_change_the_key(tmp_path):
    before = cells_of(suite_of(tmp_path))[0].identity("x")
    assert cells_of(suite_of(tmp_path, 'label = "BMLP"', 'label = "Ours"'))[0].identity("x") == before
    assert before != cells_of(suite_of(tmp_path))[0].identity("y")  # another data set's content does


def test_defaults_that_are_spelt_out_do_not_change_the_key(tmp_path):
    before = cells_of(suite_of(tmp_path))[0].identity("x")
    spelt = 'params = { robustness = 0.25, group_size = "published", hidden_bits = 8,'
    assert cells_of(suite_of(tmp_path, "params = {", spelt))[0].identity("x") == before
    assert cells_of(suite_of(tmp_path, "params = {", "params = { robustness = 0.5,"))[0].identity("x") != before


def varied(tmp_path, extra, label=""):
    content = TINY.replace('label = "BMLP"', label or "label = 'BMLP'")
    return suite_of(tmp_path, 'params = { arithmetic = "ternary" }', extra, content)


def test_grids_and_zips(tmp_path):
    suite = varied(tmp_path, "grid = { robustness = [0, 0.5], group_size = [5, 7, 35] }")
    cells = [cell for cell in cells_of(suite) if cell.seed == 1 and cell.method == "bmlp"]
    assert [cell.method_id for cell in cells][:2] == [
        "ours[robustness=0,group_size=5]",
        "ours[robustness=0,group_size=7]",
    ]
    assert [dict(c.params) for c in cells][-1] == {"robustness": 0.5, "group_size": 35}
    assert len(cells) == 6 and suite.methods[0].label == "BMLP, robustness 0, group_size 5"
    suite = varied(
        tmp_path,
        "zip = { robustness = [0, 0.5], group_size = [5, 7] }\ngrid = { hidden_bits = [8, 16] }",
        "label = 'r = {robustness}, {hidden_bits} bits'",
    )
    cells = [cell for cell in cells_of(suite) if cell.seed == 1 and cell.method == "bmlp"]
    found = [(p["robustness"], p["group_size"], p.get("hidden_bits", 8)) for p in (dict(c.params) for c in cells)]
    assert found == [(0, 5, 8), (0, 5, 16), (0.5, 7, 8), (0.5, 7, 16)]
    assert cells[0].label == "r = 0, 8 bits"


@pytest.mark.parametrize(
    "extra, label, message",
    [
        ("grid = { robustness = [] }", "", "methods.ours: grid.robustness must not be empty"),
        ("grid = { robustness = [0.1, nan] }", "", "grid.robustness must be finite numbers"),
        ("params = { robustness = 2026-01-01 }", "", "params.robustness must be finite numbers, text"),
        ("grid = { robustness = [0, 0] }", "", "grid.robustness must not repeat a value"),
        ("zip = { robustness = [0], group_size = [5, 7] }", "", "zip needs lists of one length"),
        ("params = { robustness = 0 }\ngrid = { robustness = [0] }", "", "'robustness' must stand in one of"),
        ("grid = { robustness = [0] }", "label = '{robustnes}'", "names 'robustnes'.*did you mean 'robustness'"),
        ("grid = { robustness = [0] }", "label = '{'", "label = '{'"),
        (
            "grid.robustness = [0, 1]\ngrid.group_size = [5, 7]",
            "label = '{robustness}'",
            "label. must not repeat .*'0'",
        ),
        ("grid = { robustnes = [0] }", "", r"unknown parameter 'robustnes' \(did you mean 'robustness'"),
        ("grids = { robustness = [0] }", "", r"unknown key 'methods.ours.grids' \(did you mean 'grid'"),
        ("datasets = ['iris']", "", "datasets name 'iris', which the suite's datasets do not"),
        ("budgets = ['35_3']", "", "budgets name '35_3', which the suite's budgets do not .did you mean '35_35'"),
    ],
)
def test_wrong_variations(tmp_path, extra, label, message):
    with pytest.raises(SuiteError, match=f"(?s)tiny.toml: .*{message}"):
        plan(varied(tmp_path, extra, label))


def test_a_method_for_some_data_sets_and_budgets(tmp_path):
    content = TINY.replace('["digits"]', '["digits", "iris"]').replace('["35_35"]', '["35_35", "75_75"]')
    suite = suite_of(tmp_path, 'method = "bmlp"', 'method = "bmlp"\ndatasets = ["iris"]\nbudgets = ["75_75"]', content)
    assert {(c.dataset, c.budget) for c in cells_of(suite) if c.method_id == "ours"} == {("iris", "75_75")}
    assert len({(c.dataset, c.budget) for c in cells_of(suite) if c.method_id == "committee"}) == 4


def test_budgets_in_words(tmp_path):
    by_budget = {}
    for budget in ("35_35", "match bmlp 35_35", "match single_layer 44_4", "0.02 MB", "160000 bits"):
        suite = suite_of(tmp_path, '["35_35"]', f'["{budget}"]', TINY.replace('digits = { 35_35 = "44_4" }', ""))
        by_budget[budget] = {cell.method: cell for cell in cells_of(suite)}
    assert by_budget["35_35"]["bmlp"].shape == by_budget["match bmlp 35_35"]["bmlp"].shape == "35_35"
    assert by_budget["match single_layer 44_4"]["single_layer"].shape == "44_4"
    task = Task(1437, 64, 10)
    assert budget_bits(parse_budget("0.02 MB"), task, 100) == budget_bits(parse_budget("160000 bits"), task, 100)
    assert by_budget["0.02 MB"]["bmlp"].shape == by_budget["160000 bits"]["bmlp"].shape == "25_25"
    for wrong in ("", "small", "match bmlp", "5 XB", "0 MB", "-1 MB", "35_", "match bmlp 35-35"):
        with pytest.raises(ValueError, match=r"a (budget|shape) must be"):
            parse_budget(wrong)


def test_the_suite_in_the_documentation(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "running.md").read_text()
    (tmp_path / "mine.toml").write_text(text.split("```toml\n")[1].split("```")[0])
    cells = cells_of(load_suite(str(tmp_path / "mine.toml")))
    assert len(cells) == 6 * (2 * 3 * 4 + 1)


def test_unknown_suites_that_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(TINY)
    (tmp_path / "README.md").write_text("")
    with pytest.raises(SuiteError, match=r"say mine\.toml"):
        find_suite("mine")
    with pytest.raises(SuiteError, match=r"README\.md is not a suite file: its name must end in \.toml"):
        find_suite("README.md")


def test_narrowed(tmp_path):
    suite = load_suite("quick")
    assert suite.narrowed(n_seeds=5).seeds == [42, 43, 44, 45, 46]
    assert suite.narrowed(n_seeds=1).seeds == [42]
    assert suite.narrowed(datasets=["digits"]).datasets == ["digits"]
    with pytest.raises(SuiteError, match="did you mean 'digits'"):
        suite.narrowed(datasets=["digit"])


def test_a_grid_is_named_whole_or_in_part(tmp_path):
    suite = varied(tmp_path, "grid = { robustness = [0, 0.5], group_size = [5, 7, 35] }")
    every = [entry.id for entry in suite.methods]
    name = every[0].partition("[")[0]
    assert [entry.id for entry in suite.narrowed(methods=[name]).methods] == [one for one in every if "[" in one]
    asked = names_of(None, None, f"{every[0]}, {every[2]}")
    assert [entry.id for entry in suite.narrowed(methods=asked).methods] == [every[0], every[2]]
    with pytest.raises(SuiteError, match="has no method"):
        suite.narrowed(methods=[name[:-1]])


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("seeds = [1, 2]", 'seeds = [1, "2"]', "seeds.1: .*integer; got '2'"),
        ("seeds = [1, 2]", "seeds = [true, 2]", "seeds.0: .*integer; got True"),
        ("seeds = [1, 2]", "seeds = [1, 2.0]", "seeds.1: .*integer; got 2.0"),
        ("epochs = 2", "epochs = 2.0", "epochs: .*integer; got 2.0"),
        ("epochs = 2", f"epochs = {10**12}", "epochs: .*less than or equal to"),
        ("epochs = 2", f"epochs = 2\nbatch_size = {10**12}", "batch_size: .*less than or equal to"),
        ("epochs = 2", "epochs = 2\nexpected_core_minutes = inf", "expected_core_minutes: .*finite"),
        ('"35_35"]', '"35_35", "1000000000000 GB"]', "at most a million GB"),
        ('"35_35"]', f'"35_35", "{"9" * 400} GB"]', "at most a million GB"),
        ('35_35 = "44_4"', '35_35 = ""', "shapes.digits.35_35: a shape must be"),
        ('label = "BMLP"', 'label = "{group_size:>9999999}"\ngrid.group_size = [5, 7]', "and nothing else"),
        ('label = "BMLP"', 'label = "{group_size!r}"\ngrid.group_size = [5, 7]', "and nothing else"),
        ('label = "BMLP"', 'label = "{group_size.real}"\ngrid.group_size = [5, 7]', "which is not varied"),
        ('label = "BMLP"', 'label = "B"\ngrid.robustness = [0, 0.0]', "must not repeat a value"),
        ('label = "BMLP"', f'label = "B"\ngrid = {{ a = {list(range(200))}, b = {list(range(200))} }}', "make 40000 "),
        ('arithmetic = "ternary"', "robustness = true", "robustness must be a number; got true"),
        ('arithmetic = "ternary"', "hidden_layers = [7, 7]", "'hidden_layers' follows from the shape"),
        ('label = "BMLP"', 'label = "A {group_size}"', "'group_size', which is not varied"),
        ("[methods.shapes]", '[methods.shapes]\niris = { 35_35 = "44_4" }', "shapes name 'iris', which the suite's"),
        ('label = "BMLP"', 'label = "BMLP"\nseeds = [3]', "seeds is the suite's and must stand above the first"),
        ('method = "bmlp"', 'method = "bmpl"', "got 'bmpl' .did you mean 'bmlp'"),
        ("epochs = 2", "epochs = 2\nx = " + "[" * 5000 + "]" * 5000, "nested too deep"),
    ],
)
def test_slips_of_the_pen(tmp_path, old, new, said):
    with pytest.raises(SuiteError, match=said):
        plan(suite_of(tmp_path, old, new))


def test_numbers_are_one_however_they_are_written(tmp_path):
    written = []
    for value in ("0", "0.0", "-0.0"):
        suite = suite_of(tmp_path, 'arithmetic = "ternary"', f"robustness = {value}")
        written.append({repr(cell.params) for cell in plan(suite).cells if cell.method == "bmlp"})
    assert written == [{"(('robustness', 0.0),)"}] * 3


def test_more_seeds_go_on_from_the_largest(tmp_path):
    suite = suite_of(tmp_path, "seeds = [1, 2]", "seeds = [5, 9, 2]")
    assert suite.narrowed(n_seeds=5).seeds == [5, 9, 2, 10, 11]
    largest = suite_of(tmp_path, "seeds = [1, 2]", f"seeds = [{(1 << 63) - 1}]")
    with pytest.raises(SuiteError, match="would go beyond"):
        largest.narrowed(n_seeds=2)
    with pytest.raises(SuiteError, match="at most 100000"):
        suite.narrowed(n_seeds=10**30)


def test_shapes_that_miss_their_budget_by_far_are_said(tmp_path):
    suite = suite_of(tmp_path, '["35_35"]', '["35_35", "10 kB"]')
    said = plan(suite).far_off
    assert [text.split(":")[0] for text in said] == [
        "ours on digits at 10 kB", "committee on digits at 35_35", "committee on digits at 10 kB",
    ]  # fmt: skip
    assert said[0].endswith("beside the data, where the budget leaves nothing")
    assert said[1].endswith("beside the data, -27 % of the 11.9 kB that the budget leaves there")
    assert len(plan(load_suite("quick")).far_off) == 2  # the single layer's published 44_4, in both forms


def test_layers_are_matched_to_a_budget(tmp_path):
    """One, three layers in place of two, each with the width whose memory is nearest; methods without layers refuse."""
    task = Task(1437, 64, 10)
    budget = total_bits(bmlp_memory(1437, (64, 35, 35), 10, 100))
    for layers in (1, 2, 3):
        suite = suite_of(tmp_path, 'method = "bmlp"', f'method = "bmlp"\nlayers = {layers}')
        (shape,) = {cell.shape for cell in plan(suite).cells if cell.method == "bmlp"}
        widths = [int(width) for width in shape.split("_")]
        assert len(widths) == layers and len(set(widths)) == 1
        misses = [
            abs(total_bits(bmlp_memory(1437, (64, *[width] * layers), 10, 100)) - budget)
            for width in (widths[0] - 5, widths[0], widths[0] + 5)
        ]
        assert misses[1] == min(misses) and task.n_features == 64
    with pytest.raises(SuiteError, match="layers are those of hidden layers; recommended has none"):
        plan(
            suite_of(
                tmp_path, 'method = "bmlp"\nparams = { arithmetic = "ternary" }', 'method = "recommended"\nlayers = 1'
            )
        )


def test_same_shape_takes_the_shape_of_the_budget(tmp_path):
    suite = suite_of(tmp_path, '[methods.shapes]\ndigits = { 35_35 = "44_4" }', "same_shape = true")
    assert {cell.shape for cell in plan(suite).cells if cell.method == "single_layer"} == {"35_35"}


@pytest.mark.parametrize(
    "entry, budgets, said",
    [
        (
            'same_shape = true\nshapes = { digits = { 35_35 = "7" } }',
            '["35_35"]',
            "one of shapes, same_shape = true and layers",
        ),
        ("same_shape = 1", '["35_35"]', "same_shape: .*boolean"),
        ("same_shape = true", '["35_35", "10 kB"]', "same_shape needs budgets named after .*; got '10 kB'"),
    ],
)
def test_wrong_same_shape(tmp_path, entry, budgets, said):
    with pytest.raises(SuiteError, match=said):
        suite_of(tmp_path, 'label = "BMLP"', f'label = "BMLP"\n{entry}', TINY.replace('["35_35"]', budgets))


def test_a_method_without_a_shape_takes_none(tmp_path):
    suite = suite_of(tmp_path, 'method = "single_layer"', 'method = "majority"')
    with pytest.raises(SuiteError, match=r"on digits at .*: majority has no shape; got '44_4'"):
        plan(suite)


SETTINGS = 'settings = { digits = { 35_35 = { group_size = 7, arithmetic = "binary" } } }\n'


def test_settings_hold_at_their_data_set_and_budget(tmp_path):
    suite = suite_of(
        tmp_path, 'params = { arithmetic = "ternary" }\n', f'params = {{ arithmetic = "ternary" }}\n{SETTINGS}'
    )
    (params,) = {cell.params for cell in plan(suite).cells if cell.method == "bmlp"}
    assert dict(params) == {"group_size": 7}  # what is a default is not said


@pytest.mark.parametrize(
    "settings, said",
    [
        ("settings = { digit = { 35_35 = { group_size = 7 } } }", "settings: unknown data set 'digit'"),
        (
            "settings = { digits = { 35_36 = { group_size = 7 } } }",
            "settings name a budget '35_36' that is not in budgets",
        ),
        (
            "settings = { digits = { 35_35 = { groupsize = 7 } } }",
            "unknown parameter 'groupsize' .did you mean 'group_size'",
        ),
        ("settings = { digits = { 35_35 = { group_size = 8 } } }", "at the budget '35_35'"),
        ("settings = { digits = { 35_35 = { robustness = nan } } }", "settings.digits.35_35.robustness must be finite"),
        ("grid = { robustness = [0.1, 0.2] }\nsettings = { digits = { 35_35 = { robustness = 0.3 } } }", "is varied"),
    ],
)
def test_wrong_settings(tmp_path, settings, said):
    with pytest.raises(SuiteError, match=said):
        plan(suite_of(tmp_path, 'label = "BMLP"\n', f'label = "BMLP"\n{settings}\n'))


def test_data_sets_may_have_budgets_of_their_own(tmp_path):
    two = TINY.replace('["digits"]', '["digits", "iris"]').replace('["35_35"]', '["35_35", "75_75"]')
    suite = suite_of(tmp_path, "epochs = 2", 'epochs = 2\nbudgets_of = { iris = ["75_75"] }', two)
    asked = {(cell.dataset, cell.budget) for cell in plan(suite).cells}
    assert asked == {("digits", "35_35"), ("digits", "75_75"), ("iris", "75_75")}
    for wrong, said in (('{ iri = ["75_75"] }', "'iri' is not in datasets .did you mean 'iris'"),
                        ('{ iris = ["75_76"] }', "'75_76' is not in budgets .did you mean '75_75'"),
                        ("{ iris = [] }", "budgets_of.iris")):  # fmt: skip
        with pytest.raises(SuiteError, match=said):
            suite_of(tmp_path, "epochs = 2", f"epochs = 2\nbudgets_of = {wrong}", two)


def test_only_some_methods(tmp_path):
    suite = suite_of(tmp_path)
    assert {cell.method_id for cell in plan(suite.narrowed(methods=["ours"])).cells} == {"ours"}
    with pytest.raises(SuiteError, match=r"no method 'our' .did you mean 'ours'"):
        suite.narrowed(methods=["our"])
