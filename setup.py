"""Builds the kernels and adds the suite files to the package. Everything else is declared in pyproject.toml."""

import os
import shutil
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
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
]
FLAGS += os.environ.get("FBBENCH_CFLAGS", "").split()
KERNELS = "fbbench/kernels"
PATHS = ["portable.c", "popcnt.c", "avx2.c", "avx512.c", "avx512_emulated.c", "neon.c"]
SOURCES = ["_native.pyx", "rows.c", "cpu.c", *PATHS]
HEADERS = [*sorted(path.name for path in Path("fbbench/kernels").glob("*.h")), "avx512.c"]


class BuildWithSuites(build_py):
    """Puts the repository's suites/*.toml into the wheel as fbbench/suites, where ``fbbench run NAME`` finds them."""

    def run(self):
        super().run()
        if not self.editable_mode:  # an editable install reads them where they are
            folder = Path(self.build_lib) / "fbbench" / "suites"
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(Path("suites").glob("*.toml")):
                shutil.copy(path, folder / path.name)


native = Extension(
    "fbbench.kernels._native",
    sources=[f"{KERNELS}/{name}" for name in SOURCES],
    depends=[f"{KERNELS}/{name}" for name in HEADERS],
    include_dirs=[KERNELS],
    define_macros=[("FBB_FLAGS", '"' + " ".join(FLAGS) + '"')],
    extra_compile_args=FLAGS,
    extra_link_args=["-pthread", *os.environ.get("FBBENCH_LDFLAGS", "").split()],
)

setup(ext_modules=cythonize([native], build_dir="build"), cmdclass={"build_py": BuildWithSuites})
