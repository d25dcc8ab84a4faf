"""Every method passes the checks, the checks find what is wrong, and a method of another package joins by itself."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from commands import call
from fbbench.baselines.bmlp import MultiLayerBinary
from fbbench.baselines.checks import CHECKS, Subject, parametrize_with_checks, results_of
from fbbench.baselines.protocol import HELPERS, METHODS
from fbbench.baselines.template import Template

from fbbench.cli import main

NOT_CHECKED = {}
"""Methods without checks, and why."""

METHODS_AND_PARAMS = [
    ("bmlp", {}), ("bmlp", {"arithmetic": "ternary", "trained_classifier": True}),
    ("single_layer", {"committees": [(165, 15)]}),
    ("bmlp_readout", {"readout": "perceptron"}), ("bmlp_readout", {"readout": "preactivation"}),
    ("float_mlp", {"input": "binary", "hidden_layers": [20, 20], "learning_rate": 0.1}), ("float_mlp", {}),
    *((name, {}) for name in METHODS if name not in ("bmlp", "single_layer", "float_mlp")),
]  # fmt: skip


@parametrize_with_checks(METHODS_AND_PARAMS)
def test_method(check):
    check()


def test_every_method_has_checks_or_a_written_reason():
    checked = {name for name, _ in METHODS_AND_PARAMS}
    assert checked | set(NOT_CHECKED) == set(METHODS)
    assert all(len(reason.split()) > 3 for reason in NOT_CHECKED.values())
    files = {path.stem for path in (Path(__file__).parents[2] / "baselines").glob("*.py")}
    assert files - set(HELPERS) <= set(METHODS)


def wrong(**change):
    """Return a class that breaks one rule."""
    return type("Wrong", (MultiLayerBinary,), {"__doc__": MultiLayerBinary.__doc__, **change})


class Forgetful(MultiLayerBinary):
    """It goes on from the last fit, forgets its seed, and more; see the tests."""

    def fit(self, X, y):
        return self.partial_fit(X, y, classes=np.unique(y))


class Peeking(MultiLayerBinary):
    """It draws randomness that no seed decides."""

    def _predict(self, rows):
        return np.random.default_rng().integers(0, 4, len(rows))


class Writing(MultiLayerBinary):
    """It writes to its input."""

    def partial_fit(self, X, y, classes=None):
        y[:1] = y[1:2]
        return super().partial_fit(X, y, classes)


class Globally(MultiLayerBinary):
    """Now and then it asks a generator that is not its own."""

    def _predict(self, rows):
        flip = np.random.rand(len(rows)) < 0.02  # noqa: NPY002
        return np.where(flip, 0, super()._predict(rows))


class Learning(MultiLayerBinary):
    """It learns from its own answers."""

    def _predict(self, rows):
        answers = super()._predict(rows)
        self.network_.train_epoch(rows, answers, 100)
        return answers


class Neighbourly(MultiLayerBinary):
    """It looks at how many rows of a class it has seen in the same call."""

    def _predict(self, rows):
        answers = super()._predict(rows)
        return np.where(np.arange(len(rows)) > 50, 0, answers)


class Packing(MultiLayerBinary):
    """It zeroes packed rows that it may write to."""

    def _train(self, rows, labels):
        right = super()._train(rows, labels)
        if self.n_bits and rows.flags.writeable:
            rows[:] = 0
        return right


class Keeping(MultiLayerBinary):
    """It keeps floats as an attribute."""

    def _start(self, n_inputs, n_classes):
        super()._start(n_inputs, n_classes)
        self.kept_ = np.zeros((n_classes, n_inputs))


class Borrowing(MultiLayerBinary):
    """It has another library compute in floats."""

    def _train(self, rows, labels):
        from sklearn.linear_model import SGDClassifier

        SGDClassifier().fit(np.eye(10), np.arange(10) % 2)
        return super()._train(rows, labels)


class Floating(MultiLayerBinary):
    """It says that it needs no floats, and has some."""

    def _train(self, rows, labels):
        noise = np.random.default_rng(0).normal(size=1000)
        return super()._train(rows, labels) + 0 * noise[0]


class Inside(MultiLayerBinary):
    """It says that it needs no floats, and multiplies some in the middle of an expression."""

    def _train(self, rows, labels):
        right = super()._train(rows, labels)
        return right + 0 * int((rows[:, :1].ravel().astype(np.float64) * 1.5).sum() > 0)


class Untyped(MultiLayerBinary):
    """It takes parameters as they come."""

    def partial_fit(self, X, y, classes=None):
        given, self.trained_classifier = self.trained_classifier, bool(self.trained_classifier)
        super().partial_fit(X, y, classes)
        self.trained_classifier = given
        return self


class Numbering(MultiLayerBinary):
    """It returns class numbers in place of labels."""

    def predict(self, X):
        return self._predict(self._rows(X))


class Crashing(MultiLayerBinary):
    """It has another error for bad input."""

    def _check_width(self, X):
        assert np.shape(X)[1] == self.n_features_in_


@pytest.mark.parametrize(
    "cls, check, said",
    [
        (Forgetful, "fit_starts_anew", "must start from scratch"),
        (Forgetful, "epochs_one_at_a_time", "three calls of partial_fit"),
        (Peeking, "same_seed_same_result", "must predict the same"),
        (Globally, "same_seed_same_result", "must predict the same"),
        (Learning, "predict_only_predicts", "predict must not learn"),
        (Neighbourly, "predict_only_predicts", "must not depend on its neighbours"),
        (Packing, "inputs_unchanged", "must not change X (packed)"),
        (Keeping, "float_claim", "attribute kept_"),
        (Borrowing, "float_claim", "a call of"),
        (wrong(memory=lambda self, task: {"data": task.n_samples}), "memory", "must be at least the"),
        (Peeking, "learns", "must be at least 0.6"),
        (Writing, "inputs_unchanged", "must not change y"),
        (Floating, "float_claim", "floats were seen: test_conformance.py"),
        (Inside, "float_claim", "(in an expression)"),
        (
            Untyped,
            "parameter_types",
            "='no' was taken; call fbbench.baselines.parameters.check_parameters",
        ),
        (Numbering, "labels_of_any_kind", "must return the labels it was given"),
        (Crashing, "bad_input", "other features than in training must be a ValueError; got AssertionError"),
        (wrong(memory=lambda self, task: {"weights": 8}), "memory", "must have a part 'data'"),
        (wrong(memory=lambda self, task: {"data": 0.5}), "memory", "must be whole bits"),
        (wrong(memory=lambda self, task: {"data": 10**9}), "memory", "must grow with the number of samples"),
        (wrong(memory=lambda self, task: {"data": 8}), "shapes", "memory must grow with the width"),
        (wrong(gates=lambda self, task: {"XNOR": 8}), "gates", "must grow with batch_size"),
        (wrong(input="words"), "parameters", "input must be 'bits', 'float' or 'table'"),
        (wrong(__doc__=""), "source", "must have a docstring"),
        (wrong(checkpoint=lambda self: {}, restore=lambda self, arrays: None), "checkpoint", "must go on as the first"),
    ],
)
def test_the_checks_find_what_is_wrong(monkeypatch, cls, check, said):
    monkeypatch.setitem(METHODS, "wrong", f"{__name__}:Wrong")
    monkeypatch.setattr(sys.modules[__name__], "Wrong", cls, raising=False)
    monkeypatch.setattr("fbbench.baselines.checks.CHECKS", [c for c in CHECKS if c.__name__ == f"check_{check}"])
    ((_, outcome, why),) = results_of("wrong")
    assert outcome == "failed" and said in why, why


def test_kinds_of_gates_without_a_price_are_pointed_out(monkeypatch):
    cls = wrong(gates=lambda self, task: {"quantum leap": self.batch_size})
    monkeypatch.setitem(METHODS, "wrong", f"{__name__}:Wrong")
    monkeypatch.setattr(sys.modules[__name__], "Wrong", cls, raising=False)
    monkeypatch.setattr("fbbench.baselines.checks.CHECKS", [c for c in CHECKS if c.__name__ == "check_kinds_of_gates"])
    ((_, outcome, why),) = results_of("wrong")
    assert outcome == "warning" and "quantum leap; known are XNOR 1" in why
    cls.own_gates = {"quantum leap": "one gate each, by our own count"}
    ((_, outcome, why),) = results_of("wrong")
    assert outcome == "ok", why


def test_checks_take_parameters():
    command = ["check-baseline", "majority", "--param"]
    done = CliRunner().invoke(main, [*command, "epochs=2", "--param", "batch_size = 50"])
    assert done.exit_code == 0, done.output
    wrong_ones = ("epochs", "NAME=VALUE"), ("epochs=no", "epochs must be"), ("nose=1", "no parameter 'nose'")
    for pair, said in wrong_ones:
        done = CliRunner().invoke(main, [*command, pair])
        assert done.exit_code != 0 and said in " ".join(done.output.split())


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_checks_work_without_asserts_and_docstrings(option, tmp_path):
    """Under -O asserts are gone, so that every check was passed; -OO has no docstrings, and ended in a traceback."""
    for arguments in (["check-baseline", "nearest_centroid"], ["card", "majority"], ["list"]):
        done = subprocess.run(
            [sys.executable, option, "-m", "fbbench", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    code = (
        "from fbbench.baselines.checks import results_of, CHECKS\nfrom fbbench.baselines.majority import Majority\n"
        "Majority.memory = lambda self, task: {}\n"
        "print({c.__name__: o for c, o, w in results_of('majority')}['check_memory'])"
    )
    done = subprocess.run([sys.executable, option, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "failed", done.stderr


def test_a_ledger_that_is_too_small_is_found(monkeypatch, tmp_path):
    (tmp_path / "greedy.py").write_text(
        '"""Greedy: holds more than it says, in a test of the checks of fbbench."""\n'
        "import numpy as np\nfrom fbbench.baselines.bmlp import MultiLayerBinary\n"
        "class Greedy(MultiLayerBinary):\n"
        '    """Greedy."""\n'
        "    def _train(self, rows, labels):\n"
        "        self.kept = np.ones(30_000_000, dtype=np.uint8)\n"
        "        return super()._train(rows, labels)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "from fbbench.baselines import protocol\nprotocol.METHODS['greedy'] = 'greedy:Greedy'\n"
    )
    monkeypatch.setitem(METHODS, "greedy", "greedy:Greedy")
    monkeypatch.setattr("fbbench.baselines.checks.CHECKS", [c for c in CHECKS if c.__name__ == "check_ledger"])
    ((_, outcome, why),) = results_of("greedy")
    if outcome == "skipped":
        pytest.skip(why)
    assert outcome == "failed" and "MB beside the data, the ledger has" in why


def test_check_baseline():
    done = call("check-baseline", "majority")
    assert done.exit_code == 0 and "skipped" in done.output and "ok" in done.output
    assert "did you mean 'majority'" in call("check-baseline", "majorty").output


def test_check_baseline_says_what_fails(monkeypatch):
    monkeypatch.setitem(METHODS, "wrong", f"{__name__}:Numbering")
    monkeypatch.setattr("fbbench.baselines.checks.CHECKS", [c for c in CHECKS if "labels" in c.__name__])
    done = call("check-baseline", "wrong")
    assert (
        done.exit_code == 1 and "1 failed" in done.output and "must return the labels" in " ".join(done.output.split())
    )


def test_a_card_says_all_about_a_method(tmp_path):
    done = call("card", "nearest_centroid", "--out", tmp_path / "card.md")
    assert done.exit_code == 0 and (tmp_path / "card.md").read_text() == done.output
    for words in (
        "| centroids | 7,840 |",
        "| digits | ",
        "floating-point numbers: no",
        "- ok: ",
        "- skipped: ",
        "Source:",
    ):
        assert words in done.output


def test_the_template_is_a_method():
    subject = Subject("bmlp")
    subject.cls = Template
    assert np.mean(subject.trained().predict(subject.x_heldout) == subject.y_heldout) > 0.6


def test_a_method_that_needs_arguments_or_exits_fails_its_checks(monkeypatch):
    monkeypatch.setitem(METHODS, "needy", f"{__name__}:Needy")
    ((_, outcome, why),) = results_of("needy")
    assert outcome == "failed" and "cannot be made without arguments" in why
    monkeypatch.setitem(METHODS, "leaving", f"{__name__}:Leaving")
    monkeypatch.setattr("fbbench.baselines.checks.CHECKS", [c for c in CHECKS if c.__name__ == "check_learns"])
    ((_, outcome, why),) = results_of("leaving")
    assert outcome == "failed" and "SystemExit" in why


class Needy(MultiLayerBinary):
    """It has a parameter without default."""

    def __init__(self, k):
        self.k = k


class Leaving(MultiLayerBinary):
    """It ends the process."""

    def _train(self, rows, labels):
        sys.exit(3)
