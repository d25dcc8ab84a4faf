"""Pictures, their features on disk, and the bits made of them."""

import dataclasses
import hashlib
import io
import subprocess
import sys
import tarfile
import threading

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


def test_rows_that_are_not_fitted_on_may_fill_whole_chunks(tmp_path):
    first, a = random_features(tmp_path, "a", 600, 16, 0)
    second, b = random_features(tmp_path, "b", 300, 16, 1)
    path = feature_bits.packed_bits("set", [first, second], np.arange(600), 8)
    medians = np.repeat(np.median(a.astype(np.float64).reshape(600, 8, 2), axis=(0, 2)), 2)
    expected = np.where(np.concatenate([a, b]) > medians, 1, -1)
    assert np.array_equal(unpack(feature_bits.read_bits(path, np.arange(900), 1), 16), expected)


def test_cut_features_are_refused(tmp_path):
    stored, _ = random_features(tmp_path, "a", 30, 8, 0)
    stored.path.write_bytes(stored.path.read_bytes()[:-2])
    with pytest.raises(ValueError, match="cut"):
        feature_bits.packed_bits("set", [stored], np.arange(30), 8)
    assert not list((tmp_path / "cache" / "bits").glob("*"))


def test_protocols():
    train, heldout, fit = choose_rows(70, 10, False, "published", 20, 42)
    assert sorted([*train, *heldout]) == list(range(60)) and len(heldout) == 20 and len(fit) == 60
    tuning, validation, same_fit = choose_rows(70, 10, False, "validation", 20, 42)
    assert [*tuning, *validation] == list(train) and len(validation) == 8 and np.array_equal(fit, same_fit)
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


def test_training_never_holds_the_features(tmp_path):
    """What a run on stored features adds to memory: the bits, the network, and nothing of the floats."""
    script = """
import sys
from pathlib import Path
import numpy as np
from fbbench.baselines.protocol import Task, method_class
from fbbench.costs import total_bits
from fbbench.datasets.features import StoredFeatures
from fbbench.datasets.source import FeatureSource
from fbbench.datasets.split import split

N, D = 6000, 9216
folder = Path(sys.argv[1])
labels = np.arange(N) % 10
values = np.lib.format.open_memmap(folder / "features.npy", "w+", np.float16, (N, D))
random = np.random.default_rng(0)
for first in range(0, N, 500):
    values[first : first + 500] = random.integers(0, 50, size=(500, D), dtype=np.uint8)
del values
source = FeatureSource("set", (StoredFeatures(folder, N, D, 10, "x"),), 0, False, labels)
make = lambda: method_class("bmlp")(hidden_layers=[75, 75], n_bits=D)
warm = split("set", source, "published", 1000, 1)
make().partial_fit(warm.bits_train[:100], warm.y_train[:100], classes=range(10))
del warm
def peak():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
    return 1024 * int(line.split()[1])
Path("/proc/self/clear_refs").write_text("5")
before = peak()
rows = split("set", source, "published", 1000, 42)
method = make()
method.partial_fit(rows.bits_train, rows.y_train, classes=range(10)).predict(rows.bits_heldout)
ledger = total_bits(method.ledger(Task(len(rows.y_train), D, 10))) / 8
print(peak() - before, 1.1 * ledger + rows.bits_heldout.nbytes + 4e6)
"""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads the peak from /proc")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    if "clear_refs" in done.stderr:
        pytest.skip("this system does not let a process reset its own peak")
    assert done.returncode == 0, done.stderr
    grown, allowed = map(float, done.stdout.split())
    assert grown <= allowed < 30e6  # the floats are 110 MB


