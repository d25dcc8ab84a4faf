"""Tables: a user's files, and what the encoders make of them; never a wrong data set, never half of one."""

import json

import numpy as np
import pandas as pd
import pytest
from commands import call
from hypothesis import given
from hypothesis import strategies as st

from fbbench import datasets
from fbbench.bits import unpack
from fbbench.datasets import imported, uci
from fbbench.datasets.columns import HowToRead
from fbbench.datasets.tables import table_source

pytestmark = pytest.mark.usefixtures("empty_place")

CSV = """age,colour,kind
31,red,yes
45,?,no
,blue,yes
28,red,no
60,green,yes
"""


def write(tmp_path, text=CSV):
    path = tmp_path / "my.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_import_makes_a_file_usable_in_a_suite(tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 3))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "kind": np.where(x[:, 0] + x[:, 1] > 0, "up", "down")})
    frame.to_csv("my.csv", index=False)
    done = call("data", "import", "my.csv", "--label", "kind", "--name", "mine")
    assert done.exit_code == 0 and "mine: 200 rows (40 held out), 64 bits, 2 classes" in done.output, done.output
    (tmp_path / "my.csv").unlink()  # the data set does not need it any more
    (tmp_path / "s.toml").write_text(
        'name="s"\ntitle="S"\nprotocol="strict"\ndatasets=["mine"]\nbudgets=["35_35"]\nseeds=[1]\nepochs=20\n'
        "batch_size=32\n"
        '[[methods]]\nid="b"\nlabel="BMLP"\nmethod="bmlp"\n'
    )
    done = call("run", "s.toml", "--store", "rows", "-j", "1")
    assert done.exit_code == 0, done.output
    row = next(iter(datasets_rows("rows")))
    assert row["outcome"]["heldout_accuracy"] > 75 and row["identity"]["protocol"] == "strict"
    assert "of the training rows" in row["outcome"]["encoder"] and row["outcome"]["encoder_saw_heldout"] is False
    assert "mine" in call("data", "list").output and "mine" in call("list").output


def datasets_rows(folder):
    from fbbench.experiments import Store

    return Store(folder).rows().values()


def test_missing_values_categories_and_numbers(tmp_path):
    source = imported.read_source(write(tmp_path), "kind")
    assert source.numbers.shape == (5, 1) and source.n_categories == (3,)
    assert np.isnan(source.numbers[2, 0]) and np.isnan(source.categories[1, 0])
    (bits,) = source.bits(np.arange(5), np.arange(5))
    rows = unpack(bits, source.n_features)
    assert rows[:, 32:].tolist() == [[-1, -1, 1], [-1, -1, 1], [1, -1, -1], [-1, -1, 1], [-1, 1, -1]]
    assert rows[2, :32].tolist() == rows[3, :32].tolist()  # the mode of ages that occur once is the smallest, 28
    assert source.labels.tolist() == [1, 0, 1, 0, 1]


def test_the_encoder_is_fitted_on_the_rows_it_is_given():
    frame = pd.DataFrame({"x": np.arange(100.0)})
    source = table_source(frame, np.arange(100) % 2, "t")
    (low,) = source.bits(np.arange(50), np.arange(100))
    assert (unpack(low, 32)[50:] == 1).all() and (unpack(low, 32)[0] == -1).all()


