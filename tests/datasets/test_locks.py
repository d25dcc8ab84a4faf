"""Locks of the cache: where a file system offers none, commands say so and go on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = """
#include <errno.h>
int flock(int fd, int op) { (void)fd; (void)op; errno = ERR; return -1; }
"""


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_import_without_locks(tmp_path, error):
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if not compiler or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and a C compiler")
    (tmp_path / "no.c").write_text(SOURCE)
    library = tmp_path / "no.so"
    subprocess.run([compiler, "-shared", "-fPIC", f"-DERR={error}", "-o", library, tmp_path / "no.c"], check=True)
    (tmp_path / "five.csv").write_text("a,b,y\n1,2,p\n2,3,q\n3,1,p\n4,4,q\n5,5,p\n")
    command = [
        sys.executable,
        "-m",
        "fbbench",
        "data",
        "import",
        tmp_path / "five.csv",
        "--label",
        "y",
        "--name",
        "five",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False,
        env={**os.environ, "LD_PRELOAD": str(library), "FBBENCH_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = "file system without locks: going on without", "falling back to SoftFileLock"  # filelock's own way
    assert any(text in done.stderr for text in said) and "Traceback" not in done.stderr
    assert Path(tmp_path, "cache", "imported", "five", "meta.json").is_file()
