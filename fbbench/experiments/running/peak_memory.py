"""The peak of resident memory while a block runs."""

import ctypes
import gc
import resource
import sys
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """Context manager; afterwards ``bytes`` is the peak, ``scope`` what it is the peak of, and ``before`` what was
    resident at the start, None where that is not known: libraries, and what earlier cells of the process left.

    ``scope`` is "cell" where the operating system can start the count anew (Linux), else "process": cells that the
    same process ran before are in it.
    """

    def __enter__(self):
        self.scope = "cell" if count_anew() else "process"
        self.before, self._highest = status_bytes("VmRSS"), 0
        return self

    def __exit__(self, *_):
        self.bytes = max(self._highest, peak_of_process())

    def growth_of(self, call):
        """Call something; return by how many bytes resident memory grew at most meanwhile, None if that is not known.

        What the process keeps of freed memory is given back first, else the call would use it and grow by nothing.
        """
        self._highest = max(self._highest, peak_of_process())
        gc.collect()
        known = give_back_free_memory() and count_anew()
        before = status_bytes("VmRSS")
        call()
        return peak_of_process() - before if known and before is not None else None


def count_anew():
    """Set this process's high-water mark to what is resident now; return whether the system lets it."""
    try:
        CLEAR.write_text("5")
    except OSError:
        return False
    return True


def give_back_free_memory():
    """Have the C library return what was freed to the system; return whether it can (glibc)."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return False
    return True


def peak_of_process():
    """Return the high-water mark of this process in bytes."""
    if (known := status_bytes("VmHWM")) is not None:
        return known
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def status_bytes(name):
    """Return a size that Linux tells of this process, None elsewhere."""
    try:
        for line in STATUS.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    return None
