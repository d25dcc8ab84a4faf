"""Folders as people have them: found, or named in the error."""

import dataclasses
import gzip
import hashlib
import shutil
import struct

import pytest
import requests

from fbbench.datasets import DataUnavailable, cifar, download, idx_sets, imagenette

FILES = [*idx_sets.TRAINING_FILES, *idx_sets.TEST_FILES]


def no_network(monkeypatch, asked=None):
    def refuse(url, *_):
        if asked is not None:
            asked.append(url)
        raise requests.exceptions.ConnectionError("no network")

    monkeypatch.setattr(download.pooch, "HTTPDownloader", lambda **_: refuse)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FBBENCH_MIRROR", raising=False)
    no_network(monkeypatch)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def fashion():
    """A Fashion-MNIST of 12 training and 5 test pictures, and its files' content."""
    contents = {}
    for name in FILES:
        n = 12 if name.startswith("train") else 5
        shape = (n, 28, 28) if "images" in name else (n,)
        size = 784 * n if "images" in name else n
        contents[name] = b"\0\0\x08" + struct.pack(f">B{len(shape)}I", len(shape), *shape) + bytes(size)
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return dataclasses.replace(idx_sets.FASHION_MNIST, checksums=checksums, system_folder=None), contents


LAYOUTS = ["fashion-mnist", "fashion-mnist/fashion-mnist", "FashionMNIST/raw", "fashion-mnist/data/fashion"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("packed", [True, False, "dots"])
def test_fashion_mnist_as_people_have_it(home, fashion, layout, packed):
    known, contents = fashion
    folder = home / layout
    folder.mkdir(parents=True)
    for name, content in contents.items():
        plain = name.removesuffix(".gz")
        if packed is True:
            (folder / name).write_bytes(gzip.compress(content))
        else:
            (folder / (plain.replace("-idx", ".idx") if packed == "dots" else plain)).write_bytes(content)
    source = known.load("strict")
    assert source.features.shape == (17, 784) and known.place() == folder


def test_the_variable_may_name_the_folder_itself(home, fashion, monkeypatch):
    known, contents = fashion
    for folder, named in ((home / "fashion-mnist", "fashion-mnist"), (home / "FashionMNIST" / "raw", "FashionMNIST")):
        folder.mkdir(parents=True)
        for name, content in contents.items():
            (folder / name).write_bytes(gzip.compress(content))
        monkeypatch.setenv("FBBENCH_DATA", str(home / named))
        assert len(known.load().labels) == 12


def test_what_was_looked_at_is_said(home, fashion):
    (home / "fashion-mnist").mkdir()
    with pytest.raises(DataUnavailable, match=r"looked for train-images.* in .*fashion-mnist.*FashionMNIST/raw"):
        fashion[0].load()


def test_packed_bombs_end_at_the_limit(home, fashion):
    (home / "fashion-mnist").mkdir()
    bomb = gzip.compress(bytes(idx_sets.LARGEST + 2))
    for name in FILES:
        (home / "fashion-mnist" / name).write_bytes(bomb)
    with pytest.raises(ValueError, match=rf"{FILES[0]} holds more than {idx_sets.LARGEST:,} bytes"):
        fashion[0].load()


def test_mirrors_are_asked_in_order_the_users_own_first(home, fashion, monkeypatch):
    known, contents = fashion
    asked = []
    no_network(monkeypatch, asked)
    monkeypatch.setenv("FBBENCH_MIRROR", "https://mine.example/data/")
    with pytest.raises(DataUnavailable, match=r"mine\.example.*github\.com.*fashion-mnist\.s3"):
        known.load()
    name = FILES[0]
    assert asked == [f"https://mine.example/data/fashion-mnist/{name}", *(url + name for url in known.urls)]

    def second(url, file, _):
        if "mine" in url:
            raise requests.exceptions.ConnectionError
        with open(file, "wb") as out:
            out.write(gzip.compress(contents[url.rsplit("/", 1)[1]]))

    monkeypatch.setattr(download.pooch, "HTTPDownloader", lambda **_: second)
    assert len(known.load().labels) == 12


def test_a_mirror_with_other_content_is_passed_over(home, fashion, monkeypatch):
    known, contents = fashion
    monkeypatch.setenv("FBBENCH_MIRROR", "https://mine.example")

    def serve(url, file, _):
        content = b"an error page" if "mine" in url else contents[url.rsplit("/", 1)[1]]
        with open(file, "wb") as out:
            out.write(gzip.compress(content))

    monkeypatch.setattr(download.pooch, "HTTPDownloader", lambda **_: serve)
    assert len(known.load().labels) == 12


@pytest.fixture
def small_cifar():
    """CIFAR-10 of three records a file, and its files."""
    contents = {name: bytes(cifar.PIXELS + 1) * 3 for files in cifar.CIFAR10.parts.values() for name in files}
    parts = {
        part: {name: hashlib.sha256(contents[name]).hexdigest() for name in files}
        for part, files in cifar.CIFAR10.parts.items()
    }
    return dataclasses.replace(cifar.CIFAR10, parts=parts), contents


@pytest.mark.parametrize(
    "layout",
    ["cifar-10-batches-bin", "cifar-10-batches-bin/cifar-10-batches-bin", "cifar10/cifar-10-batches-bin",
     "CIFAR-10/cifar-10-batches-bin"],
)  # fmt: skip
def test_cifar_as_people_have_it(home, small_cifar, layout):
    known, contents = small_cifar
    (home / layout).mkdir(parents=True)
    for name, content in contents.items():
        (home / layout / name).write_bytes(content)
    assert known.get() == home / layout == known.place()


@pytest.mark.parametrize("name", ["cifar-10-batches-py", "cifar-10-python.tar.gz"])
def test_the_python_version_of_cifar_is_refused_with_the_reason(home, name):
    (home / name).mkdir()
    with pytest.raises(DataUnavailable, match=rf"{name} is the Python version .*pickles.*never read.*binary"):
        cifar.CIFAR10.get()
    (home / "cifar-100-python").mkdir()
    with pytest.raises(DataUnavailable, match="Python version of CIFAR-100"):
        cifar.CIFAR100.get()


def test_an_empty_folder_of_the_right_name_is_named(home):
    (home / "cifar-10-batches-bin").mkdir()
    assert cifar.CIFAR10.place() is None
    with pytest.raises(DataUnavailable, match="cifar-10-batches-bin is there, but does not hold what it should"):
        cifar.CIFAR10.get()


@pytest.fixture
def pictures(home, monkeypatch):
    """An Imagenette of a picture a class and part."""
    pillow = pytest.importorskip("PIL.Image")
    monkeypatch.setattr(imagenette, "PARTS", {"train": ("train", 10), "test": ("val", 10)})
    for inside in ("train", "val"):
        for name in imagenette.CLASSES:
            folder = home / "imagenette2-320" / inside / name
            folder.mkdir(parents=True)
            pillow.new("RGB", (4, 4)).save(folder / "a.JPEG")
    return home / "imagenette2-320"


def test_clutter_in_imagenette_does_not_count(pictures):
    train = pictures / "train"
    for folder in (".ipynb_checkpoints", "__MACOSX", ".git"):
        (train / folder).mkdir()
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._a.JPEG"):
        (train / imagenette.CLASSES[0] / name).write_bytes(b"x")
    assert imagenette.get() == pictures and len(imagenette.list_pictures(pictures, "train")[0]) == 10


def test_imagenette_one_folder_too_deep(pictures, home):
    shutil.move(pictures, home / "moved")
    pictures.mkdir()
    shutil.move(home / "moved", pictures / "imagenette2-320")
    assert imagenette.place() == pictures / "imagenette2-320" == imagenette.get()


def test_other_classes_are_named(pictures):
    shutil.move(pictures / "train" / imagenette.CLASSES[0], pictures / "train" / "tench")
    with pytest.raises(ValueError, match=r"missing: n01440764; not one: tench"):
        imagenette.get()
