"""Exported C learns what the library learns: after mini-batches, every hidden weight is the same."""

import itertools
import shutil
import subprocess

import numpy as np
import pytest
from click.testing import CliRunner
from exports import DEVICE, HOST, OPTIONS, STRICT, needs_compiler, perceptron_of, words_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import network_of, perceptron_problems, problems

from fbbench import FullyBinaryNetwork, MajorityPerceptron, SignPerceptron, kernels
from fbbench.bits import pack
from fbbench.cli import main
from fbbench.datasets import random_prototypes
from fbbench.export import CannotExport, c_header, write_c
from fbbench.network.rules.error_propagation import ErrorPropagation

LEARN = r"""
#include <stdio.h>
#include <stdlib.h>
#include "model.h"
int main(void)
{
    int32_t n, c, right;
    while (fread(&n, sizeof n, 1, stdin) == 1) {
        uint32_t *rows = malloc((size_t)n * FBB_ROW_WORDS * 4);
        int32_t *labels = malloc((size_t)n * 4);
        if (fread(rows, 4, (size_t)n * FBB_ROW_WORDS, stdin) + fread(labels, 4, (size_t)n, stdin) == 0)
            return 1;
        right = fbb_learn(rows, labels, n);
        fwrite(&right, sizeof right, 1, stdout);
        for (c = 0; c < n; c++) {
            const int32_t found = fbb_predict(rows + c * FBB_ROW_WORDS);
            fwrite(&found, sizeof found, 1, stdout);
        }
        free(rows);
        free(labels);
    }
    fwrite(&fbb_state, sizeof fbb_state, 1, stdout);
    return 0;
}
"""


def learnt_in_c(model, batches, folder, compiler=None):
    """Return (how many were right and what was predicted afterwards of every mini-batch, bytes of the state)."""
    write_c(model, folder, training=True, batch=max(len(y) for _, y in batches))
    (folder / "learn.c").write_text(LEARN)
    subprocess.run([compiler or HOST[0], *STRICT, folder / "learn.c", "-o", folder / "learn"], check=True)
    told = b"".join(np.int32(len(y)).tobytes() + words_of(x).tobytes() + y.astype("<i4").tobytes() for x, y in batches)
    said = subprocess.run([folder / "learn"], input=told, capture_output=True, check=True).stdout
    counts = sum(len(y) + 1 for _, y in batches)
    return np.frombuffer(said[: 4 * counts], dtype="<i4"), said[4 * counts :]


def assert_learns_the_same(network, batches, folder, compiler=None):
    numbers, state = learnt_in_c(network, batches, folder, compiler)
    expected = []
    for x, y in batches:
        expected.append(network.train_batch(x, y, network._previous_accuracy))
        expected.extend(network.predict(x))
    assert np.array_equal(numbers, expected)
    assert state == c_header(network, training=True).state


@needs_compiler
@given(problem=problems())
@settings(max_examples=60)
def test_networks(tmp_path_factory, problem):
    assume(not problem["keywords"]["trained_classifier"])
    network = network_of(problem)
    assert_learns_the_same(network, problem["batches"], tmp_path_factory.mktemp("c"))


@needs_compiler
@pytest.mark.parametrize("reinforcement", [0.0, 0.5, 50.0])
@pytest.mark.parametrize("name", [*(n for n in OPTIONS if n != "perceptron"), "error propagation", "deep"])
def test_every_kind_of_network(tmp_path, name, reinforcement):
    options = {"error propagation": {"rule": ErrorPropagation(gate=0.2)}, "deep": {"rule": ErrorPropagation()}}
    sizes = (90, 45, 30, 30) if name == "deep" else (90, 45, 30)
    network = FullyBinaryNetwork(
        sizes, 10, group_size=5, seed=4, reinforcement=reinforcement, **{**OPTIONS, **options}[name]
    )
    source = random_prototypes(400, 90)
    network.train_epoch(source.features, source.labels)
    cuts = [0, 20, 57, 58, 100]
    batches = [(source.features[a:b], source.labels[a:b]) for a, b in itertools.pairwise(cuts)]
    assert_learns_the_same(network, batches, tmp_path)


