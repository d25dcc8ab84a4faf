"""``fbbench gates``."""

import io

import pandas as pd
import pytest
from click.testing import CliRunner

from fbbench.circuits import CIRCUITS
from fbbench.cli import main


def run(*words):
    result = CliRunner().invoke(main, ["gates", *words])
    return result.exit_code, result.output


def test_all_circuits():
    code, out = run()
    assert code == 0 and "popcount_784" in out and "float32_multiply" in out
    code, out = run("--csv")
    assert pd.read_csv(io.StringIO(out)).circuit.tolist() == [circuit.name for circuit in CIRCUITS]


def test_operations_of_a_method():
    code, out = run("bmlp", "--dataset", "random_prototypes", "--memory", "35_35")
    assert code == 0 and "unit, an element" in out and "energy with DRAM" in out
    code, out = run("bmlp", "--dataset", "random_prototypes", "--memory", "35_35", "--csv")
    frame = pd.read_csv(io.StringIO(out))
    elements = frame.set_index("operation").times["unit, an element"]
    assert elements == 100 * (1000 * 35 + 35 * 35)
    assert (frame.gates == frame.times * frame["gates each"]).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bmpl"], "there is no method 'bmpl' (did you mean 'bmlp'?)"),
        (["qat"], "does not count its operations"),
        (["bmlp", "--memory", "12_x"], "a budget must be a shape"),
        (["bmlp", "--param", "robustnes=1.0"], "robustnes"),
    ],
)
def test_what_is_wrong_is_said(words, said):
    code, out = run(*words, "--dataset", "random_prototypes")
    assert code and said in out and "Traceback" not in out
