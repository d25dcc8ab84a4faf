"""Long trainings go on from a checkpoint as if nothing had happened; anything else in its place is not used."""

import dataclasses
import json

import numpy as np
import pytest
from fbbench.baselines.protocol import METHODS, method_class
from sklearn.base import clone
from stores import planned_of, skip_without_packages, suite_of

from fbbench.bits import pack
from fbbench.datasets import random_prototypes
from fbbench.experiments.rows import checkpoint
from fbbench.experiments.rows.checkpoint import CheckpointFile, read_checkpoint, write_checkpoint
from fbbench.experiments.running import train
from fbbench.experiments.running.train import train_cell

VARIANTS = [
    ("bmlp", {"hidden_layers": [35, 70], "arithmetic": "ternary", "hidden_bits": 16}),
    ("bmlp", {"hidden_layers": [35]}),
    ("bmlp", {"hidden_layers": [35], "trained_classifier": True, "clip": 64}),
    ("bep", {"hidden_layers": [35, 20], "grow_after": 1, "group_size": 5}),
    ("single_layer", {"committees": [(55, 5), (44, 4)]}),
    ("bmlp_readout", {"hidden_layers": [35, 20], "readout": "perceptron"}),
    ("bmlp_readout", {"hidden_layers": [35, 20], "readout": "vote"}),
    ("recommended", {"n_units": 70}),
    ("sign_perceptron", {"n_units": 70, "epochs": 6, "planes": 3}),
    ("float_mlp", {"hidden_layers": [20, 10], "input": "binary"}),
    ("float_mlp", {"hidden_layers": [20], "input": "binary", "optimizer": "adam"}),
    ("float_mlp", {"hidden_layers": [20], "input": "binary", "schedule": "linear", "momentum": 0.9}),
    ("float_mlp", {"hidden_layers": [20], "input": "binary", "numbers": "int8"}),
    ("softmax", {"input": "binary", "weight_decay": 0.001}),
    ("last_epochs", {"hidden_layers": [35, 20], "n_votes": 4}),
]


class Stopped(Exception):
    pass


def stop_after(epoch):
    def report(done):
        if done == epoch:
            raise Stopped

    return report


@pytest.fixture(scope="module")
def prototypes():
    source = random_prototypes(600, 100, 4, flip_probability=0.3)
    return pack(source.features), source.labels


def test_every_method_that_has_checkpoints_is_tried():
    assert {name for name, _ in VARIANTS} == {name for name in METHODS if hasattr(method_class(name), "checkpoint")}


@pytest.mark.parametrize("name, params", VARIANTS)
def test_methods_go_on_bit_for_bit(name, params, prototypes, tmp_path):
    skip_without_packages(name)
    x, y = prototypes
    quiet = method_class(name)(**params, n_bits=100, random_state=5)
    for _ in range(6):
        quiet.partial_fit(x, y, classes=range(4))
    first = clone(quiet)
    for _ in range(3):
        first.partial_fit(x, y, classes=range(4))
    write_checkpoint(tmp_path / "c.npz", "key", {"epochs": 3}, first.checkpoint())
    first.partial_fit(x, y, classes=range(4))  # what was written does not change with it
    progress, arrays = read_checkpoint(tmp_path / "c.npz", "key")
    assert progress == {"epochs": 3}
    second = clone(quiet)
    second.restore(arrays)
    for _ in range(3):
        second.partial_fit(x, y, classes=range(4))
    final, again = quiet.checkpoint(), second.checkpoint()
    assert final.keys() == again.keys()
    assert all(np.array_equal(final[key], again[key]) for key in final)
    assert second.training_accuracy_ == quiet.training_accuracy_
    if hasattr(quiet, "state_hash"):
        assert second.state_hash() == quiet.state_hash()


@pytest.fixture
def planned(tmp_path):
    return planned_of(suite_of(tmp_path, "epochs = 2", "epochs = 7"))[0]


@pytest.mark.parametrize("stops", [(1,), (6,), (2, 5), (1, 2, 3, 4, 5, 6)])
def test_a_cell_stopped_between_epochs_ends_the_same(planned, tmp_path, stops):
    quiet, _ = train_cell(planned)
    checkpoint_file = CheckpointFile(tmp_path / "c.npz", seconds=0)
    for stop in stops:
        with pytest.raises(Stopped):
            # the report of an epoch comes before its checkpoint: the one before it is what is left
            train_cell(planned, checkpoint_file, stop_after(stop))
    outcome, run = train_cell(planned, checkpoint_file)
    assert outcome == quiet
    assert run["resumed_after_epochs"] == [stop - 1 for stop in stops if stop > 1]
    assert len(run["epoch_wall_seconds"]) == len(run["epoch_cpu_seconds"]) == 7


def test_short_cells_write_none(planned, tmp_path):
    path = tmp_path / "c.npz"
    train_cell(planned, CheckpointFile(path))
    assert not path.exists()


def test_what_is_not_this_cells_checkpoint_is_not_used(planned, tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    checkpoint_file = CheckpointFile(path, seconds=0)
    with pytest.raises(Stopped):
        train_cell(planned, checkpoint_file, stop_after(4))
    content = path.read_bytes()
    assert read_checkpoint(path, planned.key)[0]["heldout"]
    assert read_checkpoint(path, "another key") is None
    assert read_checkpoint(tmp_path / "none.npz", planned.key) is None
    for damaged in (b"", content[: len(content) // 2], b"x" * 500, flipped(content)):
        path.write_bytes(damaged)
        assert read_checkpoint(path, planned.key) is None
    path.write_bytes(content)
    monkeypatch.setattr(checkpoint, "package_versions", lambda: {"numpy": "another"})
    assert read_checkpoint(path, planned.key) is None
    outcome, run = train_cell(planned, checkpoint_file)
    assert run["resumed_after_epochs"] == [] and len(outcome["curve_heldout"]) == 7


def flipped(content):
    """Return a checkpoint with one bit of its hidden weights changed."""
    place = content.index(b"method_hidden_0.npy") + 400
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_no_room_for_a_checkpoint_does_not_stop_the_training(planned, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(train, "write_checkpoint", full)
    outcome, run = train_cell(planned, CheckpointFile(tmp_path / "c.npz", seconds=0))
    assert len(outcome["curve_heldout"]) == 7 and "No space left" in run["checkpoint_error"]


def test_a_checkpoint_holds_no_pickle(planned, tmp_path):
    path = tmp_path / "c.npz"
    with pytest.raises(Stopped):
        train_cell(planned, CheckpointFile(path, seconds=0), stop_after(3))
    with np.load(path, allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
        assert json.loads(archive["header"].tobytes())["key"] == planned.key


def test_other_data_are_noticed(planned):
    with pytest.raises(train.OtherData, match="another checksum than the cell was planned with"):
        train_cell(dataclasses.replace(planned, identity={**planned.identity, "checksum": "other"}))
