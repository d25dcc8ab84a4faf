"""One cell at a time in a process with several threads, computing with one thread, so that times and memory mean
something."""

import functools
import threading

HOW = {"engine": "dask", "jobs": None}
"""What rows of a cluster say of it."""

one_cell_at_a_time = threading.Lock()


@functools.cache
def compute_with_one_thread():
    """Have the numerical libraries that this process has loaded use one thread from now on."""
    import threadpoolctl

    return threadpoolctl.threadpool_limits(1)
