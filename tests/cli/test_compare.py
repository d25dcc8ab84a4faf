"""`fbbench compare`: two methods seed by seed, and what is said beside."""

from pathlib import Path

import pytest
from commands import call, copy_of, words
from stores import TINY, outcomes, suite_of


def test_compare(finished):
    suite, store = finished
    done = call("compare", "ours", "committee", "--suite", suite, "--store", store, "--dataset", "digits")
    assert done.exit_code == 0
    by_seed = {}
    for identity, outcome, asked in outcomes(store).values():
        by_seed.setdefault(asked["method_id"], {})[identity["seed"]] = outcome["heldout_accuracy"]
    difference = sum(by_seed["ours"][s] - by_seed["committee"][s] for s in range(1, 8)) / 7
    line = next(line for line in done.output.splitlines() if line.strip().startswith("digits"))
    assert f"{difference:+.2f}" in line and ("B is ahead" in line or "tie" in line)
    same = call("compare", "ours", "ours", "--suite", suite, "--store", store)
    assert same.exit_code == 2 and "A and B are the same method, ours" in same.output


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["our", "committee", "--suite"], "did you mean 'ours'"),
        (["ours", "committee", "--dataset", "digit", "--suite"], "did you mean 'digits'"),
        (["ours", "committee", "--budget", "35_36", "--suite"], "did you mean '35_35'"),
        (["bmlp_ternary16", "bmlp_binary9"], "did you mean 'bmlp_binary8'"),
        (["ours", "committee", "--protocol", "best", "--suite"], "is not one of 'published', 'strict'"),
        (["bmlp_ternary16", "bmlp_binary8"], "no seed at which both"),
    ],
)
def test_compare_of_what_is_not_there(finished, arguments, said):
    suite, store = finished
    named = [*arguments, str(suite)] if arguments[-1] == "--suite" else arguments
    done = call("compare", *named, "--store", store)
    assert done.exit_code != 0 and said in words(done.output)


def test_too_few_seeds_are_said(finished, tmp_path):
    suite, store = copy_of(finished, tmp_path)
    late = [key for key, (identity, _, _) in outcomes(store).items() if identity["seed"] > 3]
    call("rm", *late, "--yes", "--store", store)
    text = words(call("compare", "ours", "committee", "--suite", suite, "--store", store).output)
    assert "too few seeds" in text and "nothing" in text and "1 of 1 comparison can show nothing" in text
    assert f"`fbbench run {suite} --methods ours,committee --store {store} --seeds 6`" in text


def test_compare_says_what_else_differs(tmp_path):
    unlike = TINY.replace('method = "bmlp"', 'method = "bmlp"\nepochs = 3\nshapes = { digits = { 35_35 = "7" } }')
    suite_of(tmp_path, content=unlike + '[[methods]]\nid = "again"\nlabel = "A"\nmethod = "single_layer"\n'
             '[methods.shapes]\ndigits = { 35_35 = "44_4" }\n')  # fmt: skip
    suite, store = tmp_path / "tiny.toml", tmp_path / "store"
    assert call("run", suite, "--store", store, "-j", 1).exit_code == 0
    text = words(call("compare", "ours", "committee", "--suite", suite, "--store", store).output)
    assert "not at the same memory, A takes" in text and "A is trained 3 epochs, B 2." in text
    text = words(call("compare", "again", "committee", "--suite", suite, "--store", store).output)
    assert "A and B are the very same cells" in text


def test_compare_takes_the_suite_whose_rows_are_there(finished, tmp_path, monkeypatch):
    """It took the first known suite, though the store had rows of another; and advised to run all of it."""
    suite, store = copy_of(finished, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suites").mkdir()
    text = Path(suite).read_text()
    for name, content in (("aaa", text.replace("epochs = 2", "epochs = 3")), ("bbb", text)):
        (tmp_path / "suites" / f"{name}.toml").write_text(content.replace('name = "tiny"', f'name = "{name}"'))
    done = call("compare", "ours", "committee", "--store", store)
    assert done.exit_code == 0 and "bbb, published protocol" in done.output, done.output


def test_compare_says_what_it_leaves_out(finished, tmp_path):
    suite, store = copy_of(finished, tmp_path)
    wider = tmp_path / "wider.toml"
    wider.write_text(Path(suite).read_text().replace('budgets = ["35_35"]', 'budgets = ["35_35", "75_75"]'))
    said = words(call("compare", "ours", "committee", "--suite", wider, "--store", store).output)
    assert "Not compared, no seed has both there: digits, 75_75." in said
    assert f"`fbbench run {wider} --methods ours,committee --store {store}` makes rows" in said


def test_compare_of_packed_rows_never_advises_to_run_into_them(finished, tmp_path):
    suite, store = copy_of(finished, tmp_path)
    packed = tmp_path / "packed"
    packed.mkdir()
    assert call("pack", suite, packed / "tiny.jsonl.gz", "--store", store).exit_code == 0
    wider = tmp_path / "wider.toml"
    wider.write_text(Path(suite).read_text().replace('budgets = ["35_35"]', 'budgets = ["35_35", "75_75"]'))
    assert "ours" in call("results", suite, "--store", packed).output
    assert "ours" in call("results", "--store", packed / "tiny.jsonl.gz").output
    done = call("compare", "ours", "committee", "--suite", wider, "--store", packed)
    assert done.exit_code == 0 and "A - B" in done.output
    assert f"`fbbench run {wider} --methods ours,committee` makes rows" in words(done.output)
