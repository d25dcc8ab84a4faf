"""No floating point in the machine code of any path; one that is planted is found."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fbbench.kernels import _native, machine_code

HERE = Path(machine_code.__file__).parent

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in machine_code.TOOLS), reason="binutils are not installed"
)


@pytest.fixture(scope="module")
def built():
    try:
        return machine_code.looked_at(Path(_native.__file__))
    except machine_code.CannotLook as reason:
        pytest.skip(str(reason))


def test_every_path_is_looked_at(built):
    names = {name.replace("_", "-") for name in built}
    absent = {name for name in _native.PATHS if name not in names}
    assert absent <= {"neon", "avx2", "avx512", "popcnt"}, "paths of other processors are empty tables"
    for seen in built.values():
        assert seen.n_functions >= 20 and seen.n_instructions > 3000


def test_no_path_has_floating_point(built):
    assert {name: seen.floating for name, seen in built.items()} == dict.fromkeys(built, ())


def test_the_system_gives_memory_and_threads_alone(built):
    assert set().union(*(seen.of_the_system for seen in built.values())) <= machine_code.OF_THE_SYSTEM


def test_what_paths_offer_is_reached():
    library = Path(_native.__file__)
    functions, offered = machine_code.functions_in(library), machine_code.offered_by_paths(library)
    found = machine_code.reached_from(offered["portable"], functions)
    names = {re.sub(r"\\.(constprop|isra|part|cold).*", "", function.name) for function in found}
    assert {"train_signs", "sign_scores", "train_perceptron", "product", "read_rows"} <= names
    assert {"run_member", "train_member"} & names, "what threads begin with is named, not called"


@pytest.mark.parametrize(
    "place, old, new",
    [
        ("sign_perceptron.h", "*margin += MARGIN_UP;", "*margin += (int64_t)((double)lead * 1.5);"),
        ("units.h", "return more;", "return more + (uint64_t)((float)fan_in * 0.3f);"),
        ("training.h", None, None),
    ],
)
def test_a_planted_product_is_found(tmp_path, place, old, new):
    """In a function that is offered, in one that it calls, and, as it is, nowhere."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    shutil.copytree(HERE, tmp_path / "kernels", ignore=shutil.ignore_patterns("*.so", "__pycache__", "*.c.tmp"))
    if old:
        file = tmp_path / "kernels" / "step" / place
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    folder, library = tmp_path / "kernels", tmp_path / "planted.so"
    sources = [folder / "paths" / "portable.c"]
    includes = [f"-I{folder}", f"-I{folder / 'step'}"]
    subprocess.run(
        ["gcc", "-O1", "-shared", "-fPIC", "-pthread", "-std=gnu11", *includes, *sources, "-o", library], check=True
    )
    floating = machine_code.looked_at(library)["portable"].floating
    assert bool(floating) == bool(old)


@pytest.mark.parametrize(
    "processor, name, floats",
    [
        ("x86-64", "addss", True), ("x86-64", "vmulpd", True), ("x86-64", "cvtsi2sd", True), ("x86-64", "fld", True),
        ("x86-64", "vfmadd213ps", True), ("x86-64", "ucomisd", True), ("x86-64", "vcvtdq2ps", True),
        ("x86-64", "sqrtss", True), ("x86-64", "vdivsd", True), ("x86-64", "vmaxps", True),
        ("x86-64", "movaps", False), ("x86-64", "vxorps", False), ("x86-64", "movss", False), ("x86-64", "add", False),
        ("x86-64", "vpaddb", False), ("x86-64", "imul", False), ("x86-64", "vpmaddwd", False), ("x86-64", "sub", False),
        ("x86-64", "vbroadcastss", False), ("x86-64", "cmp", False), ("x86-64", "vshufps", False),
        ("aarch64", "fadd", True), ("aarch64", "scvtf", True), ("aarch64", "fcvtzs", True), ("aarch64", "fmul", True),
        ("aarch64", "fmov", False), ("aarch64", "add", False), ("aarch64", "bfi", False), ("aarch64", "bfxil", False),
    ],
)  # fmt: skip
def test_which_instructions_count(processor, name, floats):
    assert bool(machine_code.FLOATING[processor].fullmatch(name)) == floats


def test_a_missing_tool_is_said(monkeypatch):
    monkeypatch.setattr(machine_code.shutil, "which", lambda tool: None)
    with pytest.raises(machine_code.CannotLook, match="objdump and readelf not installed"):
        machine_code.functions_in(Path(_native.__file__))
