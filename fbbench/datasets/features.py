"""AlexNet features of pictures, computed once and kept in the cache: resumable, whole or not there.

A finished part of a data set is a folder ``features/NAME-PART-KEY`` with

- ``features.npy``: (N, D) float16, made to be memory-mapped;
- ``labels.npy``: (N,) int64;
- ``meta.json``: where they come from and the SHA-256 of the features.

While it is computed it is called ``...part`` and has a ``progress.json``. Batches are cut at fixed rows, so an
interrupted extraction ends with the same bytes as one that was left alone.
"""

import concurrent.futures
import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..cores import available_cores
from ..files import replacing
from ..reading import read_json, read_npy
from . import alexnet
from .checked import is_numbered, remembered_checksum
from .locks import locked
from .places import cache_folder
from .row_files import read_header, write_header

RECIPE = "alexnet 1: PIL bilinear to 224 x 224, ImageNet normalisation, float16"
"""Changed when the same pictures would give other features."""

BATCH = 64
SECONDS_BETWEEN_SAVES = 5.0
DTYPE = "<f2"


@dataclass(frozen=True)
class StoredFeatures:
    """A finished folder of features.

    Attributes
    ----------
    folder : Path
    n_rows, n_features, n_classes : int
    checksum : str
        SHA-256 of features and labels. Features computed on other processors differ in their last digits, and with
        them this sum.
    """

    folder: Path
    n_rows: int
    n_features: int
    n_classes: int
    checksum: str

    @property
    def path(self):
        """The float16 features (N, D), an ``.npy`` file."""
        return self.folder / "features.npy"

    def labels(self):
        """Return the labels (N,) int64."""
        path = self.folder / "labels.npy"
        with open(path, "rb") as file:
            return read_npy(file, path, path.stat().st_size)

    def files(self):
        """Return the files that the checksum is of."""
        return [self.path, self.folder / "labels.npy"]

    def content_checksum(self):
        """Return the SHA-256 that the files have now; whoever trusts ``checksum`` compares."""
        return content_checksum(self.labels(), self.path)

    def map(self):
        """Return the features (N, D) float16, memory-mapped."""
        return np.load(self.path, mmap_mode="r", allow_pickle=False)


def content_checksum(labels, path):
    """Return the SHA-256 (hex) of labels (N,) int64 and a file of features."""
    digest = hashlib.sha256(labels.tobytes())
    with open(path, "rb") as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
    return digest.hexdigest()


def folder_name(name, part, pictures_checksum, last_pool):
    """Return the folder's name, which tells everything that decides the features."""
    key = json.dumps([RECIPE, alexnet.WEIGHTS_CHECKSUM, pictures_checksum, list(last_pool)])
    return f"{name}-{part}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def unfinished(folder):
    """Return the name of a folder of features while they are computed."""
    return folder.with_name(folder.name + ".part")


def open_features(folder):
    """Return the :class:`StoredFeatures` in a finished folder, or None if there is none. All of it is read and checked,
    again where a file was touched since.

    Raises
    ------
    ValueError
        If the folder is there, but not whole, or not what was computed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return None
    try:
        meta = read_json(folder / "meta.json")
        stored = StoredFeatures(folder, *(meta[key] for key in ("n_rows", "n_features", "n_classes", "checksum")))
        if not all(type(size) is int for size in (stored.n_rows, stored.n_features, stored.n_classes)):
            raise ValueError("sizes must be whole numbers")
        header, start = read_header(stored.path, DTYPE)
        n_bytes = start + 2 * stored.n_rows * stored.n_features
        labels = stored.labels()
        found = remembered_checksum(folder.name, stored.files(), stored.content_checksum)
        whole = (
            header == (stored.n_rows, stored.n_features)
            and stored.path.stat().st_size == n_bytes
            and labels.shape == (stored.n_rows,)
            and labels.dtype == np.int64
            and is_numbered(labels, stored.n_classes)
            and found == stored.checksum
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        whole = False
    if not whole:
        raise ValueError(f"{folder} does not hold whole features; delete that folder and compute them again")
    return stored


def check_room(folder, n_bytes):
    """Raise OSError if the disk of ``folder`` has not ``n_bytes`` left."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise OSError(
            f"{folder} has {free / 1e9:.1f} GB left, {n_bytes / 1e9:.1f} GB are needed; make room, or set "
            "FBBENCH_CACHE to a folder on another disk"
        )


