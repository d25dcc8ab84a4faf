"""Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747): found, downloaded, checked, parsed."""

import gzip
import hashlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from .download import fetch
from .places import DataUnavailable
from .source import ArraySource

URL = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""SHA-256 of the decompressed content: distributions pack the same content anew."""

TRAINING_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
TEST_FILES = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def locate(name):
    """Return the path of one of the four files: FBBENCH_DATA/fashion-mnist, Debian's folder, the cache or a download.

    Raises
    ------
    DataUnavailable
        If there is no copy and no network.
    ValueError
        If FBBENCH_DATA is set, but not to a folder.
    """
    folders = [SYSTEM_FOLDER]
    if os.environ.get("FBBENCH_DATA"):
        if not Path(os.environ["FBBENCH_DATA"]).is_dir():
            raise ValueError(f"FBBENCH_DATA must name a folder; {os.environ['FBBENCH_DATA']} is none")
        folders.insert(0, Path(os.environ["FBBENCH_DATA"]) / "fashion-mnist")
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    try:
        return fetch(URL + name, f"fashion-mnist/{name}", check=lambda path: read_checked(path, CHECKSUMS[name]))
    except DataUnavailable as error:
        raise DataUnavailable(
            "Fashion-MNIST is not on this machine and could not be downloaded "
            f"({error}): go online and run again, or put its four .gz files into a folder fashion-mnist and set "
            "FBBENCH_DATA to the folder above it, or on Debian and Ubuntu run `sudo apt install dataset-fashion-mnist`"
        ) from None


def read_checked(path, checksum):
    """Return the decompressed content of a file; ValueError if it is cut short or not the official content."""
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{path} is not a whole gzip file ({error}); delete it or replace it by the original"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise ValueError(
            f"{path} does not hold the official content (SHA-256 {found[:12]}.., expected {checksum[:12]}..); "
            "delete it or replace it by the original"
        )
    return content


def parse_idx(content, name="idx data"):
    """Parse an idx file of unsigned bytes.

    Returns
    -------
    ndarray of uint8, with the dimensions the header states

    Raises
    ------
    ValueError
        If the header is not one of unsigned bytes or the length does not fit it.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(f"{name} does not start with the header of an idx file of unsigned bytes")
    n_dimensions = content[3]
    start = 4 + 4 * n_dimensions
    if n_dimensions < 1 or len(content) < start:
        raise ValueError(f"{name} ends inside its idx header")
    shape = struct.unpack(f">{n_dimensions}I", content[4:start])
    expected = 1
    for size in shape:
        expected *= size
    if len(content) - start != expected:
        raise ValueError(
            f"{name} must hold {expected} bytes after its header for shape {shape}; got {len(content) - start}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def read_part(files):
    """Return images (N, 784) uint8 and labels (N,) int64 of the two files of a part."""
    images, labels = (
        parse_idx(read_checked(path, CHECKSUMS[name]), str(path))
        for name, path in zip(files, map(locate, files), strict=True)
    )
    return images.reshape(len(images), -1), labels.astype(np.int64)


def fashion_mnist(protocol="published"):
    """Return the 60 000 official training images, the ones the paper draws its 50 000 + 10 000 from.

    With the ``strict`` protocol the 10 000 official test images follow them.
    """
    parts = [TRAINING_FILES] if protocol == "published" else [TRAINING_FILES, TEST_FILES]
    images, labels = zip(*map(read_part, parts), strict=True)
    checksum = hashlib.sha256("".join(CHECKSUMS[name] for files in parts for name in files).encode()).hexdigest()
    return ArraySource(
        np.concatenate(images), np.concatenate(labels), 10, checksum, "global", (255.0, 0.1307, 0.3081),
        n_test=sum(map(len, labels[1:])),
    )  # fmt: skip