@needs_compiler
@given(problem=perceptron_problems(), n_passes=st.integers(0, 2), planes=st.integers(1, 3))
@pytest.mark.parametrize("kind", [MajorityPerceptron, SignPerceptron])
@settings(max_examples=20)
def test_perceptrons(tmp_path_factory, kind, problem, n_passes, planes):
    model, x, y = perceptron_of(kind, problem, n_passes, planes, epochs=9)
    numbers, state = learnt_in_c(model, [(x, y), (x[::-1], y[::-1])], tmp_path_factory.mktemp("c"))
    expected = []
    for rows, labels in ((x, y), (x[::-1], y[::-1])):
        packed, order = pack(rows), np.arange(len(rows))
        if kind is SignPerceptron:
            right, model.margin = kernels.active().train_signs(
                model, packed, labels.astype(np.int32), order, model.margin, len(rows), 0, 0
            )
            model.votes[:], model._kept_planes = 0, None
        else:
            margin = 16 * model.n_features >> min(n_passes, 3)
            right = kernels.active().train_perceptron(model, packed, labels.astype(np.int32), order, margin, 0, 0)
            model.sums[:] = 0
        expected += [right, *model.predict(rows)] if hasattr(model, "predict") else [right]
    assert np.array_equal(numbers, expected)
    assert state == c_header(model, training=True).state


@pytest.mark.parametrize("compiler", [*HOST, DEVICE])
@pytest.mark.parametrize("kind", ["binary", "ternary committee", "error propagation", "MajorityPerceptron", "Sign"])
def test_no_warning(tmp_path, compiler, kind):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    if kind == "MajorityPerceptron":
        model = MajorityPerceptron(70, 10, n_units=40, n_pairs=10, seed=1)
    elif kind == "Sign":
        model = SignPerceptron(70, 10, n_units=40, n_pairs=10, seed=1)
    else:
        options = OPTIONS.get(kind, {"rule": ErrorPropagation()})
        model = FullyBinaryNetwork((70, 35, 20), 10, group_size=5, seed=1, **options)
    write_c(model, tmp_path, training=True)
    core = ["-mcpu=cortex-m0plus", "-mthumb"] if compiler == DEVICE else []
    subprocess.run(
        [compiler, *STRICT, "-Wconversion", *core, "-c", tmp_path / "learn_example.c", "-o", tmp_path / "x.o"],
        check=True,
    )


@needs_compiler
def test_bad_mini_batches_change_nothing(tmp_path):
    for model in (FullyBinaryNetwork((70, 35), 10, group_size=5, seed=1), SignPerceptron(70, 10, n_units=40, seed=1)):
        x = random_prototypes(20, 70).features
        good = np.arange(20) % 10
        for bad in (10, -1):
            labels = good.copy()
            labels[7] = bad
            numbers, state = learnt_in_c(model, [(x, labels)], tmp_path)
            assert numbers[0] == -1 and state == c_header(model, training=True).state


@needs_compiler
def test_the_command_and_the_example(tmp_path):
    network = FullyBinaryNetwork((70, 35), 10, group_size=5, seed=1)
    network.save(tmp_path / "model.npz")
    out = tmp_path / "device"
    command = ["export", str(tmp_path / "model.npz"), "--training", "--batch", "10", "--output", str(out)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0 and "bytes of what learns" in done.output, done.output
    subprocess.run([HOST[0], *STRICT, out / "learn_example.c", "-o", tmp_path / "learn"], check=True)
    source = random_prototypes(25, 70)
    rows = words_of(source.features)
    told = np.concatenate([rows, source.labels[:, None].astype("<u4")], axis=1).astype("<u4").tobytes()
    done = subprocess.run([tmp_path / "learn"], input=told, capture_output=True, check=True, text=False)
    right = [network.train_batch(source.features[a : a + 10], source.labels[a : a + 10]) for a in (0, 10, 20)]
    assert done.stdout.decode().split("\n")[:3] == [f"{n} of {m}" for n, m in zip(right, (10, 10, 5), strict=True)]


def test_what_cannot_learn_in_c_is_said():
    learns = FullyBinaryNetwork((20, 10), 3, group_size=5, seed=0, readout="perceptron")
    with pytest.raises(CannotExport, match="training with the read-out 'perceptron'"):
        c_header(learns, training=True)
    trained = FullyBinaryNetwork((20, 10), 3, group_size=5, seed=0, trained_classifier=True)
    with pytest.raises(CannotExport, match="training of classifiers"):
        c_header(trained, training=True)
    with pytest.raises(ValueError, match="batch"):
        c_header(FullyBinaryNetwork((20, 10), 3, group_size=5, seed=0), training=True, batch=0)
