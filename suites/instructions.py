"""How many instructions a kernel takes for one call: exact, on any machine, whatever else it does.

By callgrind, where valgrind knows the instructions of the path (it shows itself as a processor with AVX2 at most), else
by single steps (ptrace), which takes minutes and sees what is executed here. Both count one thread: callgrind from the
entry of the kernel's function to its return, with what it calls of the C library; single steps wherever they lie in the
extension, so with its checks of arguments and, in training, the order of the rows. Neither sees caches, or how long an
instruction takes: times are the second judge.
"""

import ctypes
import functools
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

WORK = Path(__file__).with_name("counted_work.py")
TURNS = (
    ("train", "product", "scores", "bernoulli"),
    ("train_signs", "propagate", "sign_scores"),
    ("train_perceptron", "perceptron_scores", "fbb_order"),
)
"""Functions of a path that callgrind counts in one run: of names that begin alike, callgrind 3.19 knows one alone."""
PLAIN_LIBC = ",".join(
    f"-{feature}" for feature in ("AVX512F", "AVX512VL", "AVX2", "AVX", "ERMS", "FSRM", "SSSE3", "SSE4_1", "SSE4_2")
)
PINNED = {
    "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={PLAIN_LIBC}:glibc.cpu.x86_non_temporal_threshold=0xc0000"
    ":glibc.cpu.x86_rep_movsb_threshold=0x7fffffff:glibc.cpu.x86_rep_stosb_threshold=0x7fffffff"
    ":glibc.malloc.mmap_threshold=131072",
    "LD_BIND_NOW": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PATH": os.environ.get("PATH", ""),
}
"""All of the environment, so that every machine runs the same code: the C library else picks its copies by the
processor. What lies on the stack and the heap moves counts by some tens."""
STEPPED_ROWS = 24
"""Of data, where instructions are counted by steps, of which a second has some hundred thousand."""


class CannotCount(Exception):
    """Says why instructions cannot be counted here."""


def toolchain():
    """Return the compiler of the kernels and the C library, e.g. "gcc 12.2.0, glibc 2.36"."""
    from fbbench.kernels import _native

    compiler = getattr(_native, "COMPILER", None) or cc_version()
    name, version = platform.libc_ver()
    return f"{compiler}, {name} {version}".rstrip(" ,")


def cc_version():
    """Return what the compiler of this machine is, for commits that do not say what has built them."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or "cc"
    try:
        said = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown compiler"
    return f"{Path(compiler).name} {said.strip()}"


@functools.cache
def refused():
    """Return why callgrind cannot count here; None where it can."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed (Debian and Ubuntu: sudo apt install valgrind)"
    if platform.libc_ver()[0] != "glibc":
        return "instructions are counted on GNU systems"
    return None


def counted_by_callgrind(paths):
    """Return instructions by piece of work, by path, on paths that valgrind can run.

    Raises
    ------
    CannotCount
        If valgrind is missing, or fails.
    """
    if why := refused():
        raise CannotCount(why)
    counts = {path: {} for path in paths}
    for functions in TURNS:
        toggles = [f"--{what}={name}" for name in functions for what in ("toggle-collect", "dump-after")]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--callgrind-out-file=callgrind.out",
                 *toggles, sys.executable, "-P", str(WORK), ",".join(paths), *functions],
                cwd=folder, env=PINNED, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise CannotCount(f"valgrind ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
            for line in map(json.loads, done.stdout.splitlines()):
                count = sum(total_of(Path(folder) / name) for name in line["profiles"])
                if count:  # none where an early commit calls the function something else
                    counts[line["path"]][line["name"]] = count
    return counts


def total_of(profile):
    """Return the instructions of a profile by callgrind."""
    return int(re.search(r"^totals: (\d+)$", profile.read_text(), re.MULTILINE)[1])


PTRACE_TRACEME, PTRACE_PEEKUSER, PTRACE_CONT, PTRACE_SINGLESTEP = 0, 3, 7, 9
INSTRUCTION_POINTER = 16 * 8
"""Of x86-64's struct user."""


def counted_by_steps(path):
    """Return instructions by piece of work on any path that this machine can run.

    Raises
    ------
    CannotCount
        If this is not Linux on x86-64, tracing is not allowed, or the work fails.
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise CannotCount("single steps are counted on Linux and x86-64")
    # Tracer and traced on one core: a step else wakes up another one, which takes ten times as long.
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return traced([sys.executable, "-P", str(WORK), path, "--stops"])
    finally:
        os.sched_setaffinity(0, cores)


def traced(command):
    """Return what :func:`stepped` does of a command, run as a traced process."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**PINNED, "COUNTED_ROWS": str(STEPPED_ROWS)},
        preexec_fn=lambda: libc.ptrace(PTRACE_TRACEME, 0, None, None),
    ) as process:  # fmt: skip
        try:
            return stepped(process, libc)
        finally:
            process.kill()


def stepped(process, libc):
    """Return instructions by piece of work of a traced process that stops before and after each."""
    found, where = {}, None
    wait_for_stop(process.pid)  # at its start
    while run_until_stop(process.pid, libc):
        name = json.loads(process.stdout.readline())["name"]
        where = where or extension_of(process.pid)
        found[name] = count_steps(process.pid, libc, where)
    return found


def wait_for_stop(pid):
    """Return the signal that a traced process has stopped by, None if it has ended."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSTOPPED(status):
        return os.WSTOPSIG(status)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return None
    raise CannotCount(f"the counted work ended with status {status}")


def run_until_stop(pid, libc):
    """Let a traced process run until it stops itself; return False if it ended."""
    passed = 0
    while True:
        libc.ptrace(PTRACE_CONT, pid, None, passed)
        stopped = wait_for_stop(pid)
        if stopped is None or stopped == signal.SIGSTOP:
            return stopped is not None
        passed = 0 if stopped == signal.SIGTRAP else stopped


def extension_of(pid):
    """Return the addresses, first and past the last, of the kernels' code in a process."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if "_native" in line and " r-xp " in line:
            first, last = (int(address, 16) for address in line.split()[0].split("-"))
            return first, last
    raise CannotCount("the extension is not loaded")


def count_steps(pid, libc, where):
    """Step through a traced process until it stops itself; return how many steps began in an extension."""
    first, last = where
    step, peek, wait, count = libc.ptrace, libc.ptrace, os.waitpid, 0
    while True:
        if first <= peek(PTRACE_PEEKUSER, pid, INSTRUCTION_POINTER, None) < last:
            count += 1
        step(PTRACE_SINGLESTEP, pid, None, None)
        _, status = wait(pid, 0)
        if status != STEPPED:
            if os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGSTOP:
                return count
            raise CannotCount(f"the counted work ended with status {status}")


STEPPED = (signal.SIGTRAP << 8) | 0x7F
"""What waitpid says after a step."""


def main():
    """Print the instructions of all work, on the portable and AVX2 paths or, by steps, on those that are named."""
    counts = {path: counted_by_steps(path) for path in sys.argv[1:]} or counted_by_callgrind(("portable", "avx2"))
    print(f"{toolchain()}, {STEPPED_ROWS if sys.argv[1:] else 100} rows")
    for path, found in counts.items():
        for name, count in found.items():
            print(f"{path:10} {name:30} {count:12,}")


if __name__ == "__main__":
    main()
