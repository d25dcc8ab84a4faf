"""Sets of small grey pictures in idx files: Fashion-MNIST (arXiv:1708.07747) and MNIST (LeCun et al. 1998)."""

import hashlib
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..reading import BadFile, read_gzip
from .download import check_digest, fetch
from .places import DataUnavailable, cache_folder, data_folder
from .source import ArraySource

TRAINING_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
LARGEST = 64_000_000
"""Bytes of the largest file, unpacked, and some more."""
TEST_FILES = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


@dataclass(frozen=True)
class IdxSet:
    """Where four idx files come from and what is in them.

    urls: addresses of the folder of the files, tried in order. checksums: SHA-256 of the decompressed content, as
    distributions pack the same content anew. torchvision: its name for the set's folder. system_folder: where an
    operating system's package puts them, and how it is installed.
    """

    title: str
    folder: str
    urls: tuple[str, ...]
    checksums: dict[str, str]
    torchvision: str
    system_folder: Path | None = None
    install: str = ""

    def locate(self, name):
        """Return the path of one file: FBBENCH_DATA, the system's folder, the cache or a download.

        Raises
        ------
        DataUnavailable
            If there is no copy and no network.
        ValueError
            If FBBENCH_DATA is set, but not to a folder.
        """
        path = self.find(name)
        if path is not None:
            return path
        try:
            return fetch(
                [url + name for url in self.urls],
                f"{self.folder}/{name}",
                check=lambda path: read_checked(path, self.checksums[name]),
            )
        except DataUnavailable as error:
            raise DataUnavailable(
                f"{self.title} is not on this machine and could not be downloaded ({error}): go online and run again, "
                f"or put its four files into a folder {self.folder} and set FBBENCH_DATA to the folder above it"
                f"{self.install}; looked for {name} in {', '.join(map(str, self.folders()))}"
            ) from None

    def checksums_text(self):
        """Return the checksums of the four files, decompressed, in words."""
        return "decompressed: " + ", ".join(f"{name.removesuffix('.gz')} {sum}" for name, sum in self.checksums.items())

    def find(self, name):
        """Return the path of one of the four files on this machine, or None; ValueError as :meth:`locate`."""
        names = (name, name.removesuffix(".gz"), name.removesuffix(".gz").replace("-idx", ".idx"))  # packed, or not
        paths = (folder / wanted for folder in self.folders() for wanted in names)
        return next((path for path in paths if path.is_file()), None)

    def folders(self):
        """Return the folders that files are looked for in: as people have them, torchvision's layout among them."""
        own, theirs = self.folder, self.torchvision
        layouts = (own, f"{own}/{own}", f"{theirs}/raw", theirs, f"{own}/{theirs}/raw", f"{own}/data/fashion")
        user = data_folder()
        found = [user / layout for layout in layouts] if user else []
        if user and user.name in (self.folder, self.torchvision):
            found += [user, user / "raw"]
        return [*found, *([self.system_folder] if self.system_folder else []), cache_folder() / self.folder]

    def place(self):
        """Return the folder of the training files, or None where they are not on this machine."""
        path = self.find(TRAINING_FILES[0])
        return path and path.parent

    def get(self):
        """Make sure that all four files are here and whole, downloaded if need be; return their folder."""
        for files in (TRAINING_FILES, TEST_FILES):
            self.read_part(files)
        return self.place()

    def read_part(self, files):
        """Return images (N, 784) uint8 and labels (N,) int64 of the two files of a part.

        Raises
        ------
        ValueError
            If a file is damaged, or a label is no class; the message names the file.
        """
        paths = [self.locate(name) for name in files]
        images, labels = (
            parse_idx(read_checked(path, self.checksums[name]), str(path))
            for name, path in zip(files, paths, strict=True)
        )
        if len(images) != len(labels):
            raise ValueError(f"{paths[0]} has {len(images)} images, but {paths[1]} has {len(labels)} labels")
        return images.reshape(len(images), -1), labels.astype(np.int64)

    def load(self, protocol="published"):
        """Return the official training images; with the ``strict`` protocol the official test images follow them."""
        parts = [TRAINING_FILES] if protocol == "published" else [TRAINING_FILES, TEST_FILES]
        images, labels = zip(*map(self.read_part, parts), strict=True)
        checksum = hashlib.sha256("".join(self.checksums[name] for files in parts for name in files).encode())
        return ArraySource(
            features=np.concatenate(images),
            labels=np.concatenate(labels),
            n_classes=10,
            checksum=checksum.hexdigest(),
            binarise="global",
            scale=(255.0, 0.1307, 0.3081),
            n_test=sum(map(len, labels[1:])),
        )


FASHION_MNIST = IdxSet(
    title="Fashion-MNIST",
    folder="fashion-mnist",
    urls=(
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    torchvision="FashionMNIST",
    checksums={
        "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    system_folder=Path("/usr/share/datasets/fashion-mnist"),
    install=", or on Debian and Ubuntu run `sudo apt install dataset-fashion-mnist`",
)

MNIST = IdxSet(
    title="MNIST",
    folder="mnist",
    urls=("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
    torchvision="MNIST",
    checksums={
        "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)


def read_checked(path, checksum):
    """Return the decompressed content of a file; ValueError if it is cut short or not the official content."""
    try:
        content = read_gzip(path, LARGEST)
    except BadFile as error:
        raise ValueError(f"{error}; delete it or replace it by the original") from None
    check_digest(path, hashlib.sha256(content).hexdigest(), checksum)
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
    if not 1 <= n_dimensions <= 32 or len(content) < start:
        raise ValueError(f"{name} ends inside its idx header")
    shape = struct.unpack(f">{n_dimensions}I", content[4:start])
    expected = math.prod(shape)
    if len(content) - start != expected or max(shape) > len(content):
        raise ValueError(
            f"{name} must hold {expected} bytes after its header for shape {shape}; got {len(content) - start}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
