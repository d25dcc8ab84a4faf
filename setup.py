"""Builds the kernels and adds the suite files to the package. Everything else is declared in pyproject.toml."""

import os
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
    "-Wno-unused-function",
    "-Wno-psabi",
    "-g0",
]
FLAGS += os.environ.get("FBBENCH_CFLAGS", "").split()
KERNELS = "fbbench/kernels"
PATHS = ["portable.c", "popcnt.c", "avx2.c", "avx512.c", "avx512_emulated.c", "neon.c"]
SOURCES = ["_native.pyx", "rows.c", "cpu.c", *PATHS]
HEADERS = [*sorted(path.name for path in Path("fbbench/kernels").glob("*.h")), "avx512.c"]


class BuildWithData(build_py):
    """Puts what lies elsewhere in the repository into the package: suites, where ``fbbench run NAME`` finds them, and
    the claims with the committed rows, for ``fbbench verify``."""

    def run(self):
        super().run()
        if not self.editable_mode:  # an editable install reads them where they are
            for source, patterns in (("suites", ("*.toml",)), ("paper", ("claims.toml", "results/*.jsonl.gz"))):
                for path in (path for pattern in patterns for path in sorted(Path(source).glob(pattern))):
                    target = Path(self.build_lib) / "fbbench" / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)


native = Extension(
    "fbbench.kernels._native",
    sources=[f"{KERNELS}/{name}" for name in SOURCES],
    depends=[f"{KERNELS}/{name}" for name in HEADERS],
    include_dirs=[KERNELS],
    define_macros=[("FBB_FLAGS", '"' + " ".join(FLAGS) + '"')],
    extra_compile_args=FLAGS,
    extra_link_args=["-pthread", *os.environ.get("FBBENCH_LDFLAGS", "").split()],
)

setup(
    packages=[*find_packages(include=["fbbench", "fbbench.*"]), "fbbench.baselines"],
    package_dir={"fbbench.baselines": "baselines"},  # at the top of the repository, part of the package
    ext_modules=cythonize([native], build_dir="build"),
    cmdclass={"build_py": BuildWithData},
)