@pytest.mark.parametrize(
    "text, message",
    [
        (CSV.replace("28,red", "abc,red"), r"my\.csv, column 'age', row 4: 'abc' is not a number"),
        (CSV.replace("blue,yes", "blue,"), r"my\.csv, row 3: the label is missing"),
        (CSV.replace("28,red", "inf,red"), r"column 'age', row 4: the number is infinite"),
        ("age,colour,kind\n", "at least one row"),
        ("kind\nyes\nno\n", "at least one row and one column"),
        ("age,kind\n1,a\n2,a\n", "at least two classes"),
        ("age,kind,kind\n1,2,a\n", "name every column once"),
        (",age,kind\n0,2,a\n", "name every column once"),
        ("", "not a CSV file"),
        ("a,kind\n1,x,y\n2,x,y\n", r"line 2 is not a CSV file in UTF-8 \(3 fields"),
        ("a,b,kind\n1,2,x\n3,y\n", r"line 3 is not a CSV file in UTF-8 \(2 fields"),
        ("a,kind\n" + "".join(f"1,{i}.5\n" for i in range(30)), "30 different labels in 30 rows"),
        ("a,kind\n1,x\n1,2,3,4\n", "not a CSV file"),
        ("a,b\n1,2\n", "has no column 'kind'"),
    ],
)
def test_bad_csv_is_named_and_nothing_is_kept(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        imported.import_file(write(tmp_path, text), "kind", "mine")
    assert not list((tmp_path / "cache").glob("imported/*"))


def test_text_in_a_number_column_can_be_taken_as_categories(tmp_path):
    source = imported.read_source(
        write(tmp_path, CSV.replace("28,red", "abc,red")), "kind", HowToRead(kinds={"age": "category"})
    )
    assert source.n_categories == (4, 3)
    with pytest.raises(ValueError, match="no column agee"):
        imported.read_source(write(tmp_path), "kind", HowToRead(kinds={"agee": "category"}))


def test_names(tmp_path):
    path = write(tmp_path)
    imported.import_file(path, "kind", "mine")
    with pytest.raises(ValueError, match="already"):
        imported.import_file(path, "kind", "mine")
    with pytest.raises(ValueError, match="already"):
        imported.import_file(path, "kind", "cifar10", taken=datasets.DATASETS)
    with pytest.raises(ValueError, match="a name must be"):
        imported.import_file(path, "kind", "../evil")
    with pytest.raises(ValueError, match="must end in"):
        imported.read_source(path.rename(tmp_path / "my.txt"), "kind")


def test_npz(tmp_path):
    random = np.random.default_rng(0)
    signs = random.choice(np.array([-1, 1], np.int8), size=(30, 7))
    np.savez(tmp_path / "a.npz", X=signs, y=np.arange(30) % 3)
    source = imported.read_source(tmp_path / "a.npz", "y")
    assert np.array_equal(source.features, signs) and source.is_binary  # bits are taken as they are
    np.savez(tmp_path / "b.npz", X=random.normal(size=(30, 2, 2)), y=np.array(list("abc" * 10)))
    assert imported.read_source(tmp_path / "b.npz", "y").n_features == 4 * 32
    np.savez(tmp_path / "c.npz", X=np.array([{}] * 3, dtype=object), y=np.arange(3))
    with pytest.raises(ValueError, match=r"c\.npz is not a whole NPZ file without pickles"):
        imported.read_source(tmp_path / "c.npz", "y")
    with pytest.raises(ValueError, match="has no array 'label'"):
        imported.read_source(tmp_path / "a.npz", "label")


def test_a_damaged_import_is_named(tmp_path):
    folder, _ = imported.import_file(write(tmp_path), "kind", "mine")
    content = (folder / "data.npz").read_bytes()
    (folder / "data.npz").write_bytes(content[:-30])
    with pytest.raises(ValueError, match="mine is damaged"):
        datasets.load("mine")


@pytest.mark.parametrize("name, n_bits", [("iris", 4 * 32), ("wine", 13 * 32), ("breast_cancer", 30 * 32)])
def test_embedded_tables(name, n_bits):
    split = datasets.prepare(name, 42)
    known = datasets.describe(name)
    assert split.n_features == known.n_features == n_bits
    assert (len(split.y_train), len(split.y_heldout)) == (known.n_train, known.n_heldout)


@given(
    values=st.lists(
        st.tuples(st.one_of(st.just("?"), st.floats(-1e6, 1e6).map(str)), st.sampled_from(["", "a", "b", "7"])),
        min_size=2,
        max_size=30,
    )
)
def test_any_table_gives_bits_or_a_clear_error(values):
    frame = pd.DataFrame(values, columns=["x", "c"])
    labels = np.arange(len(values)) % 2
    try:
        source = table_source(frame, labels, "file.csv")
    except ValueError as error:
        assert "file.csv" in str(error) and {"a", "b"} & {c for _, c in values} and "7" in {c for _, c in values}
        return
    bits = source.bits(np.arange(len(values) // 2 + 1), np.arange(len(values)))[0]
    rows = unpack(bits, source.n_features)
    hot = 0
    for n in source.n_categories:
        first = 32 * source.numbers.shape[1] + hot
        assert ((rows[:, first : first + n] == 1).sum(axis=1) == 1).all()
        hot += n


def uci_folder(tmp_path, data, variables):
    folder = tmp_path / "data" / "uci" / "19"
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text(data)
    meta = {"uci_id": 19, "variables": [dict(zip(("name", "role", "type"), v, strict=True)) for v in variables]}
    (folder / "metadata.json").write_text(json.dumps({"status": 200, "data": meta}))
    return folder


VARIABLES = [
    ("id", "ID", "Integer"),
    ("doors", "Feature", "Categorical"),
    ("weight", "Feature", "Continuous"),
    ("class", "Target", "Categorical"),
]
CARS = "id,doors,weight,class\n" + "".join(
    f"{i},{2 + i % 3},{i * 1.5},{'good' if i % 2 else 'bad.'}\n" for i in range(50)
)


def test_uci_set_from_a_folder(tmp_path, monkeypatch):
    folder = uci_folder(tmp_path, CARS, VARIABLES)
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    split = datasets.prepare("uci_car", 42, "strict")
    assert split.n_features == 3 + 32 and split.n_classes == 2  # the id is no feature, doors are categories
    assert (len(split.y_train), len(split.y_heldout)) == (40, 10)
    assert call("data", "get", "uci_car").exit_code == 0
    assert call("data", "path", "uci_car").output.strip() == str(folder)
    assert "UCI id 19" in call("data", "list", "uci_car").output


@pytest.mark.parametrize(
    "data, variables, message",
    [
        (CARS.replace("weight", "mass"), VARIABLES, "data.csv has no column weight"),
        (CARS, VARIABLES[:-1], "no variable of the role Target"),
        (CARS.replace(",1.5,", ",heavy,"), VARIABLES, "column 'weight', row 2: 'heavy' is not a number"),
    ],
)
def test_bad_uci_folder_is_named(tmp_path, monkeypatch, data, variables, message):
    uci_folder(tmp_path, data, variables)
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    with pytest.raises(ValueError, match=message):
        datasets.load("uci_car")


def served(monkeypatch, contents):
    """Have the repository serve contents by the end of their address; None: it is not there."""

    def fetch_into(target, urls):
        content = contents[next(end for end in contents if urls[-1].endswith(end))]
        if content is None:
            raise datasets.DataUnavailable("no network")
        target.write_text(content)

    monkeypatch.setattr(uci, "fetch_into", fetch_into)


DESCRIPTION = json.dumps(
    {"data": {"uci_id": 19, "variables": [dict(zip(("name", "role", "type"), v, strict=True)) for v in VARIABLES]}}
)


@pytest.mark.parametrize(
    "contents", [{"data.csv": None, "id=19": DESCRIPTION}, {"data.csv": CARS, "id=19": None}]
)  # fmt: skip
def test_uci_set_is_downloaded_whole_or_not_at_all(tmp_path, monkeypatch, contents):
    with pytest.raises(datasets.DataUnavailable, match="fbbench data get uci_car"):
        datasets.load("uci_car")
    served(monkeypatch, contents)
    done = call("data", "get", "uci_car")
    assert done.exit_code == 1 and "no network" in done.output and "FBBENCH_DATA" in done.output
    assert not list((tmp_path / "cache" / "uci").glob("*"))
    served(monkeypatch, {"data.csv": CARS.replace("weight", "mass"), "id=19": DESCRIPTION})
    assert "has no column weight" in call("data", "get", "uci_car").output
    assert not list((tmp_path / "cache" / "uci").glob("*"))
    served(monkeypatch, {"data.csv": CARS, "id=19": DESCRIPTION})
    done = call("data", "get", "uci_car")
    assert done.exit_code == 0 and "not the table that the committed rows were run on: 50 rows" in done.output
    assert datasets.load("uci_car").n_features == 35


def test_a_download_that_was_changed_since_is_refused(tmp_path, monkeypatch):
    served(monkeypatch, {"data.csv": CARS, "id=19": DESCRIPTION})
    assert call("data", "get", "uci_car").exit_code == 0
    path = tmp_path / "cache" / "uci" / "19" / "data.csv"
    path.write_text(path.read_text().replace(",1.5,", ",2.5,"))
    datasets.load.cache_clear()
    with pytest.raises(ValueError, match=r"data\.csv does not hold the official content"):
        datasets.load("uci_car")


def test_what_a_loader_made_of_each_column_is_said(tmp_path, monkeypatch):
    variables = [
        ("id", "ID", "Integer"), ("whole", "Feature", "Integer"), ("two", "Feature", "Integer"),
        ("codes", "Feature", "Categorical"), ("flag", "Feature", "Binary"), ("other", "Target", "Binary"),
        ("class", "Target", "Categorical"),
    ]  # fmt: skip
    lines = [f"{i},{i / 2},{i % 2},{i % 15},{i % 3},x,{'ab'[i % 2]},note" for i in range(60)]
    text = "id,whole,two,codes,flag,class,other,more\n" + "\n".join(lines) + "\n"
    uci_folder(tmp_path, text, variables)
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    said = " ".join(call("data", "list", "uci_car").output.split())
    for part in (
        "whole: declared Integer, holds fractions", "two: declared Integer, has two values",
        "codes: declared Categorical, holds 15 whole numbers: an order among them is lost",
        "flag: declared Binary, has 3 values", "Left out: id, its role is ID",
        "Left out: class, its role is Target", "Left out: more, metadata.json does not name it",
        "rows of each class: a: 30, b: 30", "2 numbers, 2 categories (18 different)", "rows with missing values: 0",
    ):  # fmt: skip
        assert part in said, (part, said)


def test_sizes_of_the_tables_that_were_run_are_known_without_their_files():
    known = datasets.registry.describe("uci_horse")
    assert (known.n_train, known.n_heldout, known.n_features, known.n_classes) == (294, 74, 409, 2)
    assert known.table_inputs == 11 + 57 + 1
    with pytest.raises(datasets.DataUnavailable):
        datasets.registry.describe("uci_musk")
    assert "245,057" in call("data", "list").output
    status = call("data", "status").output
    assert "uci_skin" in status and "not here" in status


def test_a_missing_uci_set_is_left_out_of_a_run(tmp_path):
    (tmp_path / "s.toml").write_text(
        'name="s"\ntitle="S"\ndatasets=["iris", "uci_car"]\nbudgets=["35_35"]\nseeds=[1]\nepochs=1\nbatch_size=32\n'
        '[[methods]]\nid="b"\nlabel="BMLP"\nmethod="bmlp"\n'
    )
    done = call("run", "s.toml", "--store", "rows", "-j", "1")
    assert done.exit_code == 0 and "Left out: uci_car" in done.output, done.output
    (tmp_path / "s.toml").write_text((tmp_path / "s.toml").read_text().replace('"uci_car"', '"uci_car", "uci_musk"'))
    done = call("run", "s.toml", "--store", "rows", "-j", "1")
    assert done.output.count("not on this machine") == 1, done.output  # one line for all of them
    assert "`fbbench data get uci_car uci_musk` fetches them" in " ".join(done.output.split())


def test_a_killed_import_is_no_data_set(tmp_path):
    left = tmp_path / "cache" / "imported" / ".import-x"
    left.mkdir(parents=True)
    (left / "meta.json").write_text("{")
    assert imported.imported_names() == []
    assert call("data", "list").exit_code == 0
    imported.import_file(write(tmp_path), "kind", "mine")
    assert not left.exists()


def test_a_damaged_import_does_not_stop_the_list(tmp_path):
    folder, _ = imported.import_file(write(tmp_path), "kind", "mine")
    (folder / "meta.json").write_text("{")
    for command in (("data", "list"), ("data", "status"), ("list",)):
        assert call(*command).exit_code == 0
    assert "damaged" in call("data", "status").output


def test_import_never_hides_a_known_set_and_can_be_removed(tmp_path):
    path = write(tmp_path)
    for name in ("uci_car", "iris"):
        done = call("data", "import", path, "--label", "kind", "--name", name)
        assert done.exit_code == 1 and "already" in done.output
    assert call("data", "import", path, "--label", "kind", "--name", "mine").exit_code == 0
    assert call("data", "path", "mine").output.strip() == str(tmp_path / "cache" / "imported" / "mine")
    assert call("data", "remove", "mine").exit_code == 0
    assert "mine" not in imported.imported_names()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"uci_id": 53}, "describes the set 53, not 19"),
        ({"num_instances": 1728}, "has 50 rows; metadata.json says 1728"),
    ],
)
def test_a_uci_description_of_another_set(tmp_path, monkeypatch, change, message):
    folder = uci_folder(tmp_path, CARS, VARIABLES)
    content = json.loads((folder / "metadata.json").read_text())
    content["data"].update(change)
    (folder / "metadata.json").write_text(json.dumps(content))
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    with pytest.raises(ValueError, match=message):
        datasets.load("uci_car")
