"""The peak of resident memory while a block runs."""

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
        try:
            CLEAR.write_text("5")  # resets the high-water mark
            self.scope = "cell"
        except OSError:
            self.scope = "process"
        self.before = status_bytes("VmRSS")
        return self

    def __exit__(self, *_):
        self.bytes = peak_of_process()


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
