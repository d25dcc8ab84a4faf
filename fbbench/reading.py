"""Files that may come from anyone: bounded before they are read, and every error of a parser names the file.

One reader for each kind: text, JSON, TOML, NPY, NPZ, gzip. None runs code from a file, none believes a size that a file
states before it has checked that so much can be there.
"""

import ast
import contextlib
import gzip
import io
import json
import re
import tomllib
import warnings
import zipfile
from pathlib import Path

import numpy as np

MEGA = 10**6
TEXT_BYTES = 256 * MEGA
JSON_BYTES = 64 * MEGA
TOML_BYTES = MEGA
TOML_DOTS = 20
"""Dots of a dotted key, wherever it stands; the parser's time grows with their square."""
STRINGS = re.compile(
    r""""{3}(?:[^"\\]|\\(?s:.)|"{1,2}(?!"))*+"{0,5}|'{3}(?:[^']|'{1,2}(?!'))*+'{0,5}"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|#[^\n]*+"""
)
"""Texts and comments of a TOML file; every alternative takes what it has begun, closed or not: none is read twice."""
DOTTED = re.compile(rf'(?<![\w"-])(?:[\w-]++|"")(?:[ \t]*+\.[ \t]*+(?:[\w-]++|"")){{{TOML_DOTS + 1},}}')
NPZ_BYTES = 8000 * MEGA
NPZ_MEMBERS = 100_000
GZIP_BYTES = 2000 * MEGA
MODEL_BYTES = 2000 * MEGA
"""Of a trained model, and of a training that is kept between two epochs."""
ROWS_BYTES = 200 * MEGA
"""Of a file of rows: as objects they take several times as much."""
ROW_BYTES = 16 * MEGA


class BadFile(ValueError):
    """A file is not what it should be; the message names it."""