def test_two_processes_at_once_compute_once(pictures, monkeypatch):
    """The second waits for the first, then finds its work."""
    monkeypatch.setattr(features, "compute", counted := Counted(features.compute))
    threads = [threading.Thread(target=features.extract, args=("set", "train", pictures)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted.calls == 1


class Counted:
    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)


def test_fingerprint_of_three_real_pictures(real_data):
    """Features of the first three training pictures of CIFAR-10, measured with torch 2.13 and Pillow 13."""
    pytest.importorskip("torch")
    pytest.importorskip("PIL.Image")
    if not ((real_data / cifar.CIFAR10.folder).is_dir() and (real_data / alexnet.ARRAYS_FILE).is_file()):
        pytest.skip("CIFAR-10 or AlexNet's weights are not in FBBENCH_DATA")
    pictures = cifar.cifar_pictures(cifar.CIFAR10, "train")
    stack = alexnet.build_stack(alexnet.read_weights(real_data / alexnet.ARRAYS_FILE))
    pixels = np.stack([alexnet.prepare_picture(pictures.read(i)) for i in range(3)])
    found = alexnet.compute_features(stack, pixels)
    assert pictures.labels[:3].tolist() == [6, 9, 9]
    np.testing.assert_allclose(found.sum(axis=1), [3652.519, 4345.790, 3217.843], rtol=1e-3)
    assert found.argmax(axis=1).tolist() == [6479, 5820, 1728]
    np.testing.assert_allclose(found.max(axis=1), [9.981727, 11.170774, 7.644397], rtol=1e-3)
    means = found.reshape(3, 256, 36).mean(axis=2)[:, [0, 7, 100]]
    expected = [[0.31652, 0.02553, 0.44825], [0.60561, 0.05924, 0.14914], [0.34253, 0.07104, 1.11446]]
    np.testing.assert_allclose(means, expected, atol=1e-3)


def test_weights_that_are_not_alexnets_are_refused(tmp_path):
    arrays = {f"{n}.weight": np.zeros(s, np.float32) for n, s in alexnet.SHAPES.items()}
    arrays |= {f"{n}.bias": np.zeros(s[0], np.float32) for n, s in alexnet.SHAPES.items()}
    path = tmp_path / "w.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"w\.npz does not hold AlexNet's official weights"):
        alexnet.read_weights(path)
    np.savez(path, **{**arrays, "features.3.bias": np.zeros(3, np.float32)})
    with pytest.raises(ValueError, match=r"features\.3\.bias must have shape"):
        alexnet.read_weights(path)
    np.savez(path, x=np.zeros(3))
    with pytest.raises(ValueError, match="has no array"):
        alexnet.read_weights(path)
    path.write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(ValueError, match=r"w\.npz cannot be read"):
        alexnet.read_weights(path)
    np.save(tmp_path / "p.npy", np.array([object()], dtype=object), allow_pickle=True)
    (tmp_path / "p.npy").rename(path)
    with pytest.raises(ValueError, match="cannot be read"):
        alexnet.read_weights(path)
    (tmp_path / "w.pth").write_bytes(b"anything")
    with pytest.raises(ValueError, match=r"w\.pth does not hold the official content"):
        alexnet.read_weights(tmp_path / "w.pth")


def small_cifar(tmp_path, monkeypatch, known, n=6):
    """Official byte layout with n records a file, and a :class:`cifar.Cifar` that expects just these."""
    random = np.random.default_rng(1)
    folder = tmp_path / known.folder
    folder.mkdir(parents=True)
    parts, records = {}, {}
    for part, files in known.parts.items():
        parts[part], records[part] = {}, []
        for name in files:
            rows = random.integers(0, 256, size=(n, known.n_labels + cifar.PIXELS), dtype=np.uint8)
            rows[:, : known.n_labels] %= known.n_classes
            (folder / name).write_bytes(rows.tobytes())
            parts[part][name] = hashlib.sha256(rows.tobytes()).hexdigest()
            records[part].append(rows)
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path))
    return dataclasses.replace(known, parts=parts), {part: np.concatenate(rows) for part, rows in records.items()}


