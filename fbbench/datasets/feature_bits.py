"""From stored features to packed bits: one median per channel, without ever holding the features in memory."""

import hashlib
import json

import numpy as np

from ..bits import pack, words_of
from ..files import replacing
from .checked import remembered_checksum
from .download import file_checksum
from .features import DTYPE
from .locks import locked
from .places import cache_folder
from .row_files import read_header, write_header

CHUNK = 256
"""Features rows read at once (4.7 MB at 9 216 features)."""

N_VALUES = 1 << 16


def chunks(stored):
    """Yield (first row, float16 rows) of stored features, read in order, not mapped."""
    with open(stored.path, "rb") as file:
        file.seek(read_header(stored.path, DTYPE)[1])
        for first in range(0, stored.n_rows, CHUNK):
            n_rows = min(CHUNK, stored.n_rows - first)
            rows = np.fromfile(file, dtype=DTYPE, count=n_rows * stored.n_features)
            if rows.size != n_rows * stored.n_features:
                raise ValueError(f"{stored.path} is cut; delete {stored.folder} and compute the features again")
            yield first, rows.reshape(n_rows, -1)


def channel_medians(parts, used, n_channels):
    """Return the exact median of every channel over some rows.

    float16 has only 65 536 values, so they are counted: memory does not grow with the rows.

    Parameters
    ----------
    parts : list of StoredFeatures
    used : ndarray (rows of all parts,) of bool
        The rows that count.
    n_channels : int
        Channels are runs of consecutive features of the same length.

    Returns
    -------
    ndarray (n_channels,) of float64

    Raises
    ------
    ValueError
        If a feature is not finite.
    """
    counts = np.zeros((n_channels, N_VALUES), dtype=np.int64)
    offset = 0
    for stored in parts:
        for first, rows in chunks(stored):
            rows = rows[used[offset + first : offset + first + len(rows)]]
            if not np.isfinite(rows).all():
                raise ValueError(f"{stored.path} holds a value that is not finite; compute the features again")
            codes = (
                np.ascontiguousarray(rows).view("<u2").reshape(len(rows), n_channels, stored.n_features // n_channels)
            )
            for channel in range(n_channels):
                found = np.bincount(codes[:, channel].ravel())  # as long as its largest value, a few thousand
                counts[channel, : len(found)] += found
        offset += stored.n_rows
    values = np.arange(N_VALUES, dtype=np.uint16).view(np.float16).astype(np.float64)
    finite = np.flatnonzero(np.isfinite(values))
    order = finite[np.argsort(values[finite], kind="stable")]
    ends = np.cumsum(counts[:, order], axis=1)
    n = int(ends[0, -1])
    if n == 0:
        raise ValueError("medians need at least one row")
    low, high = (values[order[np.argmax(ends > rank, axis=1)]] for rank in ((n - 1) // 2, n // 2))
    return (low + high) / 2


def packed_bits(name, parts, fit_rows, n_channels):
    """Return the path of the packed bits of all rows of ``parts``, computed and stored if they are not there yet.

    Parameters
    ----------
    name : str
        What the file in the cache begins with.
    parts : list of StoredFeatures
        Row numbers go on from one part to the next.
    fit_rows : ndarray of int
        Rows that the medians are taken over.
    n_channels : int

    Returns
    -------
    Path of an ``.npy`` file (rows, words) of uint64: feature > median of its channel gives +1, else -1
    """
    used = np.zeros(sum(stored.n_rows for stored in parts), dtype=bool)
    used[fit_rows] = True
    key = json.dumps([n_channels, [stored.checksum for stored in parts]]).encode() + np.packbits(used).tobytes()
    path = cache_folder() / "bits" / f"{name}-{hashlib.sha256(key).hexdigest()[:16]}.npy"
    if is_whole(path):
        return path
    with locked(path.name):
        if not is_whole(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            n_features = parts[0].n_features
            thresholds = np.repeat(channel_medians(parts, used, n_channels), n_features // n_channels)
            with replacing(path) as file:
                write_header(file, "<u8", (len(used), words_of(n_features)))
                for stored in parts:
                    for _, rows in chunks(stored):
                        file.write(pack(np.where(rows > thresholds, np.int8(1), np.int8(-1))).tobytes())
            with replacing(checksum_file(path), mode="w") as file:
                file.write(file_checksum(path) + "\n")
    return path


def checksum_file(path):
    """Return the file beside some packed bits that holds their SHA-256."""
    return path.with_suffix(".sha256")


def is_whole(path):
    """Return whether packed bits are there and are those that were computed; they are computed again where not."""
    try:
        expected = checksum_file(path).read_text(encoding="ascii").strip()
        return remembered_checksum(path.stem, [path], lambda: file_checksum(path)) == expected
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def read_bits(path, rows, n_words):
    """Return rows of a file of packed bits in the order asked for, (len(rows), n_words) uint64; nothing is mapped."""
    found = np.empty((len(rows), n_words), dtype=np.uint64)
    order = np.argsort(rows, kind="stable")
    in_order = np.asarray(rows)[order]
    step = 4096
    try:
        (n_rows, width), start = read_header(path, "<u8")
    except ValueError as error:
        raise ValueError(f"{path} is not a file of packed bits ({error}); delete it and run again") from None
    if width != n_words or path.stat().st_size != start + 8 * n_rows * n_words:
        raise ValueError(f"{path} does not hold {n_words} words a row; delete it and run again")
    with open(path, "rb") as file:
        for first in range(0, n_rows, step):
            low, high = np.searchsorted(in_order, (first, first + step))
            if low < high:
                file.seek(start + 8 * n_words * first)
                block = np.fromfile(file, dtype="<u8", count=n_words * min(step, n_rows - first)).reshape(-1, n_words)
                found[order[low:high]] = block[in_order[low:high] - first]
    return found
