"""What lies in the cache, or in a caller's arrays, may change at any time: it is looked at again, not believed."""

import json
import os
import threading

import numpy as np
import pytest
from fbbench.baselines.float_mlp import FloatMLP
from fbbench.baselines.nearest_centroid import NearestCentroid
from fbbench.baselines.random_features import RandomFeatures

from fbbench import FullyBinaryNetwork, MajorityPerceptron
from fbbench.bits import pack
from fbbench.datasets import feature_bits, features
from fbbench.datasets.checked import remembered_checksum
from fbbench.network import ErrorPropagatingNetwork


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FBBENCH_DATA", raising=False)


@pytest.fixture
def stored(tmp_path):
    """Finished features as `extract` leaves them: 40 rows of 72, 8 channels."""
    folder = tmp_path / "set-train-0"
    folder.mkdir()
    values = np.maximum(np.random.default_rng(0).normal(size=(40, 72)), 0).astype(np.float16)
    labels = np.arange(40) % 3
    np.save(folder / "features.npy", values)
    np.save(folder / "labels.npy", labels)
    meta = {
        "n_rows": 40, "n_features": 72, "n_classes": 3,
        "checksum": features.content_checksum(labels, folder / "features.npy"),
    }  # fmt: skip
    (folder / "meta.json").write_text(json.dumps(meta))
    assert features.open_features(folder).checksum == meta["checksum"]
    return folder


def flip(path, offset, keep_times=False):
    before, content = path.stat(), bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)
    if keep_times:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("keep_times", [False, True])
@pytest.mark.parametrize("name, offset", [("features.npy", 1000), ("features.npy", -1), ("labels.npy", 128 + 8)])
def test_a_flipped_byte_in_features_is_found(stored, name, offset, keep_times):
    flip(stored / name, offset, keep_times)
    with pytest.raises(ValueError, match="does not hold whole features"):
        features.open_features(stored)


def test_other_labels_are_found(stored):
    np.save(stored / "labels.npy", (np.arange(40) + 1) % 3)
    with pytest.raises(ValueError, match="does not hold whole features"):
        features.open_features(stored)


@pytest.mark.parametrize("keep_times", [False, True])
def test_damaged_bits_are_computed_again(stored, keep_times):
    part = features.open_features(stored)
    path = feature_bits.packed_bits("set", [part], np.arange(40), 8)
    whole = path.read_bytes()
    for offset in (130, len(whole) - 9, 5):
        flip(path, offset, keep_times)
        again = feature_bits.packed_bits("set", [part], np.arange(40), 8)
        assert again == path and path.read_bytes() == whole
    feature_bits.checksum_file(path).unlink()  # as a cache of earlier versions has none
    path.write_bytes(whole[:-8] + bytes(8))
    assert feature_bits.packed_bits("set", [part], np.arange(40), 8).read_bytes() == whole


def test_untouched_files_are_read_once_and_damaged_notes_count_for_nothing(tmp_path):
    path, reads = tmp_path / "x", []
    path.write_text("content")

    def compute():
        reads.append(path.read_text())
        return f"{len(reads):064d}"

    assert remembered_checksum("x", [path], compute) == remembered_checksum("x", [path], compute) == f"{1:064d}"
    (note,) = (tmp_path / "cache" / "checked").iterdir()
    for damage in ('{"checksum": "0", "signature": "0"}', "[]", "{", '{"checksum": 5}', "[" * 5000):
        note.write_text(damage)
        assert remembered_checksum("x", [path], compute) == f"{len(reads):064d}"
    note.write_text(note.read_text().replace(f"{len(reads):064d}", "f" * 64))
    assert remembered_checksum("x", [path], compute) == f"{7:064d}"
    path.write_text("changed")
    assert remembered_checksum("x", [path], compute) == f"{8:064d}"


# ---- arrays of the caller ----


def prototypes(n, n_bits=100, seed=0):
    random = np.random.default_rng(seed)
    rows = random.choice(np.array([-1, 1], np.int8), (4, n_bits))
    y = np.arange(n) % 4
    return np.where(random.random((n, n_bits)) < 0.2, -rows[y], rows[y]), y


def trained_after_change(make, x, changed, y):
    """Return two estimators after an epoch on x and one on changed rows: in place in the same array, or in another."""
    in_place, fresh, array = make(), make(), x.copy()
    in_place.partial_fit(array, y, classes=np.unique(y))
    array[:] = changed
    in_place.partial_fit(array, y)
    fresh.partial_fit(x, y, classes=np.unique(y)).partial_fit(changed, y)
    return in_place, fresh


def test_float_mlp_sees_rows_that_changed_in_place():
    pytest.importorskip("torch")
    x, y = prototypes(200)
    other = prototypes(200, seed=1)[0]
    a, b = trained_after_change(lambda: FloatMLP((7,), epochs=2), x.astype(np.float32), other.astype(np.float32), y)
    assert a.training_accuracy_ == b.training_accuracy_
    for mine, theirs in zip(a.weights_, b.weights_, strict=True):
        assert (mine == theirs).all()
    seen = other.astype(np.float32)
    first = a.predict(seen)
    seen[:] = x
    assert (a.predict(seen) == a.predict(x.astype(np.float32))).all() and (first != a.predict(seen)).any()


def test_random_features_see_packed_rows_that_changed_in_place():
    x, y = prototypes(200)
    packed, other = pack(x), pack(prototypes(200, seed=1)[0])
    a, b = trained_after_change(lambda: RandomFeatures((70, 10), n_bits=100), packed, other, y)
    assert a.state_hash() == b.state_hash()


@pytest.mark.parametrize(
    "make",
    [
        lambda: FullyBinaryNetwork((300, 128, 64), 5, group_size=8, seed=1),
        lambda: ErrorPropagatingNetwork((300, 128, 64), 5, group_size=8, seed=1),
        lambda: MajorityPerceptron(300, 5, n_units=100, seed=1),
    ],
)
def test_labels_that_another_thread_changes_do_no_harm(make):
    """They are checked and used as one copy; before, the process crashed."""
    x = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (500, 300))
    y, stop = np.zeros(500, np.int32), threading.Event()

    def flicker():
        while not stop.is_set():
            y[:] = 2**30
            y[:] = 0

    thread = threading.Thread(target=flicker, daemon=True)
    thread.start()
    network, trained = make(), 0
    try:
        for _ in range(100):
            try:
                network.train_epoch(x, y)
                trained += 1
            except ValueError as error:
                assert "y must lie in 0 .. 4" in str(error)
    finally:
        stop.set()
        thread.join()
    assert network.predict(x).max() < 5


def test_labels_are_copied_before_they_are_checked():
    """The array that the kernels read is none that a caller can reach."""
    from fbbench.bits import check_samples

    y = np.zeros(10, np.int32)
    copied = check_samples(np.ones((10, 3), np.int8), y, 3, 2)[1]
    assert not np.shares_memory(copied, y)


def test_a_class_without_training_rows_is_never_the_nearest():
    x, y = prototypes(200)
    model = NearestCentroid().fit(x[y != 2], y[y != 2])
    partly = NearestCentroid().partial_fit(x[y != 2], y[y != 2], classes=np.arange(4))
    rows = np.concatenate([np.ones((50, 100), np.int8), np.random.default_rng(3).choice([-1, 1], (500, 100))])
    assert (partly.predict(rows) == model.predict(rows)).all() and 2 not in partly.predict(rows)