@contextlib.contextmanager
def named(path, what):
    """Have whatever parsing raises end as :class:`BadFile` that names the file; a file that is not there stays one.

    Foreign bytes make the parsers of ZIP, NPY, JSON, TOML and text raise nearly anything, SystemError included.
    """
    try:
        yield
    except (BadFile, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except RecursionError:
        raise BadFile(f"{path} is not {what}: its values are nested too deep") from None
    except MemoryError:
        raise BadFile(f"{path} is not {what}: it wants more memory than there is") from None
    except Exception as error:
        raise BadFile(f"{path} is not {what} ({reason_of(error)})") from None


def reason_of(error):
    """Return the first line of what an error says, and its kind where that says more."""
    text = next(iter(str(error).splitlines()), "")
    return text[:200] if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"[:200]


def check_size(path, most):
    """Raise BadFile if a file has more bytes than may be."""
    size = Path(path).stat().st_size
    if size > most:
        raise BadFile(f"{path} has {size:,} bytes; at most {most:,} are read")


def no_number(text):
    """Refuse NaN and infinities, which JSON proper does not have."""
    raise ValueError(f"{text} is no number")


def read_text(path, most=TEXT_BYTES, encoding="utf-8"):
    """Return the text in a file of at most ``most`` bytes; BadFile if it is longer or in another encoding."""
    with named(path, f"text in {encoding}"):
        check_size(path, most)
        return Path(path).read_text(encoding=encoding)


def read_json(path, most=JSON_BYTES):
    """Return what a JSON file holds; BadFile if it is none, or longer than ``most`` bytes."""
    with named(path, "a JSON file"):
        check_size(path, most)
        return json.loads(Path(path).read_bytes(), parse_constant=no_number)


def read_toml(path, most=TOML_BYTES):
    """Return what a TOML file holds; BadFile if it is none, longer than ``most`` bytes, or has endless keys."""
    with named(path, "valid TOML"):
        check_size(path, most)
        text = Path(path).read_text(encoding="utf-8-sig")
        if found := DOTTED.search(STRINGS.sub('""', text)):
            raise BadFile(f"{path}: a key may have at most {TOML_DOTS} dots; got {found.group()[:40]!r} ...")
        return tomllib.loads(text)


def read_npy(file, path, most):
    """Return the array in an open NPY file of which ``most`` bytes are there; BadFile if it is none or has objects."""
    with named(path, "an NPY array"):
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"version {version} of the format is not known")
        length = int.from_bytes(file.read(2 if version == (1, 0) else 4), "little")
        if length > 10_000:
            raise ValueError(f"a header of {length} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser warns of odd literals, which are refused below
            header = ast.literal_eval(file.read(length).decode("utf-8" if version == (3, 0) else "latin1").strip())
        shape, dtype = header["shape"], np.dtype(np.lib.format.descr_to_dtype(header["descr"]))
        if set(header) != {"descr", "fortran_order", "shape"} or type(header["fortran_order"]) is not bool:
            raise ValueError("its header is none")
        if (
            not isinstance(shape, tuple)
            or not all(type(size) is int and size >= 0 for size in shape)
            or len(shape) > 32
        ):
            raise ValueError(f"a shape of {shape!r:.60}")
        if dtype.hasobject or dtype.names or dtype.subdtype or not dtype.itemsize:
            raise ValueError(f"values of the kind {dtype} are not read")
        count = 1
        for size in shape:
            count *= size
        if count * dtype.itemsize > most:
            raise ValueError(f"its header promises {count * dtype.itemsize:,} bytes, {most:,} may be there")
        content = read_at_most(file, count * dtype.itemsize)
        if content.tell() < count * dtype.itemsize:
            raise ValueError("it ends before its last value")
        array = np.frombuffer(content.getbuffer(), dtype) if count else np.zeros(0, dtype)
        if dtype.kind == "U" and count and array.view(f"{dtype.str[0]}u4").max() > 0x10FFFF:
            raise ValueError("text of characters that do not exist")
        return array.reshape(shape, order="F" if header["fortran_order"] else "C")


def read_at_most(file, n_bytes):
    """Return the next bytes of an open file, up to a number of them, as they come: a stated size reserves nothing."""
    content = io.BytesIO()
    while chunk := file.read(min(1 << 22, n_bytes - content.tell())):
        content.write(chunk)
    return content


def read_npz(path, most=NPZ_BYTES, what="a whole NPZ file without pickles"):
    """Return the arrays of an NPZ file by name, read without pickles.

    Raises
    ------
    FileNotFoundError
        If there is none.
    BadFile
        If it is damaged, holds anything but arrays, or would unpack to more than ``most`` bytes.
    """
    with named(path, what), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > NPZ_MEMBERS:
            raise BadFile(f"{path} holds {len(members):,} arrays; at most {NPZ_MEMBERS:,} are read")
        total = sum(member.file_size for member in members)
        if total > most:
            raise BadFile(f"{path} unpacks to {total:,} bytes; at most {most:,} are read")
        arrays = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            if name == member.filename or name in arrays:
                raise ValueError(f"{member.filename!r:.60} is no array, or there twice")
            with archive.open(member) as file:
                try:
                    arrays[name] = read_npy(file, f"{path}, {name}", member.file_size)
                except BadFile as error:
                    raise BadFile(f"{path} is not {what}: {error}") from None
        return arrays


def read_gzip(path, most=GZIP_BYTES):
    """Return the unpacked content of a gzip file, or of one that is not packed; BadFile if it is damaged or longer than
    ``most`` bytes when unpacked, of which no more are ever in memory."""
    with named(path, "a whole gzip file"), open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        content = io.BytesIO()
        with gzip.GzipFile(fileobj=file) if packed else contextlib.nullcontext(file) as source:
            while chunk := source.read(1 << 20):
                content.write(chunk)
                if content.tell() > most:
                    raise BadFile(f"{path} holds more than {most:,} bytes when unpacked, as much as is read")
        return content.getvalue()
