"""One process at a time: two that want the same file do not fetch or compute it twice."""

import contextlib
import errno
import hashlib

import filelock
from rich.console import Console

from .places import cache_folder

NOT_OFFERED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""What systems answer where there are no locks."""


@contextlib.contextmanager
def locked(what):
    """Hold the lock named ``what`` (any text) while the block runs; wait for whoever holds it, and say so.

    The lock ends with its process, so one that was killed leaves none behind. Where the file system offers no locks
    (NFS without a lock daemon), that is said and the block runs without: files are still written whole or not at all,
    but two processes may do the same work twice.
    """
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / f"{hashlib.sha256(what.encode()).hexdigest()[:16]}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        say(f"Waiting for another process that works on {what} ...")
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in NOT_OFFERED:
            raise
        say(f"{folder} lies on a file system without locks: going on without (run one command at a time there)")
    try:
        yield
    finally:
        lock.release()


def say(text):
    """Print a sentence to standard error, as it is."""
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)
