"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) from the official binary files; the Python ones are pickles, never read."""

import hashlib
from dataclasses import dataclass

import numpy as np

from .archives import archive_name, locate_unpacked
from .download import check_file
from .pictures import Pictures, load_pillow
from .places import DataUnavailable, find

PIXELS = 3072
"""A record is its labels, then 32 x 32 red, green and blue bytes, plane by plane, row by row."""


@dataclass(frozen=True)
class Cifar:
    """One of the two sets: where its files come from and what is in them.

    pickled: names of the Python version's folder and archive. n_labels: label bytes of a record; the last of them is
    the class (CIFAR-100 has the coarse label before the fine).
    """

    title: str
    folder: str
    url: str
    n_bytes: int
    checksum: str
    pickled: tuple[str, ...]
    n_labels: int
    n_classes: int
    parts: dict[str, dict[str, str]]

    @property
    def archive(self):
        """The official archive's file name."""
        return archive_name(self.url)

    def place(self):
        """Return the folder or archive on this machine, or None."""
        return find(*self.folders, holds=self.holds) or find(self.archive)

    @property
    def folders(self):
        """Names that the folder of the official files may have: alone, or in one named after the set."""
        return self.folder, *(f"{name}/{self.folder}" for name in (self.title, self.title.lower(), self.short))

    @property
    def short(self):
        """The set's name in one word of small letters."""
        return self.title.lower().replace("-", "")

    def holds(self, folder):
        """Return whether a folder has any of the official files."""
        return any((folder / name).is_file() for files in self.parts.values() for name in files)

    def locate(self):
        """Return the folder of the official files; errors as :func:`archives.locate_unpacked`."""
        try:
            return locate_unpacked(self.title, self.url, self.checksum, self.folders, self.holds)
        except DataUnavailable as error:
            pickled = find(*self.pickled)
            if pickled is None:
                raise
            raise DataUnavailable(
                f"{error}. {pickled} is the Python version of {self.title} (torchvision keeps that, too): pickles, "
                f"which can run code, so they are never read; the binary version is needed, {self.url}"
            ) from None

    def get(self):
        """Make sure that all files are here and whole, downloaded if need be; return their folder."""
        for part in self.parts:
            read_part(self, part)
        return self.locate()

    def part_checksum(self, part):
        """Return the SHA-256 over the checksums of a part's files: what identifies its pictures."""
        return hashlib.sha256("".join(self.parts[part].values()).encode()).hexdigest()


CIFAR10 = Cifar(
    title="CIFAR-10",
    folder="cifar-10-batches-bin",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    n_bytes=170_052_171,
    checksum="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    pickled=("cifar-10-batches-py", "cifar-10-python.tar.gz"),
    n_labels=1,
    n_classes=10,
    parts={
        "train": {
            "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
        },
        "test": {"test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
    },
)

CIFAR100 = Cifar(
    title="CIFAR-100",
    folder="cifar-100-binary",
    url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    n_bytes=168_513_733,
    checksum="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    pickled=("cifar-100-python", "cifar-100-python.tar.gz"),
    n_labels=2,
    n_classes=100,
    parts={
        "train": {"train.bin": "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"},
        "test": {"test.bin": "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"},
    },
)


def read_records(path, cifar, checksum):
    """Return the records of one binary file, mapped, not read: (N, n_labels + 3072) uint8.

    Raises
    ------
    ValueError
        If the file is missing, cut, holds a label that is no class, or is not the official content.
    """
    size = cifar.n_labels + PIXELS
    if not path.is_file():
        raise ValueError(f"{path} is missing; put the whole official folder {cifar.folder} there")
    n_bytes = path.stat().st_size
    if n_bytes == 0 or n_bytes % size:
        raise ValueError(
            f"{path} must hold records of {size} bytes; it has {n_bytes} bytes: replace it by the original"
        )
    records = np.memmap(path, dtype=np.uint8, mode="r").reshape(-1, size)
    top = int(records[:, cifar.n_labels - 1].max())
    if top >= cifar.n_classes:
        raise ValueError(f"{path} holds the label {top}, but {cifar.title} has the classes 0 .. {cifar.n_classes - 1}")
    check_file(path, checksum)
    return records


def read_part(cifar, part):
    """Return the records of every file of a part, "train" or "test"; errors as :func:`read_records`."""
    folder = cifar.locate()
    return [read_records(folder / name, cifar, checksum) for name, checksum in cifar.parts[part].items()]


def cifar_pictures(cifar, part):
    """Return the :class:`Pictures` of a part, "train" or "test"."""
    records = read_part(cifar, part)
    labels = np.concatenate([r[:, cifar.n_labels - 1] for r in records]).astype(np.int64)
    starts = np.cumsum([0, *(len(r) for r in records)])
    image = load_pillow()

    def read(i):
        file = int(np.searchsorted(starts, i, side="right")) - 1
        planes = records[file][i - starts[file], cifar.n_labels :].reshape(3, 32, 32)
        return image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0)))

    return Pictures(labels, cifar.n_classes, cifar.part_checksum(part), read)
