"""Plain arrays predict what the library predicts, by a few lines of NumPy that know only what is said of them."""

import numpy as np
import pytest
from click.testing import CliRunner
from exports import READOUTS, every_kind, network_read_by, perceptron_of
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import perceptron_problems, problems

from fbbench import FullyBinaryNetwork, MajorityPerceptron, SignPerceptron
from fbbench.bits import pack
from fbbench.cli import main
from fbbench.datasets import random_prototypes
from fbbench.export import CannotExport, plain_arrays, write_npz


def network_scores(arrays, x):
    zeros, scores, all_units = str(arrays["arithmetic"]) == "ternary", 0, []

    def signs(z):
        return np.sign(z) if zeros else np.where(z >= 0, 1, -1)

    last = max(int(name[8:]) for name in arrays if name.startswith("weights_"))
    for number in range(last + 1):
        z = x @ arrays[f"weights_{number}"].astype(int).T
        x = signs(z)
        all_units.append(x)
        classifier = arrays[f"classifier_{number}"].astype(int)
        if str(arrays["readout"]) == "vote" or number == last:
            read = z if str(arrays["readout"]) == "preactivation" else x
            if classifier.shape[1] < x.shape[1]:
                read = signs(read.reshape(len(x), classifier.shape[1], -1).sum(axis=2))
            scores = scores + read @ classifier.T
    return np.concatenate(all_units, axis=1) @ arrays["reader"].astype(int).T if "reader" in arrays else scores


def perceptron_scores(arrays, x):
    wires, n_pairs = arrays["wires"].astype(int), int(arrays["n_pairs"])
    seen = x[:, wires // 2] * (1 - 2 * (wires % 2))
    units = np.where(seen.sum(axis=2) > 0, 1, -1)
    units[:, :n_pairs] = (seen[:, :, 0] * seen[:, :, 1])[:, :n_pairs] if n_pairs else 0
    both = np.concatenate([x, units], axis=1)
    if "input_weight" not in arrays:
        return both @ arrays["weights"].astype(int).T
    worth = np.repeat([int(arrays["input_weight"]), 1], [x.shape[1], units.shape[1]])
    return sum((both[:, None, :] == plane[None]) @ worth for plane in arrays["weights"])


def scores_of(arrays, x):
    return (perceptron_scores if "wires" in arrays else network_scores)(arrays, x.astype(int))


@given(problem=problems(), readout=READOUTS)
@settings(max_examples=60)
def test_networks(problem, readout):
    network, x = network_read_by(problem, readout), problem["batches"][0][0]
    assert np.array_equal(scores_of(plain_arrays(network), x), network.decision_function(pack(x)))


@pytest.mark.parametrize("kind", [MajorityPerceptron, SignPerceptron])
@given(problem=perceptron_problems(), n_passes=st.integers(0, 3), planes=st.integers(1, 4))
@settings(max_examples=30)
def test_perceptrons(kind, problem, n_passes, planes):
    model, x, _ = perceptron_of(kind, problem, n_passes, planes)
    assert np.array_equal(scores_of(plain_arrays(model), x), model.decision_function(pack(x)))


@pytest.mark.parametrize("model", every_kind())
def test_files_of_every_kind(tmp_path, model):
    written = write_npz(model, tmp_path / "plain.npz")
    with np.load(tmp_path / "plain.npz", allow_pickle=False) as file:
        arrays = dict(file)
    assert arrays.keys() == written.keys()
    x = random_prototypes(300, 784).features
    assert np.array_equal(scores_of(arrays, x), model.decision_function(pack(x)))


def test_hidden_weights_are_those_of_training():
    network = FullyBinaryNetwork((70, 35), 10, group_size=5, seed=1)
    arrays = plain_arrays(network)
    assert np.array_equal(arrays["hidden_weights_0"], network.hidden_weights(0))
    assert np.array_equal(np.where(arrays["hidden_weights_0"] >= 0, 1, -1), arrays["weights_0"])


def test_what_cannot_be_exported_is_said(tmp_path):
    with pytest.raises(CannotExport, match="got int"):
        write_npz(5, tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())


def test_the_command(tmp_path):
    SignPerceptron(70, 10, n_units=40, n_pairs=10, seed=1).save(tmp_path / "model.npz")
    out = tmp_path / "plain.npz"
    done = CliRunner().invoke(main, ["export", str(tmp_path / "model.npz"), "--to", "npz", "--output", str(out)])
    assert done.exit_code == 0 and "weights int8 (1, 10, 110)" in done.output, done.output
    with np.load(out, allow_pickle=False) as arrays:
        assert str(arrays["kind"]) == "SignPerceptron"
