"""Data sets: found where the README says, checked, refused when damaged; splits are as the protocol says."""

import dataclasses
import gzip
import hashlib
import struct

import numpy as np
import pytest
import requests
from hypothesis import assume, given
from hypothesis import strategies as st

from fbbench import datasets
from fbbench.bits import unpack
from fbbench.datasets import DataUnavailable, download, idx_sets, random_prototypes


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@given(shape=st.lists(st.integers(0, 6), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_idx_round_trip(shape, seed):
    array = np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)
    assert np.array_equal(idx_sets.parse_idx(idx(array)), array)


@given(content=st.binary(max_size=60))
def test_idx_of_anything_is_an_array_or_a_clear_error(content):
    try:
        parsed = idx_sets.parse_idx(content, "file.gz")
    except ValueError as error:
        assert "file.gz" in str(error)
    else:
        assert idx(parsed) == content


@given(cut=st.integers(0, 12), extra=st.binary(max_size=30))  # the header stays
def test_idx_of_the_wrong_length(cut, extra):
    content = idx(np.arange(12, dtype=np.uint8).reshape(3, 4))
    assume(cut != len(extra))
    with pytest.raises(ValueError):
        idx_sets.parse_idx(content[: len(content) - cut] + extra)


@pytest.fixture
def small_files(tmp_path, monkeypatch):
    """Fashion-MNIST's layout with 12 tiny images, and their checksums in place of the official ones."""
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    arrays = {
        "train-images-idx3-ubyte.gz": random.integers(0, 256, size=(12, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte.gz": (np.arange(12) % 10).astype(np.uint8),
    }
    checksums = dict(idx_sets.FASHION_MNIST.checksums)
    for name, array in arrays.items():
        (folder / name).write_bytes(gzip.compress(idx(array)))
        checksums[name] = hashlib.sha256(idx(array)).hexdigest()
    known = dataclasses.replace(idx_sets.FASHION_MNIST, checksums=checksums, system_folder=tmp_path / "no-system-copy")
    monkeypatch.setattr(idx_sets, "FASHION_MNIST", known)
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    return folder, arrays


def test_found_in_the_named_folder(small_files):
    source = idx_sets.FASHION_MNIST.load()
    assert np.array_equal(source.features, small_files[1]["train-images-idx3-ubyte.gz"].reshape(12, 784))
    assert source.labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_packed_anew_is_still_the_same_content(small_files):
    path = small_files[0] / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1, mtime=12345))
    idx_sets.FASHION_MNIST.load()


def test_the_systems_folder_comes_after_the_named_one(small_files, monkeypatch, tmp_path):
    folder = small_files[0]
    system = tmp_path / "no-system-copy"
    folder.rename(system)
    assert idx_sets.FASHION_MNIST.locate("train-images-idx3-ubyte.gz") == system / "train-images-idx3-ubyte.gz"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"")
    assert idx_sets.FASHION_MNIST.locate("train-images-idx3-ubyte.gz") == folder / "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty", "foreign"])
def test_a_damaged_file_is_named(small_files, spoil):
    path = small_files[0] / "train-images-idx3-ubyte.gz"
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "flip": content[:-1000] + bytes([content[-1000] ^ 4]) + content[-999:],
            "empty": b"",
            "foreign": gzip.compress(b"something else"),
        }[spoil]
    )
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz .*delete it"):
        idx_sets.FASHION_MNIST.load()


class Server:
    """Stands in for the network."""

    def __init__(self, content=None, error=None):
        self.content, self.error, self.asked = content, error, []

    def __call__(self, url, output_file, _pooch):
        self.asked.append(url)
        if self.content is not None:
            with open(output_file, "wb") as file:
                file.write(self.content)
        if self.error:
            raise self.error


def serve(monkeypatch, server):
    monkeypatch.setattr(download.pooch, "HTTPDownloader", lambda **_: server)


def test_download_is_checked_kept_and_not_repeated(small_files, monkeypatch):
    folder = small_files[0]
    path = folder / "train-labels-idx1-ubyte.gz"
    server = Server(path.read_bytes())
    path.unlink()
    serve(monkeypatch, server)
    for _ in range(2):
        assert len(idx_sets.FASHION_MNIST.load().labels) == 12
    assert server.asked == [idx_sets.FASHION_MNIST.urls[0] + "train-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize(
    "server",
    [
        Server(error=requests.exceptions.ConnectionError("no network")),
        Server(content=b"half", error=requests.exceptions.ReadTimeout()),
        Server(content=gzip.compress(b"an error page")),
        Server(error=OSError(28, "No space left on device")),
    ],
)
def test_a_failed_download_leaves_nothing_and_says_the_three_ways(small_files, monkeypatch, tmp_path, server):
    (small_files[0] / "train-labels-idx1-ubyte.gz").unlink()
    serve(monkeypatch, server)
    with pytest.raises(DataUnavailable, match=r"(?s)go online.*FBBENCH_DATA.*apt install dataset-fashion-mnist"):
        idx_sets.FASHION_MNIST.load()
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"]


