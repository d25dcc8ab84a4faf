"""Instructions on the AVX-512 path, which valgrind hides, by single steps: every night (``run --nightly``)."""

from fbbench import kernels

from .counted_work import WORK
from .instructions import CannotCount, counted_by_steps, toolchain

PATH = "avx512"


class Steps:
    """As in ``bench_instructions.py``, of fewer rows."""

    params = ([toolchain()], list(WORK))
    param_names = ("built_by", "work")
    timeout = 1800

    def setup_cache(self):
        if PATH not in kernels.offered():
            return f"this machine has no {PATH}"
        try:
            return counted_by_steps(PATH)
        except CannotCount as error:
            return str(error)

    setup_cache.timeout = 1800

    def setup(self, counted, built_by, work):
        if isinstance(counted, str):
            raise NotImplementedError(counted)
        if work not in counted:
            raise NotImplementedError(f"this commit has no such work: {work}")

    def track_instructions(self, counted, built_by, work):
        return counted[work]

    track_instructions.unit = "instructions"
