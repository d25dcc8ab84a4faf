"""``fbbench purity``: what methods are made of, and that a claim which does not hold is said."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from fbbench.baselines import purity as purities
from fbbench.baselines.bmlp import MultiLayerBinary
from fbbench.baselines.checks import floats
from fbbench.baselines.checks.subject import Subject
from fbbench.baselines.protocol import METHODS, Widths, method_class, needs_of, numbers_of

from fbbench import MedianBinarizer
from fbbench.cli import main
from fbbench.kernels import machine_code


def call(*arguments):
    done = CliRunner().invoke(main, ["purity", *arguments])
    return done.exit_code, done.output


def test_the_one_bit_network():
    code, said = call("sign_perceptron")
    if "not looked at" in said:
        pytest.skip("binutils are not installed")
    assert code == 0 and "sign_perceptron: strictly binary" in said
    assert "bits a weight  8 to learn, 1 to predict" in said and "floats         none" in said
    assert "Watched for 3 passes: no expression" in said and "none of floating point" in said


@pytest.mark.parametrize(
    "name, params, kind, widths",
    [
        ("sign_perceptron", {}, "strictly binary", Widths(8, 1, 64)),
        ("sign_perceptron", {"planes": 3}, "integer", Widths(8, 3, 64)),
        ("recommended", {}, "integer", Widths(8, 16, 64)),
        ("bmlp", {"arithmetic": "ternary", "hidden_bits": 16}, "strictly binary", Widths(16, 2, 16)),
        ("bmlp_readout", {"readout": "perceptron"}, "integer", Widths(8, 16, 64)),
        ("float_mlp", {"numbers": "int8", "input": "binary"}, "float", Widths(8, 8, 32)),
    ],
)
def test_classes_and_widths(name, params, kind, widths):
    made = method_class(name)(**params)
    assert purities.CLASSES[numbers_of(made)] == kind and made.widths == widths


@pytest.mark.parametrize("name", [name for name in METHODS if not needs_of(method_class(name))])
def test_operations_of_every_method_are_said(name, monkeypatch):
    monkeypatch.setattr(purities, "machine_code", lambda: [])
    monkeypatch.setattr(purities, "watched", lambda name, params: (True, "watched elsewhere"))
    found = purities.purity_of(name, {})
    assert found.training and found.name == name and found.floats in (True, False)


def test_json():
    code, said = call("float_mlp", "--json")
    found = json.loads(said)
    assert code == 0 and found["floats"] is True and found["kind"] == "float"
    assert found["widths"] == {"learning": 32, "predicting": 32, "widest": 32}


class Encoding(MultiLayerBinary):
    """It has fbbench itself handle floats in the middle of a training."""

    def _train(self, rows, labels):
        MedianBinarizer().fit(np.ones((100, 2)))
        return super()._train(rows, labels)


def test_floats_inside_of_fbbench_are_seen(monkeypatch):
    subject = Subject("bmlp", {})
    monkeypatch.setattr(subject, "cls", Encoding)
    with pytest.raises(floats_failed(), match=r"floats were seen: (encoders|test_purity)\.py"):
        floats.check_float_claim(subject)


def floats_failed():
    from fbbench.baselines.checks.subject import Failed

    return Failed


def test_a_claim_that_does_not_hold_is_said(monkeypatch):
    seen = machine_code.Looked(3, 100, ("train: mulsd %xmm0,%xmm1",), ("malloc",))
    monkeypatch.setattr(purities, "looked_at", lambda library: {"portable": seen})
    code, said = call("nearest_centroid")
    assert code == 1 and "claimed to be none; NOT shown" in said
    assert "100 instructions, 1 of floating point, the first in train: mulsd" in said
    monkeypatch.setattr(purities, "looked_at", lambda library: {"portable": machine_code.Looked(1, 9, (), ("sqrt",))})
    code, said = call("nearest_centroid")
    assert code == 1 and "sqrt of the system is called" in said


def test_an_unknown_method_is_said():
    code, said = call("sign_perceptrn")
    assert code and "sign_perceptron" in said
