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


def test_no_call_goes_where_nobody_knows(built):
    assert {name: seen.through_pointers for name, seen in built.items()} == dict.fromkeys(built, ())


def test_what_paths_offer_is_reached(built):
    library = Path(_native.__file__)
    data = machine_code.data_of(library)
    functions = machine_code.functions_in(library, data)
    offered = machine_code.offered_by_paths(data, functions)
    assert {len(starts) for starts in offered.values()} == {11}, "a name and ten functions"
    found = machine_code.reached_from(offered["portable"], functions)
    names = {re.sub(r"\.(constprop|isra|part|cold).*", "", function.name) for function in found}
    assert {"train_signs", "sign_scores", "train_perceptron", "product", "read_rows"} <= names
    assert {"run_member", "train_member"} & names, "what threads begin with is named, not called"


SIGNS = ("sign_perceptron.h", "*margin += MARGIN_UP;")
BEFORE = "static int64_t train_signs("
PLANTS = {
    "nothing": (),
    "in a function that is offered": ((*SIGNS, "*margin += (int64_t)((double)lead * 1.5);"),),
    "in a function that it calls": (("units.h", "return more;", "return more + (uint64_t)((float)fan_in * 0.3f);"),),
    "behind a table": (
        (
            "sign_perceptron.h",
            BEFORE,
            "static double half(double x) { return x * 0.5; }\n"
            "static double other(double x) { return x * 0.7; }\n"
            "static double (*const volatile table[2])(double) = {half, other};\n" + BEFORE,
        ),
        (*SIGNS, "*margin += (int64_t)table[lead & 1](lead);"),
    ),
    "in the system": ((*SIGNS, "*margin += (int64_t)(drand48() > 0 ? 1 : 3);"),),
    "behind a pointer": (
        ("sign_perceptron.h", BEFORE, "int64_t (*volatile given)(int64_t);\n" + BEFORE),
        (*SIGNS, "*margin += given(lead);"),
    ),
    "in a function that everybody sees": (
        (
            "sign_perceptron.h",
            BEFORE,
            "__attribute__((noinline)) int64_t seen_by_all(int64_t x) { return (int64_t)((double)x * 1.1); }\n"
            + BEFORE,
        ),
        (*SIGNS, "*margin += seen_by_all(lead);"),
    ),
}


@pytest.mark.parametrize(
    "plant, flags",
    [
        *((plant, ()) for plant in PLANTS),
        *((plant, ("-fno-plt",)) for plant in ("nothing", "in the system", "in a function that everybody sees")),
        ("behind a table", ("-O3", "-fcf-protection")),
    ],
)
def test_what_is_planted_is_found(tmp_path, plant, flags):
    floats = planted(tmp_path, PLANTS[plant], flags)["portable"]
    strange = set(floats.of_the_system) - machine_code.OF_THE_SYSTEM
    assert bool(floats.floating or strange or floats.through_pointers) == (plant != "nothing"), floats


def planted(folder, changes, flags):
    """Return what is seen of the portable path, built with changes to its sources."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    kernels, library = folder / "kernels", folder / "planted.so"
    shutil.copytree(HERE, kernels, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for place, old, new in changes:
        file = kernels / "step" / place
        assert file.read_text().count(old) == 1
        file.write_text(file.read_text().replace(old, new))
    includes = [f"-I{kernels}", f"-I{kernels / 'step'}"]
    command = ["gcc", "-O1", "-shared", "-fPIC", "-pthread", "-std=gnu11", *flags, *includes]
    subprocess.run([*command, kernels / "paths" / "portable.c", "-o", library], check=True, capture_output=True)
    return machine_code.looked_at(library)


@pytest.mark.parametrize("source", ["int nothing(void) { return 3; }", "int fbb_portable[4] = {1, 2, 3, 4};"])
def test_a_library_without_paths_is_no_pure_one(tmp_path, source):
    (tmp_path / "a.c").write_text(source)
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    subprocess.run(["gcc", "-shared", "-fPIC", tmp_path / "a.c", "-o", tmp_path / "a.so"], check=True)
    with pytest.raises(machine_code.CannotLook, match="has no table of functions"):
        machine_code.looked_at(tmp_path / "a.so")


@pytest.mark.parametrize(
    "name, floats",
    [
        *((name, True) for name in (
            "addss", "vmulpd", "cvtsi2sd", "fld", "vfmadd213ps", "ucomisd", "vcvtdq2ps", "sqrtss", "vdivsd", "vmaxps",
            "vrndscalepd", "vexp2ps", "tdpbf16ps", "vaddnepbf16", "vdpbf16ps", "vcomish", "fmulp", "haddps",
        )),
        *((name, False) for name in (
            "movaps", "vxorps", "movss", "add", "vpaddb", "imul", "vpmaddwd", "sub", "vbroadcastss", "cmp", "vshufps",
            "vpminsd", "pmaxsd", "vpackssdw", "subb", "mul", "div", "prefetchw", "vpopcntq", "movsbl", "vpdpbusd",
        )),
    ],
)  # fmt: skip
def test_which_instructions_count(name, floats):
    assert bool(machine_code.FLOATING.fullmatch(name)) == floats


def test_a_missing_tool_is_said(monkeypatch):
    monkeypatch.setattr(machine_code.shutil, "which", lambda tool: None)
    with pytest.raises(machine_code.CannotLook, match="objdump and readelf not installed"):
        machine_code.looked_at(Path(_native.__file__))
