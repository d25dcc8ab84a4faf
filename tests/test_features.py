"""Pictures, their features on disk, and the bits made of them."""

import io
import tarfile

import numpy as np
import pytest

from fbbench.bits import unpack
from fbbench.datasets import alexnet, archives, cifar, feature_bits, features
from fbbench.datasets.pictures import Pictures
from fbbench.datasets.split import choose_rows


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FBBENCH_DATA", raising=False)


def write_tar(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_archive_is_unpacked_whole(tmp_path):
    write_tar(tmp_path / "a.tar.gz", {"top/x.bin": b"12", "top/deep/y.bin": b"3"})
    archives.unpack(tmp_path / "a.tar.gz", "top", tmp_path / "out")
    assert (tmp_path / "out" / "deep" / "y.bin").read_bytes() == b"3"


@pytest.mark.parametrize("name", ["../evil", "/evil", "top/../../evil"])
def test_archive_that_leads_out_is_refused(tmp_path, name):
    write_tar(tmp_path / "a.tar.gz", {"top/x": b"1", name: b"2"})
    with pytest.raises(ValueError, match=r"a\.tar\.gz.*leads out"):
        archives.unpack(tmp_path / "a.tar.gz", "top", tmp_path / "in" / "out")
    assert not list((tmp_path / "in").iterdir()) and not (tmp_path / "evil").exists()


def test_cut_archive_is_refused(tmp_path):
    write_tar(tmp_path / "a.tar.gz", {"top/x": bytes(range(256)) * 400})
    content = (tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="not a whole archive"):
        archives.unpack(tmp_path / "a.tar.gz", "top", tmp_path / "in" / "out")
    assert not list((tmp_path / "in").iterdir())


@pytest.mark.parametrize("known", [cifar.CIFAR10, cifar.CIFAR100])
@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda c: c[:-1], "records of"),
        (lambda c: b"", "records of"),
        (lambda c: b"\xff" * len(c), "label 255"),
        (lambda c: c, "official content"),
    ],
)
def test_damaged_cifar_file_is_named(tmp_path, known, spoil, message):
    path = tmp_path / "x.bin"
    path.write_bytes(spoil(bytes((known.n_labels + cifar.PIXELS) * 2)))
    with pytest.raises(ValueError, match=rf"x\.bin.*{message}"):
        cifar.read_records(path, known, "0" * 64)


def random_features(tmp_path, name, n_rows, n_features, seed):
    values = np.maximum(np.random.default_rng(seed).normal(size=(n_rows, n_features)), 0).astype(np.float16)
    folder = tmp_path / name
    folder.mkdir()
    np.save(folder / "features.npy", values)
    return features.StoredFeatures(folder, n_rows, n_features, 3, name), values


def test_bits_are_those_of_the_channel_medians(tmp_path):
    first, a = random_features(tmp_path, "a", 300, 72, 0)
    second, b = random_features(tmp_path, "b", 41, 72, 1)
    values = np.concatenate([a, b]).astype(np.float64)
    fit = np.random.default_rng(2).permutation(341)[:200]
    medians = np.repeat(np.median(values[fit].reshape(200, 8, 9), axis=(0, 2)), 9)
    path = feature_bits.packed_bits("set", [first, second], fit, 8)
    rows = np.random.default_rng(3).permutation(341)[:150]
    assert np.array_equal(unpack(feature_bits.read_bits(path, rows, 2), 72), np.where(values[rows] > medians, 1, -1))


def test_cut_features_are_refused(tmp_path):
    stored, _ = random_features(tmp_path, "a", 30, 8, 0)
    stored.path.write_bytes(stored.path.read_bytes()[:-2])
    with pytest.raises(ValueError, match="cut"):
        feature_bits.packed_bits("set", [stored], np.arange(30), 8)
    assert not list((tmp_path / "cache" / "bits").glob("*"))


def test_protocols():
    train, heldout, fit = choose_rows(70, 10, False, "published", 20, 42)
    assert sorted([*train, *heldout]) == list(range(60)) and len(heldout) == 20 and len(fit) == 60
    train, heldout, fit = choose_rows(70, 10, False, "strict", 20, 42)
    assert sorted(train) == sorted(fit) == list(range(60)) and list(heldout) == list(range(60, 70))
    train, heldout, fit = choose_rows(60, 0, False, "strict", 20, 42)
    assert sorted(fit) == sorted(train) and not set(train) & set(heldout)


@pytest.fixture
def pictures(monkeypatch):
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("torch")
    random = np.random.default_rng(0)
    arrays = {}
    for layer, shape in alexnet.SHAPES.items():
        arrays[f"{layer}.weight"] = random.normal(scale=np.prod(shape[1:]) ** -0.5, size=shape).astype(np.float32)
        arrays[f"{layer}.bias"] = np.zeros(shape[0], dtype=np.float32)
    monkeypatch.setattr(alexnet, "locate_weights", lambda: None)
    monkeypatch.setattr(alexnet, "read_weights", lambda path: arrays)
    monkeypatch.setattr(features, "BATCH", 2)
    pixels = random.integers(0, 256, size=(5, 8, 8, 3), dtype=np.uint8)
    return Pictures(np.arange(5) % 3, 3, "pictures", lambda i: image.fromarray(pixels[i]))


@pytest.mark.parametrize("last_pool, n_features", [((3, 2), 9216), ((5, 3), 2304)])
def test_stack_has_the_published_shapes(pictures, last_pool, n_features):
    stored = features.extract("set", "train", pictures, last_pool)
    assert stored.map().shape == (5, n_features) and stored.map().dtype == np.float16
    assert stored.labels().tolist() == [0, 1, 2, 0, 1]


def test_interrupted_extraction_ends_with_the_same_bytes(pictures, tmp_path, monkeypatch):
    class Stop(Exception):
        pass

    def stop(done, total):
        if done == 4:
            raise Stop

    with pytest.raises(Stop):
        features.extract("set", "train", pictures, (5, 3), report=stop)
    assert [p.suffix for p in (tmp_path / "cache" / "features").iterdir()] == [".part"]
    seen = []
    stored = features.extract("set", "train", pictures, (5, 3), report=lambda done, total: seen.append(done))
    assert seen == [5]
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "other"))
    whole = features.extract("set", "train", pictures, (5, 3))
    assert whole.path.read_bytes() == stored.path.read_bytes() and whole.checksum == stored.checksum


def test_full_disk_keeps_what_is_done(pictures, monkeypatch):
    monkeypatch.setattr(features.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 10}))
    with pytest.raises(OSError, match="FBBENCH_CACHE"):
        features.extract("set", "train", pictures)
