"""Which cells are being run: several runners on one store share the work instead of doing it twice."""

import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from .archive import Archive
from .store import Store

NOT_OFFERED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class CellLocks:
    """Locks on single bytes of a store's file ``claims``, one byte for every possible key.

    The operating system takes a lock away with its process, so a runner that was killed leaves none behind, and the
    file stays empty. Where a file system offers no locks, every claim is granted: a cell may then be run twice, with
    the same outcome.
    """

    def __init__(self, store: Store) -> None:
        self._file = os.open(Path(store.folder) / "claims", os.O_RDWR | os.O_CREAT, 0o666)

    def take(self, key: str) -> bool:
        """Claim a cell; return False if another process has it."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte_of(key))
        except OSError as error:
            if error.errno in NOT_OFFERED:
                return True
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def release(self, key: str) -> None:
        """Give a claim back."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte_of(key))
        except OSError as error:
            if error.errno not in NOT_OFFERED:
                raise

    def close(self) -> None:
        """Give all claims back."""
        os.close(self._file)


def locked_elsewhere(store: Store | Archive, keys: Iterable[str]) -> set[str]:
    """Return those of some keys that another process runs now.

    Not for a process that holds claims: POSIX ends all of its locks when it closes any descriptor of the file.
    """
    try:
        file = os.open(Path(store.folder) / "claims", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):  # nothing was run yet; packed rows are not run into
        return set()
    held = set()
    try:
        for key in keys:
            try:
                fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, byte_of(key))
                fcntl.lockf(file, fcntl.LOCK_UN, 1, byte_of(key))
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EAGAIN):
                    held.add(key)
    finally:
        os.close(file)
    return held


def byte_of(key: str) -> int:
    """Return the byte that stands for a key: 60 bits of its hash."""
    return int(key[:15], 16)
