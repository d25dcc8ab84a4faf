"""Which path runs: detection with every feature masked, the environment variable, and clear errors."""

import os
import subprocess
import sys

import pytest

from fbbench import kernels
from fbbench.kernels import _native

ECX1 = {"osxsave": 27, "popcnt": 23, "avx": 28}
EBX7 = {"bmi1": 3, "bmi2": 8, "avx2": 5, "avx512f": 16, "avx512dq": 17, "avx512bw": 30, "avx512vl": 31}
ECX7 = {"vpopcntdq": 14, "bitalg": 12}
ALL_STATE = 0xE7


def registers(without=()):
    def word(bits):
        return sum(1 << bit for name, bit in bits.items() if name not in without)

    return word(ECX1), word(EBX7), word(ECX7)


def test_everything_offered():
    assert _native.decide(*registers(), ALL_STATE) == {"popcnt", "avx2", "avx512"}


@pytest.mark.parametrize("feature", [*ECX1, *EBX7, *ECX7])
def test_avx512_needs_every_feature(feature):
    assert "avx512" not in _native.decide(*registers(without=[feature]), ALL_STATE)


@pytest.mark.parametrize("feature", ["osxsave", "popcnt", "avx", "avx2", "bmi1", "bmi2"])
def test_avx2_needs_its_features(feature):
    assert "avx2" not in _native.decide(*registers(without=[feature]), ALL_STATE)


@pytest.mark.parametrize("state", [0, 0x2, 0x6, 0x26, 0x66, 0xE2, 0xC6, 0xA6])
def test_the_operating_system_must_save_the_registers(state):
    offered = _native.decide(*registers(), state)
    assert "avx512" not in offered
    assert ("avx2" in offered) == (state & 6 == 6)


def test_nothing_offered():
    assert _native.decide(0, 0, 0, 0) == frozenset()


def test_detection_agrees_with_the_kernel():
    flags = ""
    try:
        with open("/proc/cpuinfo") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        pass
    if not flags:
        pytest.skip("the system lists no processor flags")
    words = set(flags.split())
    assert ("avx2" in _native.detect()) == ("avx2" in words)
    assert ("avx512" in _native.detect()) == (
        {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_vpopcntdq", "avx512_bitalg"} <= words
    )


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_environment_variable_forces_a_path(path):
    done = run_python("from fbbench import kernels; print(kernels.active().name)", FBBENCH_KERNELS=path)
    assert done.stdout.strip() == path


def test_unknown_path_is_a_clear_error():
    with pytest.raises(ValueError, match=r"must be one of .*portable.*; got 'sse9'"):
        kernels.load("sse9")
    done = run_python("from fbbench.cli import main; main(['info'])", FBBENCH_KERNELS="sse9")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr and "sse9" in done.stderr


def test_a_path_the_machine_lacks_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(kernels._native, "detect", lambda: frozenset())
    monkeypatch.setattr(kernels, "offered", kernels.offered.__wrapped__)  # without what was found at the first call
    assert kernels.offered() == ("portable", "avx512-emulated", "reference")
    with pytest.raises(ValueError, match="'avx512' needs instructions that this machine does not offer"):
        kernels.load("avx512")


def test_use_restores_the_path_after_an_error():
    before = kernels.active().name
    with pytest.raises(RuntimeError), kernels.use("reference"):
        raise RuntimeError
    assert kernels.active().name == before
