"""``fbbench data`` on folders in the official layouts, without a network."""

import pytest
from click.testing import CliRunner

from fbbench.cli import main
from fbbench.datasets import DATASETS, download


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FBBENCH_DATA", "")
    monkeypatch.setenv("COLUMNS", "250")

    def no_network(url, *_):
        raise OSError("no network")

    monkeypatch.setattr(download.pooch, "HTTPDownloader", lambda **_: no_network)


def call(*arguments):
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


def test_list_names_every_set():
    done = call("list")
    assert done.exit_code == 0
    for name, known in DATASETS.items():
        assert name in done.output and known.licence in done.output
    assert "170 MB" in done.output
    for name in DATASETS:
        assert f"{DATASETS[name].n_train:,} training" in call("list", name).output
    assert DATASETS["cifar10"].download[1] in call("list", "cifar10").output
    assert call("list", "cifar").exit_code != 0


def test_wrong_names_and_names_without_files():
    done = call("get", "fashion-mnist")
    assert done.exit_code == 2 and "did you mean 'fashion_mnist'" in done.output
    assert "nothing to download" in call("get", "iris").output
    done = call("path", "iris")
    assert done.exit_code == 1 and "iris has no files" in done.output
    assert call("remove", "cifar10").exit_code == 1


@pytest.mark.parametrize("command", [("status",), ("path", "mnist"), ("get", "mnist")])
def test_a_wrong_data_folder_is_one_line(monkeypatch, command):
    monkeypatch.setenv("FBBENCH_DATA", "/nowhere")
    done = call(*command)
    assert done.exit_code == 1 and done.output.startswith("Error: FBBENCH_DATA must name a folder")
    assert CliRunner().invoke(main, ["list"]).exit_code == 0


def test_status_says_what_is_missing_and_what_to_do():
    done = call("status")
    assert done.exit_code == 0
    assert "fbbench data features cifar10" in done.output and "random_prototypes │ ready" in done.output


@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100", "imagenette"])
def test_without_network_one_sentence_says_what_to_put_where(name):
    done = call("get", name)
    assert done.exit_code == 1 and "FBBENCH_DATA" in done.output and "no network" in done.output
    assert call("path", name).exit_code == 1


def test_data_dir_is_used_and_damage_is_named(tmp_path):
    folder = tmp_path / "data" / "cifar-100-binary"
    folder.mkdir(parents=True)
    (folder / "train.bin").write_bytes(bytes(3074 * 2))
    (folder / "test.bin").write_bytes(bytes(3074))
    done = call("path", "cifar100", "--data-dir", tmp_path / "data")
    assert done.output.strip() == str(folder)
    done = call("get", "cifar100", "--data-dir", tmp_path / "data")
    assert done.exit_code == 1 and "train.bin does not hold the official content" in done.output
    assert call("get", "cifar100", "--data-dir", tmp_path / "nowhere").exit_code == 2


def test_features_without_pictures_say_what_is_missing():
    pytest.importorskip("PIL")
    done = call("features", "cifar10")
    assert done.exit_code == 1 and "CIFAR-10 is not on this machine" in done.output


def test_status_of_a_set_whose_test_files_are_missing(tmp_path):
    """Found by reading: what is here in part was a traceback."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"")
    done = call("status", "--protocol", "strict", "--data-dir", tmp_path / "data")
    assert done.exit_code == 0 and "get: fbbench data get mnist" in done.output