def extract(name, part, pictures, last_pool=(3, 2), *, n_threads=None, report=lambda done, total: None):
    """Compute the features of pictures, or go on where an earlier call stopped, and return them.

    Parameters
    ----------
    name, part : str
        What the folder in the cache is called.
    pictures : Pictures
    last_pool : (int, int)
        Kernel and stride of the last max-pool.
    n_threads : int, optional
        Default: all usable cores.
    report : callable
        Gets (rows done, rows in all) after every batch.

    Returns
    -------
    StoredFeatures

    Raises
    ------
    ValueError
        If a picture does not decode (the message names it); rows done before it are kept.
    OSError
        If the disk is full; rows done are kept.
    """
    target = cache_folder() / "features" / folder_name(name, part, pictures.checksum, last_pool)
    with locked(target.name):
        stored = open_features(target)
        if stored is None:
            work = unfinished(target)
            work.mkdir(parents=True, exist_ok=True)
            stack = alexnet.build_stack(alexnet.read_weights(alexnet.locate_weights()), last_pool)
            compute(work, pictures, stack, last_pool, n_threads or available_cores(), report)
            finish(work, target, pictures, alexnet.n_features(last_pool))
            stored = open_features(target)
    return stored


def compute(work, pictures, stack, last_pool, n_threads, report):
    """Append the rows that are missing to ``work/features.npy``, saving progress every few seconds."""
    torch = alexnet.load_torch()
    total, n_features = len(pictures), alexnet.n_features(last_pool)
    path = work / "features.npy"
    threads_before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        with open_rows(path, total, n_features) as file, concurrent.futures.ThreadPoolExecutor(n_threads) as pool:
            start = file.tell()
            done = saved = rows_done(work, path, start, n_features)
            file.seek(start + 2 * done * n_features)
            check_room(work, start + 2 * total * n_features - path.stat().st_size)
            clock = time.monotonic()
            coming = submit(pool, pictures, done)
            try:
                while done < total:
                    pixels = np.stack([future.result() for future in coming])
                    coming = submit(pool, pictures, done + BATCH)
                    write_all(file, alexnet.compute_features(stack, pixels).astype(DTYPE))
                    done += len(pixels)
                    report(done, total)
                    if time.monotonic() - clock > SECONDS_BETWEEN_SAVES:
                        save_progress(work, file, done)
                        saved, clock = done, time.monotonic()
            finally:
                for future in coming:
                    future.cancel()
                if done > saved:
                    save_progress(work, file, done)
    finally:
        torch.set_num_threads(threads_before)


def submit(pool, pictures, start):
    """Have the batch that begins at row ``start`` read and resized in the background; return its futures."""
    rows = range(start, min(start + BATCH, len(pictures)))
    return [pool.submit(lambda i: alexnet.prepare_picture(pictures.read(i)), i) for i in rows]


def open_rows(path, n_rows, n_features):
    """Open an ``.npy`` file of float16 rows without a buffer, at its first row; start it anew if it is another's."""
    try:
        shape, start = read_header(path, DTYPE)
        if shape == (n_rows, n_features):
            file = open(path, "r+b", buffering=0)  # noqa: SIM115 (the caller closes it)
            file.seek(start)
            return file
    except (OSError, ValueError):
        pass
    file = open(path, "w+b", buffering=0)  # noqa: SIM115
    write_header(file, DTYPE, (n_rows, n_features))
    return file


def noted_rows(work):
    """Return the number of rows that an unfinished folder says it holds."""
    try:
        return int(read_json(work / "progress.json")["rows"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return 0


def rows_done(work, path, start, n_features):
    """Return the number of rows that an unfinished folder holds safely, a multiple of a batch."""
    rows = noted_rows(work)
    return rows if 0 <= start + 2 * rows * n_features <= path.stat().st_size else 0


def save_progress(work, file, rows):
    """Have what was written reach the disk, then note that it is there."""
    os.fsync(file.fileno())
    with replacing(work / "progress.json", mode="w") as progress:
        json.dump({"rows": rows}, progress)


def write_all(file, rows):
    """Write an array to an unbuffered file, all of it."""
    left = memoryview(rows.tobytes())
    while left:
        left = left[file.write(left) :]


def finish(work, target, pictures, n_features):
    """Add labels and description to a complete ``work`` folder and give it its name."""
    with replacing(work / "labels.npy") as file:
        np.save(file, pictures.labels, allow_pickle=False)
    meta = {
        "recipe": RECIPE,
        "weights": alexnet.WEIGHTS_CHECKSUM,
        "pictures": pictures.checksum,
        "n_rows": len(pictures),
        "n_features": n_features,
        "n_classes": pictures.n_classes,
        "checksum": content_checksum(pictures.labels, work / "features.npy"),
    }
    with replacing(work / "meta.json", mode="w") as file:
        json.dump(meta, file, indent=1)
    (work / "progress.json").unlink()
    os.replace(work, target)
