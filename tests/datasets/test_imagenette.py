"""Imagenette's folders: read in a fixed order, refused when classes, number or content are wrong."""

import os

import numpy as np
import pytest

from fbbench.datasets import imagenette

image = pytest.importorskip("PIL.Image")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The official layout with two tiny pictures a class in train and one in val."""
    monkeypatch.setenv("FBBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FBBENCH_DATA", str(tmp_path))
    monkeypatch.setattr(imagenette, "PARTS", {"train": ("train", 20), "test": ("val", 10)})
    random = np.random.default_rng(0)
    for part, count in (("train", 2), ("val", 1)):
        for name in imagenette.CLASSES:
            place = tmp_path / "imagenette2-320" / part / name
            place.mkdir(parents=True)
            for i in range(count):
                pixels = random.integers(0, 256, size=(40, 60, 3), dtype=np.uint8)
                image.fromarray(pixels).save(place / f"{i}.JPEG")
    return tmp_path / "imagenette2-320"


def test_pictures_come_class_by_class(folder):
    pictures = imagenette.imagenette_pictures("train")
    assert pictures.labels.tolist() == [c for c in range(10) for _ in range(2)]
    assert pictures.read(3).size == (60, 40) and pictures.read(3).mode == "RGB"
    assert len(imagenette.imagenette_pictures("test")) == 10


def test_hidden_files_do_not_count_and_grey_pictures_become_rgb(folder):
    (folder / "train" / imagenette.CLASSES[0] / ".DS_Store").write_bytes(b"x")
    path = folder / "train" / imagenette.CLASSES[0] / "0.JPEG"
    image.new("L", (9, 9)).save(path)
    assert imagenette.imagenette_pictures("train").read(0).mode == "RGB"


def test_checksum_follows_the_content(folder):
    before = imagenette.part_checksum("train")
    assert imagenette.part_checksum("train") == before != imagenette.part_checksum("test")
    path = folder / "train" / imagenette.CLASSES[0] / "0.JPEG"
    os.utime(path, (1, 1))
    assert imagenette.part_checksum("train") == before
    image.new("RGB", (9, 9)).save(path)
    assert imagenette.part_checksum("train") != before


def test_a_picture_that_does_not_decode_is_named(folder):
    path = folder / "train" / imagenette.CLASSES[4] / "1.JPEG"
    path.write_bytes(path.read_bytes()[:400])
    for _ in range(2):
        with pytest.raises(ValueError, match=r"n03028079/1\.JPEG does not decode"):
            imagenette.imagenette_pictures("train")


def test_wrong_class_count(folder):
    (folder / "train" / "n99999999").mkdir()
    with pytest.raises(ValueError, match=r"train must hold the 10 folders .*not one: n99999999"):
        imagenette.imagenette_pictures("train")


def test_wrong_number_of_pictures(folder):
    (folder / "val" / imagenette.CLASSES[0] / "0.JPEG").unlink()
    with pytest.raises(ValueError, match=r"val must hold 10 pictures; got 9"):
        imagenette.imagenette_pictures("test")
    (folder / "val").rename(folder / "valid")
    with pytest.raises(ValueError, match="val is missing"):
        imagenette.imagenette_pictures("test")
