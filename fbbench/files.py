"""Files that are written whole or not at all."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path


@contextlib.contextmanager
def replacing(path, mode="wb"):
    """Open a temporary file beside ``path`` and rename it to ``path`` when the block ends without an error.

    A reader sees the old file or the new one, never a part. On an error the temporary file is removed.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(handle, 0o666 & ~umask)  # mkstemp's 0600 is for secrets; a result is for the group as well
        with os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def new_folder(path, prefix, replace=False):
    """Yield a temporary folder that becomes ``path`` when the block ends without an error; else it is removed.

    With ``replace``, a folder that is there is moved away first, and removed in the end.

    It lies in a folder beside ``path`` whose name begins with ``prefix``; one that a killed process left behind can be
    told by it.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=path.parent) as outer:
        made = Path(outer) / path.name
        made.mkdir()
        yield made
        if replace:
            os.replace(path, Path(outer) / f"{path.name}.old")
        os.replace(made, path)


def check_writable(folder):
    """Make sure that files can be written to ``folder``, which is made if it is not there.

    Raises
    ------
    OSError
        If the folder cannot be made or written; the message names it.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"cannot write to the folder {folder} ({error.strerror}); name another one") from None


def digest_of(values):
    """Return the SHA-256 (hex) of plain values, of which equal ones have equal digests whatever the order of names."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