@pytest.mark.parametrize("known", [cifar.CIFAR10, cifar.CIFAR100])
@pytest.mark.parametrize("part", ["train", "test"])
def test_cifar_records_are_read_in_the_official_layout(tmp_path, monkeypatch, known, part):
    pytest.importorskip("PIL")
    known, records = small_cifar(tmp_path / "data", monkeypatch, known)
    pictures = cifar.cifar_pictures(known, part)
    rows = records[part]
    assert pictures.labels.tolist() == rows[:, known.n_labels - 1].tolist()  # CIFAR-100: the fine label, not the coarse
    for i in (0, len(rows) - 1):
        pixels = np.asarray(pictures.read(i))
        start = known.n_labels
        for x, y, plane in ((0, 0, 0), (31, 2, 1), (5, 31, 2)):
            assert pixels[y, x, plane] == rows[i, start + 1024 * plane + 32 * y + x]


def test_cifar_archive_in_the_users_folder_is_unpacked_to_the_cache(tmp_path, monkeypatch):
    pytest.importorskip("PIL")
    known, records = small_cifar(tmp_path / "made", monkeypatch, cifar.CIFAR100)
    (tmp_path / "data").mkdir()
    archive = tmp_path / "data" / known.archive
    files = {f"{known.folder}/{p.name}": p.read_bytes() for p in (tmp_path / "made" / known.folder).iterdir()}
    write_tar(archive, files)
    known = dataclasses.replace(known, checksum=hashlib.sha256(archive.read_bytes()).hexdigest())
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path / "data"))
    assert len(cifar.cifar_pictures(known, "train")) == len(records["train"])
    assert (tmp_path / "cache" / known.folder / "train.bin").is_file()
    assert [p.name for p in (tmp_path / "data").iterdir()] == [known.archive]  # the user's folder is only read
    flipped = bytearray(archive.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    archive.write_bytes(flipped)
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "other"))
    with pytest.raises(ValueError, match=r"tar\.gz does not hold the official content"):
        cifar.cifar_pictures(known, "train")
    assert not (tmp_path / "other" / known.folder).exists()


def test_a_disk_that_fills_up_on_the_way_keeps_what_is_done(pictures, tmp_path, monkeypatch):
    write, calls = features.write_all, []

    def fill(file, rows):
        calls.append(1)
        if len(calls) == 2:
            file.write(rows.tobytes()[:1000])  # a part of a row still fits
            raise OSError(28, "No space left on device")
        write(file, rows)

    monkeypatch.setattr(features, "write_all", fill)
    with pytest.raises(OSError, match="No space"):
        features.extract("set", "train", pictures, (5, 3))
    monkeypatch.setattr(features, "write_all", write)
    seen = []
    stored = features.extract("set", "train", pictures, (5, 3), report=lambda done, total: seen.append(done))
    assert seen == [4, 5]
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "other"))
    assert features.extract("set", "train", pictures, (5, 3)).checksum == stored.checksum


def test_a_picture_that_fails_on_the_way_is_named_and_the_rest_kept(pictures):
    def read(i):
        if i == 3:
            raise ValueError("x.JPEG does not decode")
        return pictures.read(i)

    with pytest.raises(ValueError, match=r"x\.JPEG"):
        features.extract("set", "train", dataclasses.replace(pictures, read=read))
    seen = []
    features.extract("set", "train", pictures, report=lambda done, total: seen.append(done))
    assert seen == [4, 5]


def test_a_damaged_features_folder_is_named(pictures):
    stored = features.extract("set", "train", pictures, (5, 3))
    stored.path.write_bytes(stored.path.read_bytes()[:-5])
    with pytest.raises(ValueError, match="does not hold whole features; delete that folder"):
        features.extract("set", "train", pictures, (5, 3))


def test_labels_that_do_not_fit_are_refused(pictures):
    stored = features.extract("set", "train", pictures, (5, 3))
    for labels in (np.zeros(4, np.int64), np.full(5, 9), np.zeros(5, np.float64)):
        np.save(stored.folder / "labels.npy", labels)
        with pytest.raises(ValueError, match="does not hold whole features"):
            features.open_features(stored.folder)
    (stored.folder / "labels.npy").write_bytes(b"")
    with pytest.raises(ValueError, match="does not hold whole features"):
        features.open_features(stored.folder)
