"""`fbbench data import`: nothing is made of a column without a word, and nothing is beyond the user's power."""

import io
import json
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fbbench.bits import unpack
from fbbench.cli import main
from fbbench.datasets import columns, describe, imported, load, registry, tables
from fbbench.datasets.columns import HowToRead

pytestmark = pytest.mark.usefixtures("empty_place")


def imports(text, *options, name="mine.csv", encoding="utf-8"):
    Path(name).write_bytes(text.encode(encoding))
    done = CliRunner().invoke(main, ["data", "import", name, "--label", "y", "--name", "mine", *options])
    return done.exit_code, " ".join(done.output.replace("│", " ").split())


def table(header, rows):
    return "\n".join([header, *rows]) + "\n"


PLAIN = table("a,colour,y", [f"{i % 7}.5,{'red' if i % 3 else 'blue'},{'pq'[i % 2]}" for i in range(30)])


def test_every_column_is_told(tmp_path):
    code, said = imports(PLAIN.replace("0.5,blue", "?,blue", 1))
    assert code == 0, said
    assert "a number 7 1 32" in said and "colour category 2 0 2" in said
    assert "mine: 30 rows (6 held out), 34 bits, 2 classes" in said
    meta = json.loads((tmp_path / "cache" / "imported" / "mine" / "meta.json").read_text())
    assert meta["columns"][0] == {"name": "a", "kind": "number", "values": 7, "missing": 1, "warnings": []}


def test_decimal_commas_are_not_categories():
    text = table("a;y", [f'"{i},5";{i % 2}' for i in range(30)])
    code, said = imports(text, "--separator", ";")
    assert code == 1 and "'0,5' look like numbers with decimal commas; --decimal , takes them as such" in said
    code, said = imports(text, "--separator", ";", "--decimal", ",")
    assert code == 0 and "a number 30 0 32" in said
    assert load("mine").numbers[:3, 0].tolist() == [0.5, 1.5, 2.5]
    code, said = imports(text, "--separator", ";", "--kind", "a=category", "--replace")
    assert code == 0 and "a category 30 0 30" in said


def test_identifiers_dates_wide_and_constant_columns_are_pointed_out():
    rows = [
        f"{1000 + i},{i * 37 % 90001},2024-01-{i % 28 + 1:02d},w{i % 70},u{i},5,{i % 9},{'pq'[i % 2]}"
        for i in range(140)
    ]
    code, said = imports(table("row,customer_id,day,word,uuid,same,x,y", rows))
    assert code == 0
    for text in (
        "row number 140 0 32", "row: looks like an identifier", "customer_id: looks like an identifier",
        "day category 28 0 28", "day: looks like dates", "word category 70 0 70", "word: wide: 70 categories",
        "uuid category 140 0 140", "uuid: looks like an identifier", "same number 1 0 32", "same: has one value",
        "x number 9 0 32",
    ):  # fmt: skip
        assert text in said, (text, said)
    code, said = imports(
        table("row,customer_id,day,word,uuid,same,x,y", rows), "--replace", "--drop", "uuid", "--drop", "day"
    )
    assert code == 0 and "uuid category" not in said and describe("mine").n_features == 4 * 32 + 70


def test_whole_numbers_beyond_floats_keep_their_order():
    numbers = [2**53, 2**53 + 1, 2**53 + 2, 2**60, 2**60 + 1]
    text = table("a,y", [f"{numbers[i % 5]},{i % 2}" for i in range(50)])
    code, said = imports(text)
    assert code == 0 and "kept as ranks" in said
    source = load("mine")
    (bits,) = source.bits(np.arange(50), np.arange(5))
    levels = (unpack(bits, 32) > 0).sum(axis=1).tolist()
    assert levels == sorted(levels) and len(set(levels)) == 5
    np.savez("big.npz", x=np.array([[n] for n in numbers * 10], dtype=np.int64), y=np.arange(50) % 2)
    assert (imported.read_source("big.npz", "y").numbers == source.numbers).all()


@pytest.mark.parametrize("labels", [["1", "1.0", "2"], ["1.00", "1", "2.0"], ["1.50", "1.5", "2"]])
def test_one_number_is_one_class(labels):
    code, said = imports(table("a,y", [f"{i % 5},{labels[i % 3]}" for i in range(30)]))
    assert code == 0 and "2 classes" in said


def test_labels_that_only_look_alike_stay_apart():
    code, said = imports(table("a,y", [f"{i % 5},{('1', '01', 'v1.0')[i % 3]}" for i in range(30)]))
    assert code == 0 and "3 classes" in said


