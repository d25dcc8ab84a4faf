"""onnxruntime gives the library's labels and scores, ties and sign(0) among them."""

import sys

import numpy as np
import pytest
from click.testing import CliRunner
from exports import READOUTS, every_kind, network_read_by, perceptron_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from strategies import perceptron_problems, problems

from fbbench import FullyBinaryClassifier, FullyBinaryNetwork, MajorityPerceptron, SignPerceptron
from fbbench.bits import pack
from fbbench.cli import main
from fbbench.datasets import random_prototypes
from fbbench.encoders import MedianBinarizer, ThermometerEncoder
from fbbench.export import CannotExport, onnx_graph, onnx_model, plain_arrays, write_onnx

pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def answers(model, rows):
    """Return labels and scores of onnxruntime."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(
        onnx_model(model).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(["label", "scores"], {"features": rows})


def assert_same(model, x):
    labels, scores = answers(model, np.asarray(x, dtype=np.int8))
    assert np.array_equal(scores, model.decision_function(pack(x)))
    assert np.array_equal(labels, model.predict(pack(x)))


@given(problem=problems(), readout=READOUTS)
@settings(max_examples=60)
def test_networks(problem, readout):
    assert_same(network_read_by(problem, readout), problem["batches"][0][0])


@pytest.mark.parametrize("kind", [MajorityPerceptron, SignPerceptron])
@given(problem=perceptron_problems(), n_passes=st.integers(0, 3), planes=st.integers(1, 4))
@settings(max_examples=30)
def test_perceptrons(kind, problem, n_passes, planes):
    model, x, _ = perceptron_of(kind, problem, n_passes, planes)
    assert_same(model, x)


@pytest.mark.parametrize("model", every_kind())
def test_ten_thousand_rows(model):
    x = random_prototypes(10_000, 784).features
    assert_same(model, x)
    scores = np.sort(model.decision_function(pack(x)), axis=1)
    if not isinstance(model, MajorityPerceptron):  # whose sums are too large to meet often
        assert (scores[:, -1] == scores[:, -2]).any()  # ties


@pytest.mark.parametrize("encoder", [None, MedianBinarizer(), ThermometerEncoder(5), MedianBinarizer("global")])
@pytest.mark.parametrize("memory", [None, "40 kB"])
@pytest.mark.parametrize("names", [np.array(["no", "yes", "perhaps"]), np.array([3, 7, 11]), np.array([0.0, 1.0, 2.0])])
def test_a_classifier_with_its_encoder_and_names(encoder, memory, names):
    drawn = np.random.default_rng(0)
    y = drawn.integers(3, size=400)
    x = drawn.normal(size=(400, 6)) + y[:, None]
    x = np.where(x > 1, 1.0, -1.0) if encoder is None else x.astype(np.float32)
    classifier = FullyBinaryClassifier((15,), memory=memory, encoder=encoder, epochs=3, random_state=0)
    classifier.fit(x[:300], names[y[:300]])
    labels, scores = answers(classifier, x.astype(np.int8 if encoder is None else np.float64))
    assert np.array_equal(labels, classifier.predict(x))
    assert np.array_equal(scores, classifier.decision_function(x))


def test_thresholds_that_floats_do_not_hold():
    x = (np.arange(40, dtype=np.int64)[:, None] // 3) + (1 << 60)
    y = (np.arange(40) > 20).astype(int)
    classifier = FullyBinaryClassifier((5,), epochs=2, random_state=0).fit(x, y)
    labels, _ = answers(classifier, x)
    assert np.array_equal(labels, classifier.predict(x))


def test_sums_beyond_24_bits_take_wider_floats():
    arrays = plain_arrays(MajorityPerceptron(20, 3, n_units=10, n_pairs=2, seed=0))
    assert onnx_graph.kind_for(arrays) == np.float32
    arrays["weights"] = np.full((3, 30), -32768, dtype=np.int16)
    assert onnx_graph.kind_for(arrays) == np.float32
    arrays["weights"] = np.full((3, 300), -32768, dtype=np.int16)
    assert onnx_graph.kind_for(arrays) == np.float64


def test_what_cannot_be_exported_is_said(tmp_path, monkeypatch):
    with pytest.raises(CannotExport, match="got int"):
        write_onnx(5, tmp_path / "x.onnx")
    unknown = FullyBinaryClassifier((5,), encoder=SignsOf(), epochs=1, random_state=0)
    unknown.fit(np.arange(20.0)[:, None], np.arange(20) > 9)
    with pytest.raises(CannotExport, match="the encoder SignsOf has no rendering in ONNX"):
        write_onnx(unknown, tmp_path / "x.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'fbbench\[onnx\]'"):
        write_onnx(FullyBinaryNetwork((20, 10), 3, group_size=5, seed=0), tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


class SignsOf(TransformerMixin, BaseEstimator):
    """An encoder that ONNX does not know."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.where(X > 10, 1, -1)


def test_the_command(tmp_path):
    FullyBinaryNetwork((70, 35), 10, group_size=5, seed=1).save(tmp_path / "model.npz")
    out = tmp_path / "model.onnx"
    done = CliRunner().invoke(main, ["export", str(tmp_path / "model.npz"), "--to", "onnx", "--output", str(out)])
    assert done.exit_code == 0 and "features int8 (N, 70)" in done.output, done.output
    assert out.stat().st_size > 1000
