"""Downloads that are never half a file: pooch fetches to a temporary name, the content is checked, then renamed."""

import hashlib
import os
import tempfile
from pathlib import Path

import pooch
import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from .locks import locked
from .places import DataUnavailable, cache_folder

CONNECT_SECONDS = 10


class ProgressBar:
    """A rich progress bar with the face that pooch expects of one."""

    def __init__(self, name):
        self.total = None
        self._progress = Progress(
            TextColumn(name), BarColumn(), DownloadColumn(), TimeRemainingColumn(), transient=True
        )
        self._task = None

    def update(self, amount):
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task("", total=self.total)
        self._progress.update(self._task, advance=amount, total=self.total)

    def reset(self):
        if self._task is not None:
            self._progress.reset(self._task)

    def close(self):
        self._progress.stop()


def file_checksum(path):
    """Return the SHA-256 (hex) of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_file(path, checksum):
    """Raise ValueError, naming the file, if its SHA-256 is not ``checksum``."""
    check_digest(path, file_checksum(path), checksum)


def check_digest(path, found, checksum):
    """Raise ValueError, naming the file, if the SHA-256 found in it is not ``checksum``."""
    if found != checksum:
        raise ValueError(
            f"{path} does not hold the official content (SHA-256 {found[:12]}.., expected {checksum[:12]}..); "
            "delete it or replace it by the original"
        )


def addresses(urls, name):
    """Return where a file is fetched from, in order: the mirror that FBBENCH_MIRROR names, then the known addresses."""
    own = os.environ.get("FBBENCH_MIRROR")
    return [*([f"{own.rstrip('/')}/{name}"] if own else []), *urls]


def fetch(urls, name, check):
    """Return the path of a cached download; fetch it first if it is not there, from the first address that has it.

    Parameters
    ----------
    urls : sequence of str
        Known addresses; :func:`addresses` puts the user's own before them.
    name : str
        Path inside the cache.
    check : callable
        Gets the temporary file's path before it takes its name; raises ValueError if the content is wrong.

    Raises
    ------
    DataUnavailable
        If no address gives it; nothing is left behind.
    """
    target = cache_folder() / name
    failed = []
    for url in addresses(urls, name):
        if target.is_file():
            break
        try:
            download(url, name, target, check)
        except DataUnavailable as error:
            failed.append(str(error))
    if not target.is_file():
        raise DataUnavailable("; ".join(failed))
    return target


def fetch_into(target, urls):
    """Fetch a small file to a path, from the first address that has it; DataUnavailable if none has."""
    failed = []
    for url in urls:
        try:
            pooch.HTTPDownloader(timeout=CONNECT_SECONDS)(url, str(target), None)
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            failed.append(f"{url}: {type(error).__name__}")
        else:
            return
    raise DataUnavailable("; ".join(failed))


def download(url, name, target, check):
    """Fetch a file to its place in the cache; errors as :func:`fetch`."""
    try:
        with locked(name):
            if target.is_file():  # another process was faster
                return target
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".download-", dir=target.parent) as folder:
                downloader = pooch.HTTPDownloader(progressbar=ProgressBar(target.name), timeout=CONNECT_SECONDS)
                part = Path(folder) / target.name
                downloader(url, str(part), None)
                check(part)
                os.replace(part, target)
    except requests.exceptions.RequestException as error:
        raise DataUnavailable(f"{url}: {type(error).__name__}") from None
    except (OSError, ValueError) as error:
        raise DataUnavailable(f"{url}: {error}") from None
