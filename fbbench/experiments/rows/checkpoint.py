"""A training between two epochs, on disk: plain arrays, checked, bound to its cell and to the software that made it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...files import replacing
from ...reading import MODEL_BYTES, read_npz
from .environment import package_versions

FORMAT = "fbbench-checkpoint-2"
CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True)
class CheckpointFile:
    """Where a training is kept between epochs, and after how many seconds of training it is written again."""

    path: Path
    seconds: float = CHECKPOINT_SECONDS


def checkpoint_file(folder: Path, key: str, seconds: float = CHECKPOINT_SECONDS) -> CheckpointFile:
    """Return the :class:`CheckpointFile` of a cell in a folder of such files."""
    return CheckpointFile(Path(folder) / f"{key}.npz", seconds)


def write_checkpoint(path: Path, key: str, progress: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a checkpoint whole or not at all.

    Parameters
    ----------
    path : Path
    key : str
        The cell's.
    progress : dict of plain values
        What the runner has to remember: curves and times so far.
    arrays : dict of ndarray
        What the method's ``checkpoint()`` returned.
    """
    header = {
        "format": FORMAT,
        "key": key,
        "packages": package_versions(),
        "progress": progress,
        "content": content_hash(arrays, progress),
    }
    packed: dict[str, Any] = {f"method_{name}": array for name, array in arrays.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), **packed)


def read_checkpoint(path: Path, key: str) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Return (progress, arrays) of a cell's checkpoint.

    Returns
    -------
    None if there is none that this process could go on from exactly: no file, a damaged one, another cell's, or one
    that other versions of the packages wrote.

    Raises
    ------
    OSError
        If the file is there and cannot be read.
    """
    try:
        found = read_npz(path, MODEL_BYTES)
        header = json.loads(found.pop("header").tobytes())
        arrays = {name.removeprefix("method_"): array for name, array in found.items()}
        content = content_hash(arrays, header["progress"])
        expected = {"format": FORMAT, "key": key, "packages": package_versions(), "content": content}
        if any(header[name] != value for name, value in expected.items()):
            return None
        return header["progress"], arrays
    except FileNotFoundError:
        return None
    except OSError:
        raise
    except Exception:  # foreign bytes make the parsers of ZIP, NPY and JSON raise nearly anything
        return None


def content_hash(arrays: Mapping[str, np.ndarray], progress: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of named arrays, and of what the runner has to remember."""
    digest = hashlib.sha256(json.dumps(progress, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
