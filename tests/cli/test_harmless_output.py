"""What stands in rows, suites and names of files is data: no markup, no escape sequences, no traceback."""

import copy
import json

import pytest
from click.testing import CliRunner
from stores import suite_of

from fbbench.cli import main
from fbbench.experiments import Store
from fbbench.experiments.planning.cells import cell_key
from fbbench.experiments.rows.archive import write_archive
from fbbench.experiments.rows.store import write_row

ODD = ["[/]", "[/bold]", "[red]", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\nb", "\u202eevil", "\x9b31m",
       "{{x}}", "%s", "$a_$", "|", "x" * 300, "", "[link=http://x]y[/link]"]  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    suite_of(folder)
    command = ["run", str(folder / "tiny.toml"), "--store", str(folder / "store"), "-j", "1"]
    assert CliRunner().invoke(main, command).exit_code == 0
    return Store(folder / "store").rows()


def stored(folder, rows):
    store = Store(folder)
    store.prepare()
    for row in rows:
        store.write(row)
    return store


def check(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    for sign in ("\x1b", "\x07", "\x9b", "\u202e"):
        assert sign not in done.output.replace("\x1b[?25h", ""), (arguments, done.output)  # but to show the cursor
    return done


FIELDS = [("asked", name) for name in ("method_id", "label", "budget", "shape")] + [
    ("identity", name) for name in ("dataset", "method", "protocol", "checksum")
] + [("outcome", name) for name in ("selection", "encoder")]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_fields_in_rows(rows, tmp_path, text):
    changed = []
    for number, (section, name) in enumerate(FIELDS):
        row = copy.deepcopy(next(iter(rows.values())))
        row["identity"]["seed"] = 100 + number
        row[section][name] = text
        changed.append(row)
    everywhere = copy.deepcopy(changed[0])
    for section, name in FIELDS:
        everywhere[section][name] = text
    everywhere["environment"]["cpu"] = text
    store = stored(tmp_path / "store", [*changed, everywhere])
    failure = {**copy.deepcopy(everywhere), "error": text, "traceback": text}
    del failure["outcome"]
    failure["identity"]["seed"] = 999
    store.write_failure(failure)
    for command in (
        ["results"], ["results", "--outdated"], ["status"], ["status", "--tracebacks"], ["rm", "--all"],
        ["rm", "--dataset", text or "-"],
    ):  # fmt: skip
        check(*command, "--store", tmp_path / "store")
    check("leaderboard", "digits", "--memory", "5MB", "--rows", tmp_path / "store")
    check("leaderboard", text or "-", "--memory", "5MB", "--rows", tmp_path / "store")
    check("merge", tmp_path / "store", "--store", tmp_path / "merged")


def test_odd_labels_in_suites(tmp_path):
    for number, text in enumerate(ODD):
        if text == "" or "\n" in text:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        quoted = json.dumps(text)
        suite_of(folder, 'id = "ours"\nlabel = "BMLP"', f"id = {quoted}\nlabel = {quoted}")
        suite = str(folder / "tiny.toml")
        for command in (["plan", suite], ["plan", suite, "--cells"], ["run", suite, "-j", "1"], ["results", suite]):
            done = check(*command, "--store", folder / "store")
            assert done.exit_code == 0, done.output
        check("compare", text, "committee", "--suite", suite, "--store", folder / "store")


def test_damaged_archives_end_in_one_sentence(rows, tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    write_archive(path, rows)
    whole = path.read_bytes()
    for number in range(0, len(whole), max(1, len(whole) // 60)):
        content = bytearray(whole)
        content[number] ^= 0x55
        path.write_bytes(content)
        done = check("leaderboard", "digits", "--memory", "5MB", "--rows", path)
        assert done.exit_code == 0 or "is not a whole file of rows" in done.output or "has no rows" in done.output


CLAIM = """
[[claims]]
id = "x"
text = "x"
source = "x"
kind = "gates"
suite = "exp1_budget"
datasets = ["random_prototypes"]
budgets = ["35_35"]
a = "bmlp_binary8"
b = ["sgd_binary"]
low = 1.0
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('budgets = ["35_35"]', 'budgets = ["36_36"]', "the budget '36_36', which the suite exp1_budget has not"),
        ('["random_prototypes"]', '["random_prototype"]', "did you mean 'random_prototypes'"),
        ('"sgd_binary"', '"sgd_binry"', "did you mean 'sgd_binary'"),
        ('kind = "gates"', 'kind = "ahead"', None),
        ('a = "bmlp_binary8"', 'a = "{form:>2000000000}"', "must have {form} or {arithmetic} in braces"),
        ('a = "bmlp_binary8"', 'a = "{form!z}"', "must have {form} or {arithmetic} in braces"),
        ("low = 1.0", "low = 1.0\npublished_error = inf", "published_error"),
        ("low = 1.0", "low = 1.0\npublished_runs = 1" + "0" * 30, "published_runs"),
        ('suite = "exp1_budget"', 'suite = "' + "a" * 5000 + '.toml"', "there is no suite file"),
        ("low = 1.0", 'a_budget = "1_1"\nlow = 1.0', "the budget '1_1'"),
    ],
)
def test_claims_about_what_a_suite_lacks(tmp_path, old, new, said):
    path = tmp_path / "claims.toml"
    path.write_text(CLAIM.replace(old, new))
    (tmp_path / "results").mkdir()
    done = check("verify", "--claims", path)
    assert done.exit_code == (0 if said is None else 1)
    assert said is None or said in " ".join(done.output.split())


def test_keys_of_odd_rows_are_their_own(rows, tmp_path):
    row = copy.deepcopy(next(iter(rows.values())))
    row["identity"]["dataset"] = "[/]"
    store = stored(tmp_path / "store", [row])
    assert store.done() == {cell_key(row["identity"])}


def test_rows_of_another_folder_are_damage(rows, tmp_path):
    """A failure among outcomes, an outcome among failures."""
    row = copy.deepcopy(next(iter(rows.values())))
    failure = {**{name: row[name] for name in row if name != "outcome"}, "error": "E", "traceback": "T"}
    store = stored(tmp_path / "[store]", [])
    write_row(store.cells / f"{cell_key(row['identity'])}.json", failure)
    other = copy.deepcopy(row)
    other["identity"]["seed"] = 5
    write_row(store.failed / f"{cell_key(other['identity'])}.json", other)
    for command in (["results"], ["status"]):
        done = check(*command, "--store", store.folder)
        assert done.exit_code == 1 and "not a whole result file" in " ".join(done.output.split())
    check("leaderboard", "digits", "--memory", "5MB", "--rows", store.folder)
    check("merge", store.folder, "--store", tmp_path / "[/x]")
    check("verify", "--rows", store.folder)
