"""Downloads that are never half a file: pooch fetches to a temporary name, the content is checked, then renamed."""

import os
import tempfile
from pathlib import Path

import pooch
import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

CONNECT_SECONDS = 10


class DataUnavailable(LookupError):
    """A data set is neither on this machine nor to be had; the message says the ways to get it."""


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


def cache_folder():
    """Return the folder for downloads (in XDG_CACHE_HOME or the platform's like)."""
    return Path(pooch.os_cache("fbbench"))


def fetch(url, name, check):
    """Return the path of a cached download; fetch it first if it is not there.

    Parameters
    ----------
    url : str
    name : str
        Path inside the cache.
    check : callable
        Gets the temporary file's path before it takes its name; raises ValueError if the content is wrong.

    Raises
    ------
    DataUnavailable
        If the download fails; nothing is left behind.
    """
    target = cache_folder() / name
    if target.is_file():
        return target
    try:
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
    return target
