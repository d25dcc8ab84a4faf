"""Imagenette (fast.ai): ten classes of ImageNet as folders of pictures, ``train/CLASS/*`` and ``val/CLASS/*``.

The official archive is the one of 320 pixels; copies of the same pictures at another size are taken as well and have
another checksum, which every row carries.
"""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..cores import available_cores
from .archives import archive_name, locate_unpacked
from .checked import remembered_checksum
from .pictures import Pictures, load_pillow
from .places import find

TITLE = "Imagenette"
URL = "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz"
N_BYTES = 341_663_724
CHECKSUM = "569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c"
FOLDERS = ("imagenette2-320", "imagenette2-224", "imagenette2", "imagenette2-160", "imagenette")
CLASSES = (
    "n01440764", "n02102040", "n02979186", "n03000684", "n03028079",
    "n03394916", "n03417042", "n03425413", "n03445777", "n03888257",
)  # fmt: skip
CLUTTER = ("thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db")
PARTS = {"train": ("train", 9_469), "test": ("val", 3_925)}
"""Official part -> (its folder, its number of pictures)."""


def locate():
    """Return the folder with ``train`` and ``val``; errors as :func:`archives.locate_unpacked`."""
    return locate_unpacked(TITLE, URL, CHECKSUM, FOLDERS, holds)


def place():
    """Return the folder or archive on this machine, or None."""
    return find(*FOLDERS, holds=holds) or find(archive_name(URL))


def holds(folder):
    """Return whether a folder has any of the parts' folders."""
    return any((folder / inside).is_dir() for inside, _ in PARTS.values())


def get():
    """Make sure that all pictures are here and decode, downloaded if need be; return their folder."""
    for part in PARTS:
        part_checksum(part)
    return locate()


def list_pictures(folder, part):
    """Return (files, labels) of a part, class by class, by name.

    Raises
    ------
    ValueError
        If classes or the number of pictures are not the official ones; the message names the folder.
    """
    inside, n_pictures = PARTS[part]
    place = Path(folder) / inside
    if not place.is_dir():
        raise ValueError(f"{place} is missing; {TITLE} must have the folders train and val")
    found = sorted(entry.name for entry in place.iterdir() if entry.is_dir() and not is_clutter(entry.name))
    if found != sorted(CLASSES):
        raise ValueError(f"{place} must hold the {len(CLASSES)} folders {', '.join(CLASSES)}{differing(found)}")
    files, labels = [], []
    for label, name in enumerate(CLASSES):
        names = sorted(e.path for e in os.scandir(place / name) if e.is_file() and not is_clutter(e.name))
        files += names
        labels += [label] * len(names)
    if len(files) != n_pictures:
        raise ValueError(f"{place} must hold {n_pictures} pictures; got {len(files)}: replace it by the original")
    return files, np.array(labels, dtype=np.int64)


def is_clutter(name):
    """Return whether a file or folder is what systems leave everywhere: hidden, or Windows' and macOS' own."""
    return name.startswith(".") or name.lower() in CLUTTER


def differing(found):
    """Return in words which folders of classes are missing, and which are there in place of them."""
    missing, other = sorted(set(CLASSES) - set(found)), sorted(set(found) - set(CLASSES))
    texts = [f"{what}: {', '.join(names[:5])}" for what, names in (("missing", missing), ("not one", other)) if names]
    return f" ({'; '.join(texts)})" if texts else ""


def decode(content, path):
    """Return the picture in a file's content in RGB; ValueError, naming the file, if it does not decode."""
    image = load_pillow()
    try:
        with image.open(io.BytesIO(content)) as picture:
            return picture.convert("RGB")
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError and its own for damaged files
        raise ValueError(f"{path} does not decode as a picture ({error}); replace it by the original") from None


def check_picture(path):
    """Return the SHA-256 (bytes) of a picture's file; ValueError, naming it, if it does not decode."""
    content = Path(path).read_bytes()
    decode(content, path)
    return hashlib.sha256(content).digest()


def part_checksum(part):
    """Return the SHA-256 over names and contents of a part's pictures, see :func:`pictures_checksum`."""
    return pictures_checksum(list_pictures(locate(), part)[0])


def pictures_checksum(files):
    """Return the SHA-256 over names and contents of pictures.

    Every picture is read and decoded the first time, and again where a file was touched since.
    """

    def compute():
        with ThreadPoolExecutor(available_cores()) as pool:
            sums = list(pool.map(check_picture, files))
        content = hashlib.sha256()
        for path, checksum in zip(files, sums, strict=True):
            content.update("/".join(Path(path).parts[-2:]).encode() + b"\0" + checksum)
        return content.hexdigest()

    return remembered_checksum("imagenette", files, compute)


def imagenette_pictures(part):
    """Return the :class:`Pictures` of a part, "train" or "test" (the folder ``val``)."""
    files, labels = list_pictures(locate(), part)
    return Pictures(
        labels, len(CLASSES), pictures_checksum(files), lambda i: decode(Path(files[i]).read_bytes(), files[i])
    )