def test_na_may_be_a_label():
    text = table("a,y", [f"{i % 5 if i % 4 else '-'},{('NA', 'EU')[i % 2]}" for i in range(30)])
    code, said = imports(text, "--missing", "-")
    assert code == 0 and "2 classes" in said and "a number 5 8 32" in said, said
    code, said = imports(text.replace("-", "1"), "--replace")
    assert code == 1 and "'NA' stands for a missing one; --missing names the texts that do" in said


def test_encodings_separators_and_tsv():
    latin = table("größe,y", [f"{'äöü'[i % 3]},{i % 2}" for i in range(30)])
    code, said = imports(latin, encoding="latin-1")
    assert code == 1 and "not a CSV file in UTF-8" in said and "--encoding names another one" in said
    assert imports(latin, "--encoding", "latin-1", encoding="latin-1")[0] == 0
    code, said = imports(latin, "--replace", "--encoding", "no-such")
    assert code == 1 and "no encoding 'no-such'" in said
    tabs = PLAIN.replace(",", "\t")
    assert imports(tabs, "--replace", name="t.tsv")[0] == 0
    code, said = imports(tabs, "--replace")
    assert code == 1 and "--separator 'tab'" in said
    assert imports(tabs, "--replace", "--separator", "tab")[0] == 0
    assert imports(PLAIN, "--separator", ";;")[0] == 2 and imports(PLAIN, "--kind", "a")[0] == 2
    code, said = imports(PLAIN, "--replace", "--kind", "b=number")
    assert code == 1 and "has no column b, which --kind names" in said


def test_replace_takes_the_place_of_an_import_alone(tmp_path):
    assert imports(PLAIN)[0] == 0
    before = load("mine").checksum
    code, said = imports(PLAIN)
    assert code == 1 and "--replace to import it anew" in said
    code, said = imports("broken\n", "--replace")
    assert code == 1 and load("mine").checksum == before  # what was there stays
    assert imports(PLAIN.replace("red", "green"), "--replace")[0] == 0 and load("mine").checksum != before
    assert [p.name for p in (tmp_path / "cache" / "imported").iterdir()] == ["mine"]
    done = CliRunner().invoke(main, ["data", "import", "mine.csv", "--label=y", "--name=iris", "--replace"])
    assert done.exit_code == 1 and "there is a data set 'iris' already" in done.output


def test_sets_of_before_are_another_version_of_the_data(tmp_path):
    """Their bits may have changed with the encoders, so their rows must not be mixed with new ones."""
    assert imports(PLAIN)[0] == 0
    now = load("mine").checksum
    path = tmp_path / "cache" / "imported" / "mine" / "meta.json"
    meta = json.loads(path.read_text())
    del meta["encoding"], meta["signature"]
    path.write_text(json.dumps(meta))
    registry.load.cache_clear()
    assert load("mine").checksum != now


# ---- limits, and files that are none ----


def test_limits_come_before_the_work(tmp_path, monkeypatch):
    np.savez_compressed("wide.npz", x=np.zeros((2, 200_000), np.int8), y=np.array([0, 1]))
    with pytest.raises(ValueError, match=r"wide\.npz has 200,000 columns; at most 100,000"):
        imported.read_source("wide.npz", "y")
    monkeypatch.setattr(imported, "NPZ_BYTES", 1000)
    with pytest.raises(ValueError, match=r"wide\.npz unpacks to [\d,]+ bytes; at most 1,000"):
        imported.read_source("wide.npz", "y")
    monkeypatch.setattr(tables, "CSV_BYTES", 10)
    assert "at most 10 are read" in imports(PLAIN)[1]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tables, "MOST_BITS", 40)
    assert "gives 64 bits a row; at most 40" in imports(table("a,b,y", [f"{i},{i},{i % 2}" for i in range(9)]))[1]
    monkeypatch.setattr(tables, "MOST_COLUMNS", 1)
    assert "has 3 columns; at most 1" in imports(table("a,b,y", ["1,2,3"]))[1]


