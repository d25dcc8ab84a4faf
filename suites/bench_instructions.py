"""Instructions of one call of every kernel, by callgrind: the same on any machine, so half a percent more shows."""

from .counted_work import WORK
from .instructions import CannotCount, counted_by_callgrind, toolchain

PATHS = ("portable", "avx2")


class Instructions:
    """One thread, 100 random prototypes of 1000 bits; see ``counted_work.py``. Another compiler is another series."""

    params = ([toolchain()], list(PATHS), list(WORK))
    param_names = ("built_by", "path", "work")
    timeout = 900

    def setup_cache(self):
        try:
            return counted_by_callgrind(PATHS)
        except CannotCount as error:
            return str(error)

    setup_cache.timeout = 900

    def setup(self, counted, built_by, path, work):
        if isinstance(counted, str):
            raise NotImplementedError(counted)
        if work not in counted[path]:
            raise NotImplementedError(f"this commit has no such work: {work}")

    def track_instructions(self, counted, built_by, path, work):
        return counted[path][work]

    track_instructions.unit = "instructions"
