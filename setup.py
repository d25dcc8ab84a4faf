"""Builds the kernels and adds the suite files to the package. Everything else is declared in pyproject.toml."""

import os
import re
import shutil
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_py import build_py

# Explicit, because a distribution's Python may have been built with -O2; instruction sets are chosen per function,
# so the extension loads on any machine.
FLAGS = [
    "-O3",
    "-std=gnu11",
    "-fno-strict-aliasing",
    "-pthread",
    "-Wall",
    "-Wextra",
    "-Wno-psabi",
    "-g0",
]
FLAGS += os.environ.get("FBBENCH_CFLAGS", "").split()
KERNELS = "fbbench/kernels"
C_FILES = sorted(path.relative_to(KERNELS).as_posix() for path in Path(KERNELS).rglob("*.c"))
SOURCES = ["_native.pyx", *(name for name in C_FILES if name != "_native.c")]
SHIPPED = ("suites/*.toml", "paper/claims.toml", "paper/reported.csv", "paper/results/*.jsonl.gz")
HEADERS = [
    path.relative_to(KERNELS).as_posix() for end in ("*.h", "*.def") for path in sorted(Path(KERNELS).rglob(end))
]


REPOSITORY = os.environ.get("FBBENCH_REPOSITORY", "").rstrip("/")
"""Where the repository is published, for links of the index page; workflows set it, as they alone know it."""


def readme():
    """Return the README, its links to files absolute where the repository's address is known."""
    text = Path("README.md").read_text(encoding="utf-8")
    if not REPOSITORY:
        return text
    text = re.sub(r"!\[([^]]*)\]\((?!https?:)([^)]+)\)", rf"![\1]({REPOSITORY}/raw/main/\2)", text)
    return re.sub(r"(?<!!)\[([^]]*)\]\((?!https?:|#)([^)]+)\)", rf"[\1]({REPOSITORY}/blob/main/\2)", text)


def urls():
    """Return the project's addresses that are known."""
    paper = {"Paper": "https://arxiv.org/abs/2412.00119"}
    if not REPOSITORY:
        return paper
    return {
        "Homepage": REPOSITORY, "Documentation": f"{REPOSITORY}/tree/main/docs", "Issues": f"{REPOSITORY}/issues",
        "Changelog": f"{REPOSITORY}/blob/main/CHANGELOG.md", **paper,
    }  # fmt: skip


class BuildWithData(build_py):
    """Puts what lies elsewhere in the repository into the package: suites, where ``fbbench run NAME`` finds them, and
    the claims with the committed rows, for ``fbbench verify``."""

    def run(self):
        super().run()
        if not self.editable_mode:  # an editable install reads them where they are
            for pattern in SHIPPED:
                for path in sorted(Path().glob(pattern)):
                    target = Path(self.build_lib) / "fbbench" / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)


native = Extension(
    "fbbench.kernels._native",
    sources=[f"{KERNELS}/{name}" for name in SOURCES],
    depends=[f"{KERNELS}/{name}" for name in [*HEADERS, "paths/avx512.c"]],
    include_dirs=[KERNELS, f"{KERNELS}/step"],
    define_macros=[("FBB_FLAGS", '"' + " ".join(FLAGS) + '"')],
    extra_compile_args=FLAGS,
    extra_link_args=["-pthread", *os.environ.get("FBBENCH_LDFLAGS", "").split()],
)

setup(
    long_description=readme(),
    long_description_content_type="text/markdown",
    project_urls=urls(),
    packages=[
        *find_packages(include=["fbbench", "fbbench.*"]),
        "fbbench.baselines",
        *(f"fbbench.baselines.{name}" for name in find_packages("baselines")),
    ],
    package_dir={"fbbench.baselines": "baselines"},  # at the top of the repository, part of the package
    ext_modules=cythonize([native], build_dir="build"),
    cmdclass={"build_py": BuildWithData},
)
