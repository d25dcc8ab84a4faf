"""A suite file that names a base is that suite with another protocol, or with some of its parts."""

import pytest

from fbbench.experiments import SuiteError, load_suite, plan

DERIVED = """
base = "quick"
name = "mine"
title = "Mine"
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(text, name="mine"):
        (tmp_path / "suites" / f"{name}.toml").write_text(text)
        return name

    return write


def test_it_plans_the_cells_of_its_base(write):
    suite, base = load_suite(write(DERIVED)), load_suite("quick")
    assert (suite.name, suite.title, suite.called) == ("mine", "Mine", "mine")
    assert plan(suite).cells == plan(base).cells


def test_another_protocol_and_some_parts(write):
    base = load_suite("quick")
    method = base.methods[-1].id
    text = f'{DERIVED}protocol = "strict"\nmethods = ["{method}"]\nn_seeds = 1\nbudgets = ["{base.budgets[0]}"]\n'
    suite = load_suite(write(text))
    assert suite.protocol == "strict" and suite.seeds == base.seeds[:1] and suite.budgets == base.budgets[:1]
    assert [entry.id for entry in suite.methods] == [method]
    assert suite.reported == base.reported
    wanted = plan(base.narrowed(n_seeds=1, protocol="strict", methods=[method], budgets=base.budgets[:1]))
    assert plan(suite).cells == wanted.cells


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('methods = ["bmpl"]', "mine.toml: suite quick has no method 'bmpl'"),
        ("epochs = 3", "mine.toml: unknown key 'epochs'"),
        ('protocol = "loose"', "mine.toml: protocol"),
        ("datasets = []", "mine.toml: datasets"),
        ("n_seeds = 0", "mine.toml: n_seeds"),
        ("n_seeds = true", "mine.toml: n_seeds"),
    ],
)
def test_what_is_wrong_is_said_with_its_file(write, more, said):
    with pytest.raises(SuiteError) as error:
        load_suite(write(DERIVED + more))
    assert said in str(error.value)


def test_a_base_must_be_there_and_have_no_base(write):
    write(DERIVED)
    with pytest.raises(SuiteError, match="'mine' has a base itself; name 'quick'"):
        load_suite(write(DERIVED.replace("quick", "mine"), "other"))
    with pytest.raises(SuiteError, match=r"there is no suite 'quikc'.*quick"):
        load_suite(write(DERIVED.replace("quick", "quikc"), "third"))
    with pytest.raises(SuiteError, match=r"fourth\.toml: base: "):
        load_suite(write(DERIVED.replace('"quick"', "3"), "fourth"))
