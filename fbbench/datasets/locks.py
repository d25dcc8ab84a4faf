"""One process at a time: two that want the same file do not fetch or compute it twice."""

import contextlib
import hashlib

import filelock
from rich.console import Console

from .places import cache_folder


@contextlib.contextmanager
def locked(what):
    """Hold the lock named ``what`` (any text) while the block runs; wait for whoever holds it, and say so.

    The lock ends with its process, so one that was killed leaves none behind.
    """
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / f"{hashlib.sha256(what.encode()).hexdigest()[:16]}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        Console(stderr=True).print(f"Waiting for another process that works on {what} ...", highlight=False)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
