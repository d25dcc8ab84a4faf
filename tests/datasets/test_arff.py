"""ARFF files, as OpenML serves them."""

import numpy as np
import pytest
from commands import call

from fbbench import datasets
from fbbench.datasets.imported import read_source

pytest.importorskip("arff")

CREDIT = """% of OpenML
@RELATION 'credit g'
@ATTRIBUTE 'check ing' {'<0',"0<=X<200",none}
@ATTRIBUTE duration NUMERIC
@ATTRIBUTE code {1,2,3}
@ATTRIBUTE remark STRING
@ATTRIBUTE class {good,bad}
@DATA
'<0',6,1,x,good
"0<=X<200",48,2,x,bad
none,?,3,y,good
?,42.5,?,x,bad
none,1e3,2,y,good
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    datasets.load.cache_clear()


def arff_file(tmp_path, text=CREDIT):
    path = tmp_path / "file.arff"
    path.write_text(text)
    return path


def test_nominal_attributes_are_categories_whatever_their_names(tmp_path):
    source = read_source(arff_file(tmp_path), "class")
    kinds = {column.name: (column.kind, column.n_values, column.n_missing) for column in source.columns}
    assert kinds == {
        "check ing": ("category", 3, 1), "duration": ("number", 4, 1), "code": ("category", 3, 1),
        "remark": ("category", 2, 0),
    }  # fmt: skip
    np.testing.assert_array_equal(source.numbers[:, 0], [6, 48, np.nan, 42.5, 1000])
    assert source.classes == ("bad", "good") and source.labels.tolist() == [1, 0, 1, 0, 1]


@pytest.mark.parametrize("kind", ["INTEGER", "REAL", "numeric"])
def test_numbers_are_what_stands_there(tmp_path, kind):
    values = ["0.2", "0.7", "1e3", "-.5"]
    text = f"@relation a\n@attribute x {kind}\n@attribute class {{a,b}}\n@data\n"
    text += "".join(f"{value},{'ab'[i % 2]}\n" for i, value in enumerate(values))
    source = read_source(arff_file(tmp_path, text), "class")
    assert source.numbers[:, 0].tolist() == [0.2, 0.7, 1000, -0.5]
    large = "".join(f"{10**17 + i},{'ab'[i % 2]}\n" for i in range(40))
    source = read_source(arff_file(tmp_path, text[: text.index("@data")] + "@data\n" + large), "class")
    assert source.columns[0].n_values == 40 and "kept as ranks" in source.columns[0].warnings[0]


def test_a_declared_value_is_no_missing_one(tmp_path):
    text = "@relation a\n@attribute q {NA,Gd,'?'}\n@attribute class {NA,no}\n@data\nNA,NA\nGd,no\n?,no\n'?',NA\n"
    source = read_source(arff_file(tmp_path, text), "class")
    assert source.columns[0].levels[1:] == ("Gd", "NA") and source.columns[0].n_missing <= 2
    assert source.classes == ("NA", "no")


def test_encodings_of_arff_files(tmp_path):
    text = "@relation a\n@attribute q {é,b}\n@attribute class {a,b}\n@data\né,a\nb,b\n"
    path = tmp_path / "file.arff"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_source(path, "class").columns[0].levels == ("b", "é")
    path.write_bytes(text.encode("latin-1"))
    done = call("data", "import", path, "--label", "class", "--name", "x")
    assert done.exit_code == 1 and "UTF-8" in done.output
    assert call("data", "import", path, "--label", "class", "--name", "x", "--encoding", "latin-1").exit_code == 0


def test_sparse_rows_are_read(tmp_path):
    text = "@relation a\n@attribute t numeric\n@attribute class {a,b}\n@data\n{0 1,1 b}\n{1 a}\n{0 3,1 b}\n"
    source = read_source(arff_file(tmp_path, text), "class")
    assert source.numbers[:, 0].tolist() == [1, 0, 3] and source.labels.tolist() == [1, 0, 1]


def test_an_arff_file_is_imported_with_what_was_made_of_it(tmp_path):
    done = call("data", "import", arff_file(tmp_path), "--label", "class", "--name", "credit", "--drop", "remark")
    assert done.exit_code == 0 and "Left out: remark, --drop" in done.output
    said = call("data", "list", "credit").output
    for part in ("check ing", "rows of each class: bad: 2, good: 3", "Left out: remark, --drop", "SHA-256"):
        assert part in said
    assert datasets.load("credit").n_features == 3 + 32 + 3


@pytest.mark.parametrize(
    "text, message",
    [
        ("hello", "is not an ARFF file"),
        (CREDIT.replace("none,?,3", "never,?,3"), "is not an ARFF file"),
        (CREDIT.replace("STRING", "DATE"), "is not an ARFF file"),
        (CREDIT.replace("class {", "klass {"), "has no column 'class'"),
    ],
)
def test_bad_arff_files_are_named(tmp_path, text, message):
    done = call("data", "import", arff_file(tmp_path, text), "--label", "class", "--name", "x")
    assert done.exit_code == 1 and message in done.output and "file.arff" in done.output
