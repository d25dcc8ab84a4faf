"""Exported C gives the library's scores and labels, and compiles without a word by every compiler that is here."""

import shutil
import subprocess

import numpy as np
import pytest
from click.testing import CliRunner
from exports import DEVICE, HOST, READOUTS, STRICT, every_kind, needs_compiler, network_read_by, perceptron_of
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import perceptron_problems, problems

from fbbench import FullyBinaryClassifier, FullyBinaryNetwork, MajorityPerceptron, SignPerceptron
from fbbench.bits import pack
from fbbench.cli import main
from fbbench.datasets import random_prototypes
from fbbench.export import CannotExport, c_header, load_any, write_c
from fbbench.export.c_text import words32

SCORES = r"""
#include <stdio.h>
#include "model.h"
int main(void)
{
    uint32_t row[FBB_ROW_WORDS];
    int32_t scores[FBB_CLASSES], c;
    while (fread(row, sizeof row, 1, stdin) == 1) {
        fbb_scores(row, scores);
        for (c = 0; c < FBB_CLASSES; c++)
            printf("%ld ", (long)scores[c]);
        printf("%ld\n", (long)fbb_predict(row));
    }
    return 0;
}
"""


def answers(model, rows, folder, compiler):
    """Return what the exported model says of packed rows: scores (N, C) and classes (N,)."""
    write_c(model, folder)
    (folder / "scores.c").write_text(SCORES)
    subprocess.run([compiler, *STRICT, folder / "scores.c", "-o", folder / "scores"], check=True)
    told = words32(rows, model.n_inputs).tobytes()
    done = subprocess.run([folder / "scores"], input=told, capture_output=True, check=True)
    found = np.array([line.split() for line in done.stdout.splitlines()], dtype=int)
    return found[:, :-1], found[:, -1]


def assert_same(model, rows, folder, compiler=None):
    scores, classes = answers(model, rows, folder, compiler or HOST[0])
    assert np.array_equal(scores, model.decision_function(rows))
    assert np.array_equal(classes, model.predict(rows))


@needs_compiler
@given(problem=problems(), readout=READOUTS)
@settings(max_examples=40)
def test_networks(tmp_path_factory, problem, readout):
    network = network_read_by(problem, readout)
    assert_same(network, pack(problem["batches"][0][0]), tmp_path_factory.mktemp("c"))


@needs_compiler
@pytest.mark.parametrize("kind", [MajorityPerceptron, SignPerceptron])
@given(problem=perceptron_problems(), n_passes=st.integers(0, 3), planes=st.integers(1, 4))
@settings(max_examples=20)
def test_perceptrons(tmp_path_factory, kind, problem, n_passes, planes):
    model, x, _ = perceptron_of(kind, problem, n_passes, planes)
    assert_same(model, pack(x), tmp_path_factory.mktemp("c"))


@pytest.mark.parametrize("compiler", [*HOST, DEVICE])
@pytest.mark.parametrize("model", every_kind())
def test_ten_thousand_rows_and_no_warning(tmp_path, model, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    if compiler == DEVICE:
        write_c(model, tmp_path)
        for core in ("cortex-m4", "cortex-m0plus"):
            (tmp_path / "only.c").write_text(
                '#include "model.h"\nint f(const uint32_t *x) { return fbb_predict(x); }\n'
            )
            command = [
                DEVICE,
                *STRICT,
                f"-mcpu={core}",
                "-mthumb",
                "-c",
                tmp_path / "only.c",
                "-o",
                tmp_path / "only.o",
            ]
            subprocess.run(command, check=True)
        return
    assert_same(model, pack(random_prototypes(10_000, 784).features), tmp_path, compiler)


def test_sizes_are_of_the_tables():
    header = c_header(FullyBinaryNetwork((784, 135, 135), 10, group_size=15, seed=0))
    words = 135 * 25 + 135 * 5 + 10 * 5  # of 784 and 135 bits, and the classifier that is read
    assert header.table_bytes == 4 * words
    assert f"{4 * words:,} bytes of tables" in header.text


def test_a_classifier_exports_its_network():
    source = random_prototypes(200, 40)
    classifier = FullyBinaryClassifier(memory="20 kB", random_state=0).fit(source.features, source.labels)
    text, of_network = c_header(classifier).text, c_header(classifier.network_).text
    assert text.endswith(of_network)  # what is outside of it is said
    assert text.startswith(
        "/* Rows are the bits that MedianBinarizer makes of numbers; classes 0 .. 9 stand for 0, 1, 2,"
    )


def test_what_cannot_be_exported_is_said(tmp_path):
    with pytest.raises(CannotExport, match="got int"):
        write_c(5, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@needs_compiler
def test_the_command_and_the_example(tmp_path):
    source = random_prototypes(300, 70)
    rows = pack(source.features)
    for model in (
        FullyBinaryNetwork((70, 35), 10, group_size=5, seed=1),
        SignPerceptron(70, 10, n_units=40, n_pairs=10, seed=1),
        MajorityPerceptron(70, 10, n_units=40, n_pairs=10, seed=1),
    ):
        model.train_epoch(rows, source.labels)
        model.save(tmp_path / "model.npz")
        assert load_any(tmp_path / "model.npz").state_hash() == model.state_hash()
        done = CliRunner().invoke(main, ["export", str(tmp_path / "model.npz"), "--output", str(tmp_path / "device")])
        assert done.exit_code == 0 and "bytes of tables" in done.output, done.output
        subprocess.run([HOST[0], *STRICT, tmp_path / "device" / "example.c", "-o", tmp_path / "predict"], check=True)
        told = words32(rows, 70).tobytes()
        done = subprocess.run([tmp_path / "predict"], input=told, capture_output=True, check=True)
        assert np.array_equal(np.array(done.stdout.split(), dtype=int), model.predict(rows))


def test_a_file_that_is_no_model_is_said(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"no model")
    done = CliRunner().invoke(main, ["export", str(tmp_path / "x.npz"), "--output", str(tmp_path / "out")])
    assert done.exit_code == 1 and "is not a whole network file" in done.output
    assert not (tmp_path / "out").exists()