def test_an_interrupted_download_leaves_nothing(small_files, monkeypatch, tmp_path):
    (small_files[0] / "train-labels-idx1-ubyte.gz").unlink()
    serve(monkeypatch, Server(content=b"half", error=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        idx_sets.FASHION_MNIST.load()
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"]


def test_prototypes_follow_the_recipe():
    source = random_prototypes()
    assert source.features.shape == (12_000, 1000) and source.is_binary
    assert set(np.unique(source.features)) == {-1, 1}
    assert np.bincount(source.labels).tolist() == [1200] * 10
    assert len(np.unique(np.packbits(source.features > 0, axis=1), axis=0)) == 12_000
    # A class's mean is its pattern times 1 - 2 p = 0.12.
    means = np.stack([source.features[source.labels == c].mean(axis=0) for c in range(10)])
    assert abs(np.abs(means).mean() - 0.12) < 0.005
    patterns = np.sign(means)
    assert np.abs(patterns @ patterns.T / 1000 - np.eye(10)).max() < 0.15


def test_prototypes_are_always_the_same():
    assert random_prototypes().checksum == datasets.load("random_prototypes").checksum
    assert random_prototypes(generator_seed=43).checksum != random_prototypes().checksum


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"n_samples": 1}, "n_samples"),
        ({"n_features": 0}, "n_features"),
        ({"n_classes": 1}, "n_classes"),
        ({"flip_probability": 1.5}, "flip_probability"),
        ({"flip_probability": float("nan")}, "flip_probability"),
        ({"n_samples": 100, "n_features": 3}, "distinct"),
    ],
)
def test_bad_prototypes(arguments, message):
    with pytest.raises(ValueError, match=message):
        random_prototypes(**arguments)


@pytest.mark.parametrize("name", ["random_prototypes", "digits"])
def test_split(name):
    known, source, split = datasets.describe(name), datasets.load(name), datasets.prepare(name, 42)
    assert (len(split.y_train), len(split.y_heldout)) == (known.n_train, known.n_heldout)
    assert split.n_features == known.n_features and split.n_classes == known.n_classes
    rows = np.concatenate([unpack(split.bits_train, split.n_features), unpack(split.bits_heldout, split.n_features)])
    assert len(rows) == len(source.labels)
    assert np.array_equal(np.bincount(np.concatenate([split.y_train, split.y_heldout])), np.bincount(source.labels))
    other = datasets.prepare(name, 43)
    assert not np.array_equal(other.y_train, split.y_train)
    assert split.encoder_saw_heldout == (name == "digits")  # prototypes are bits, nothing is fitted


def test_the_encoder_never_sees_held_out_rows():
    split = datasets.prepare("digits", 42, "strict")
    raw_train = split.source.features[split.rows_train]
    expected = np.where(raw_train > np.median(raw_train, axis=0), 1, -1)
    assert np.array_equal(unpack(split.bits_train, 64), expected)
    assert "training rows" in split.encoder


def test_fashion_mnist_split(real_fashion_mnist):
    split = datasets.prepare("fashion_mnist", 42)
    assert (len(split.y_train), len(split.y_heldout), split.n_features) == (50_000, 10_000, 784)
    scaled = split.floats_train(np.arange(split.n_train))
    assert scaled.dtype == np.float32
    assert abs(scaled.mean() - (0.2860 - 0.1307) / 0.3081) < 0.01  # the set's mean pixel is 0.2860


def test_unknown_names():
    with pytest.raises(ValueError, match="there is no data set"):
        datasets.load("fashion")
    with pytest.raises(ValueError, match="protocol must be one of"):
        datasets.prepare("digits", 42, protocol="best")


def test_prototypes_of_any_size():
    split = datasets.prepare("random_prototypes:train=300:heldout=50:features=70:classes=4:flip=0.1", 1)
    assert split.bits_train.shape == (300, 2) and len(split.y_heldout) == 50 and split.n_classes == 4
    known = datasets.describe("random_prototypes:flip=0.46")
    assert (known.n_train, known.n_heldout, known.n_features) == (10_000, 2_000, 1000)


@pytest.mark.parametrize(
    "rest, message",
    [
        ("size=3", "key must be"),
        ("train=x", "must be a number"),
        ("train=0", "at least 1"),
        ("flip=2", "flip lie in"),
        ("", "key must be"),
    ],
)
def test_bad_sizes_of_prototypes(rest, message):
    with pytest.raises(ValueError, match=message):
        datasets.describe("random_prototypes:" + rest)