def npz_of(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in members.items():
            archive.writestr(name.replace("_npy", ".npy"), value)
    return content.getvalue()


def npy(header, body=b""):
    header = header.encode("latin1")
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


LABELS = npy("{'descr': '|i1', 'fortran_order': False, 'shape': (4,)}", bytes([0, 1, 0, 1]))


@pytest.mark.parametrize(
    "content",
    [
        npz_of(x=b"hello", y_npy=LABELS),
        npz_of(x_npy=b"hello", y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4"), y_npy=LABELS),
        npz_of(x_npy=npy("'''"), y_npy=LABELS),
        npz_of(x_npy=npy("(" * 3000), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '|O', 'fortran_order': False, 'shape': (4, 1)}", bytes(32)), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 10**15)}"), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 1000000)}"), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4)}", bytes(32)), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<f8', 'fortran_order': 1, 'shape': (4, 1)}", bytes(32)), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<U1', 'fortran_order': False, 'shape': (4, 1)}", b"\xff" * 16), y_npy=LABELS),
        npz_of(x_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 0)}"), y_npy=LABELS),
        npz_of(y_npy=npy("{'descr': '<U1', 'fortran_order': False, 'shape': (4,)}", b"\xff" * 16), x_npy=LABELS),
        b"PK\x03\x04" + bytes(100), b"", b"\x80\x04\x95",
    ],
)  # fmt: skip
def test_odd_npz_files_end_in_one_sentence(content):
    Path("odd.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"odd\.npz"):
        imported.read_source("odd.npz", "y")
    done = CliRunner().invoke(main, ["data", "import", "odd.npz", "--label=y", "--name=odd"])
    assert done.exit_code == 1 and done.output.startswith("Error: odd.npz") and isinstance(done.exception, SystemExit)


ODD_META = [
    "[]", "5", '"text"', "{}", "null", "{", "[" * 100_000, '{"n_classes": "2"}', '{"n_categories": 5}', "\xff", "NaN",
    '{"n_classes": 1e999}',
]  # fmt: skip


@pytest.mark.parametrize("text", ODD_META)
def test_one_odd_description_does_not_break_the_list(tmp_path, text):
    assert imports(PLAIN)[0] == 0
    path = tmp_path / "cache" / "imported" / "mine" / "meta.json"
    known = json.loads(path.read_text())
    try:
        odd = json.loads(text)
        text = json.dumps({**known, **odd}) if isinstance(odd, dict) and odd else text
    except (ValueError, RecursionError):
        pass
    path.write_text(text, encoding="latin-1")
    registry.load.cache_clear()
    for command in (["data", "list"], ["list"], ["data", "status"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0 and "iris" in done.output, done.exception
    with pytest.raises(ValueError, match=r"is damaged .*delete it and import the file again"):
        load("mine")


@pytest.mark.parametrize("damage", ["labels", "numbers", "rows", "classes", "missing"])
def test_arrays_that_do_not_fit_are_damage(tmp_path, damage):
    assert imports(PLAIN)[0] == 0
    folder = tmp_path / "cache" / "imported" / "mine"
    with np.load(folder / "data.npz") as file:
        arrays = {name: file[name] for name in file.files}
    change = {
        "labels": {"labels": arrays["labels"].astype(float)}, "numbers": {"numbers": arrays["numbers"][:, 0]},
        "rows": {"numbers": arrays["numbers"][:3]}, "classes": {"labels": arrays["labels"] + 5}, "missing": {},
    }[damage]  # fmt: skip
    arrays |= change
    if damage == "missing":
        del arrays["labels"]
    np.savez(folder / "data.npz", **arrays)
    meta = json.loads((folder / "meta.json").read_text())
    meta["data_checksum"] = imported.file_checksum(folder / "data.npz")
    (folder / "meta.json").write_text(json.dumps(meta))
    registry.load.cache_clear()
    with pytest.raises(ValueError, match="is damaged"):
        load("mine")
    shutil.rmtree(folder)


def test_kinds_are_said_once():
    assert set(columns.KINDS) == {"number", "category"} and HowToRead().kinds == {}


def test_a_nul_at_the_end_is_part_of_a_text(tmp_path):
    Path("n.csv").write_bytes(b"a,label\nu,p\nu\0,p\0\nv,q\n")
    source = imported.read_source("n.csv", "label")
    assert source.n_categories == (3,) and source.n_classes == 3


def test_one_long_text_takes_no_more_than_itself(tmp_path):
    """It made an array of rows times the longest text: 10 GB of 0.2 MB."""
    rows = "".join(f"{'yz'[i % 2]},{i % 2}\n" for i in range(20_000))
    Path("long.csv").write_text(f"a,label\n{'x' * 130_000},0\n{rows}")
    tracemalloc.start()
    imported.read_source("long.csv", "label")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6


def test_thousands_are_not_decimals():
    """`1,000` was said to have a decimal comma, and `1.607,5` became a category."""
    code, said = imports(table("a;y", [f"{i % 9 + 1},00{i % 7};{i % 2}" for i in range(30)]), "--separator", ";")
    assert code == 1 and "commas for thousands, or with decimal commas" in said
    german = table("a;y", [f"1.60{i % 7},5;{i % 2}" for i in range(30)])
    code, said = imports(german, "--separator", ";", "--decimal", ",")
    assert code == 0 and "a number 7 0 32" in said and load("mine").numbers[1, 0] == 1601.5


def test_another_separator_is_named():
    code, said = imports("a;b;y\n1,5;2;p\n2,5;3;q\n")
    assert code == 1 and "one column, 'a;b;y'; separated otherwise? --separator ';'" in said


@pytest.mark.parametrize("values", [["0.948", "1.155"], ["3.25", "1.155"], ["1.5e3", "2,5"]])
def test_decimal_points_are_no_thousands(values):
    """0.948 became 948 beside 1.28 that stayed 1.28."""
    rows = [f"{values[i % 2]};{'pq'[i % 2]}" for i in range(30)]
    code, said = imports(table("a;y", rows), "--separator", ";", "--decimal", ",")
    assert code == 1 and "has a decimal point, and --decimal , takes points for those of thousands" in said


def test_points_of_thousands_beside_decimal_commas():
    rows = [f"{['1.155,5', '12', '0,25'][i % 3]};{'pq'[i % 2]}" for i in range(30)]
    assert imports(table("a;y", rows), "--separator", ";", "--decimal", ",")[0] == 0
    assert sorted(set(imported.load_imported("mine").numbers[:, 0])) == [0.25, 12, 1155.5]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("key, value", [("n_classes", 3), ("n_classes", 100), ("n_categories", [3])])
def test_an_altered_description_is_damage(key, value, signed):
    """Other classes or categories were trained under the same checksum."""
    assert imports(PLAIN)[0] == 0
    path = imported.imported_place("mine") / "meta.json"
    meta = json.loads(path.read_text())
    assert meta[key] != value
    if not signed:  # as sets of before
        del meta["signature"]
    path.write_text(json.dumps({**meta, key: value}))
    with pytest.raises(ValueError, match="is damaged"):
        imported.load_imported("mine")


def test_what_cannot_be_taken_says_so():
    code, said = imports(PLAIN, "--drop", "y")
    assert code == 1 and "--drop names 'y', which is the label" in said
    Path("A.CSV").write_text(PLAIN)
    done = CliRunner().invoke(main, ["data", "import", "A.CSV", "--label", "y", "--name", "iris", "--replace"])
    assert done.exit_code == 1 and "one of fbbench's own" in " ".join(done.output.split())


def test_long_texts_are_read_in_time():
    """A row of a hundred thousand digits took minutes."""
    rows = [f"{'.' + '1' * 100_000 + 'x' if i == 7 else 'red'};{'pq'[i % 2]}" for i in range(30)]
    assert imports(table("a;y", rows), "--separator", ";", "--decimal", ",")[0] == 0


def test_numbers_that_were_not_understood_are_pointed_out():
    rows = [f"1 {i:03d},5;{'pq'[i % 2]}" for i in range(30)]
    code, said = imports(table("a;y", rows), "--separator", ";", "--decimal", ",")
    assert code == 0 and "looks like numbers" in said


def test_an_altered_checksum_is_damage():
    assert imports(PLAIN)[0] == 0
    path = imported.imported_place("mine") / "meta.json"
    meta = json.loads(path.read_text())
    path.write_text(json.dumps({**meta, "checksum": "0" * 64}))
    with pytest.raises(ValueError, match="its description was altered"):
        imported.load_imported("mine")


@pytest.mark.parametrize("texts", [("1", "1.0", "1.", "+1"), ("0.5", ".5", "0.50"), ("0", "-0", "0.0")])
def test_labels_that_are_one_number_are_one_class(texts):
    rows = [f"{i},{texts[i % len(texts)] if i % 2 else 'other'}" for i in range(40)]
    assert imports(table("a,y", rows))[0] == 0
    assert imported.load_imported("mine").n_classes == 2


def test_labels_with_zeros_before_are_codes():
    rows = [f"{i},{['007', '7'][i % 2]}" for i in range(40)]
    assert imports(table("a,y", rows))[0] == 0
    assert imported.load_imported("mine").n_classes == 2


def test_whole_numbers_that_floats_cannot_tell_apart():
    rows = [f"{9007199254740992 + i % 2},{'pq'[i % 2]}" for i in range(30)]
    assert imports(table("a,y", rows))[0] == 0
    assert len(np.unique(imported.load_imported("mine").numbers)) == 2
