"""Archives unpacked whole or not at all, and never outside the folder they are unpacked to."""

import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from .download import check_file, fetch
from .locks import locked
from .places import DataUnavailable, cache_folder, find, searched


def check_member(archive, member):
    """Raise ValueError if a member of an archive is neither a plain file nor a folder inside the archive."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        raise ValueError(
            f"{archive} holds the path {member.name!r}, which leads out of the archive; it was not unpacked"
        )
    if not (member.isfile() or member.isdir()):
        raise ValueError(f"{archive} holds {member.name!r}, which is neither a file nor a folder; it was not unpacked")


def unpack(archive, top, target):
    """Unpack the folder ``top`` of a tar archive to ``target``, which appears when it is whole.

    Parameters
    ----------
    archive : path of a .tar.gz
    top : str
        Name of the only folder wanted.
    target : path
        Folder to make; if it is there, nothing is done.

    Raises
    ------
    ValueError
        If the archive is cut or damaged, a member leads out of it or is a link, or ``top`` is not in it.
    OSError
        If there is no room; nothing is left behind.
    """
    target = Path(target)
    with locked(str(target)):
        if target.is_dir():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as folder:
            try:
                with tarfile.open(archive, "r:gz") as tar:
                    for member in tar:
                        check_member(archive, member)
                        if member.isfile():
                            path = Path(folder, *PurePosixPath(member.name).parts)
                            path.parent.mkdir(parents=True, exist_ok=True)
                            source = tar.extractfile(member)
                            assert source is not None  # it is a file
                            with source, open(path, "wb") as copy:
                                shutil.copyfileobj(source, copy)
            except (tarfile.TarError, EOFError, zlib.error) as error:
                raise ValueError(f"{archive} is not a whole archive ({error}); delete it or fetch it again") from None
            if not (Path(folder) / top).is_dir():
                raise ValueError(f"{archive} must hold a folder {top}; it does not")
            os.replace(Path(folder) / top, target)


def locate_unpacked(title, url, checksum, folders, holds=Path.is_dir):
    """Return the unpacked folder of an official archive: the user's, else the cache's, unpacked or downloaded first.

    Parameters
    ----------
    title : str
        The data set, for messages.
    url, checksum : str
        Where the archive comes from, and its SHA-256.
    folders : sequence of str
        Names the folder may have; the first is the one in the archive.
    holds : callable
        Gets a folder; whether it is the one, see :func:`places.find`.

    Raises
    ------
    DataUnavailable
        If there is no copy and no network.
    ValueError
        If an archive is there, but damaged.
    """
    folder = find(*folders, holds=holds)
    if folder is not None:
        return folder
    name, target = archive_name(url), cache_folder() / folders[0]
    archive = find(name)
    if archive is not None:
        check_file(archive, checksum)
        unpack(archive, folders[0], target)
        return target
    try:
        archive = fetch([url], name, check=lambda path: check_file(path, checksum))
        unpack(archive, folders[0], target)
    except DataUnavailable as error:
        raise DataUnavailable(
            f"{title} is not on this machine and could not be downloaded ({error}): go online and run again, or put "
            f"{name} or its folder {folders[0]} into a folder and set FBBENCH_DATA to that folder"
            f"{not_it(folders)}"
        ) from None
    archive.unlink(missing_ok=True)  # the unpacked files repeat it
    return target


def not_it(folders):
    """Return in words which folders have the name of what is looked for, but do not hold it."""
    found = [f"{place / name}" for place in searched() for name in folders if (place / name).is_dir()]
    return f" ({', '.join(found)} is there, but does not hold what it should)" if found else ""


def archive_name(url):
    """Return the file name of an archive."""
    return url.rsplit("/", 1)[-1]
