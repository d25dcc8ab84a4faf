"""Conformance: what a method must do to be compared. ``fbbench check-baseline NAME``, or in pytest
``@parametrize_with_checks(["mine"])``.

Every check takes a :class:`Subject` and raises AssertionError with what was wrong and what was expected, or
:class:`Skipped` with a reason.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fbbench.bits import pack
from fbbench.costs import total_bits, total_gates
from fbbench.datasets import random_prototypes

from .protocol import METHODS, Task, method_class

N_TRAIN, N_BITS, N_CLASSES = 600, 200, 4
TASK = Task(50_000, 784, 10)
LARGE = 64
"""Values of an array from which on it counts as one that a hot loop works on."""
FLOOR = 0.6
"""Held-out accuracy on easy prototypes that a method must reach, where chance is 0.25, unless it has a ``floor``."""
SLACK_BYTES = 6e6
"""What a measured peak may hold beside the ledger: the allocator's, and code that is read in."""


class Skipped(Exception):
    """A check that does not apply, and why."""


@dataclass
class Subject:
    """A method under test, and data for it: easy prototypes, a quarter of the bits flipped."""

    name: str
    params: dict = field(default_factory=dict)

    def __post_init__(self):
        self.cls = method_class(self.name)
        source = random_prototypes(N_TRAIN + 300, N_BITS, N_CLASSES, flip_probability=0.25)
        features = source.features
        if self.make().input == "float":
            noise = np.random.default_rng(0).normal(0, 0.1, size=features.shape)
            features = (features + noise).astype(np.float32)
        self.x, self.x_heldout = features[:N_TRAIN], features[N_TRAIN:]
        self.y, self.y_heldout = source.labels[:N_TRAIN], source.labels[N_TRAIN:]

    def make(self, **params):
        """Return a new estimator."""
        return self.cls(**{**self.params, **params})

    def trained(self, epochs=3, seed=3, **params):
        """Return an estimator after some epochs."""
        return self.make(epochs=epochs, random_state=seed, batch_size=50, **params).fit(self.x, self.y)


def check_parameters(subject):
    """It has the parameters that the runner sets, and clone gives an equal one."""
    parameters = subject.make().get_params()
    for name in ("epochs", "batch_size", "random_state"):
        assert name in parameters, f"it must have a parameter {name!r}"
    assert subject.make().input in ("bits", "binary", "float"), (
        f"input must be 'bits' or 'float'; got {subject.make().input!r}"
    )
    if subject.make().input != "float":
        assert "n_bits" in parameters, "a method on bits must have a parameter n_bits: the runner gives packed rows"
    made = clone(subject.make(random_state=7))
    assert made.get_params()["random_state"] == 7, "clone must keep parameters; set them in __init__ and nothing else"
    for name in ("version", "sample_divisor", "uses_floats", "width_step"):
        assert hasattr(made, name), f"it must have an attribute {name!r}"


def check_source(subject):
    """Its module or class says where it comes from."""
    module = sys.modules[subject.cls.__module__]
    text = f"{module.__doc__ or ''} {subject.cls.__doc__ or ''}"
    assert subject.cls.__doc__, "the class must have a docstring: its first line stands in `fbbench list`"
    assert len(text.split()) >= 10, "the docstrings must say what the method is and where it comes from"


def check_same_seed_same_result(subject):
    """The same seed gives the same predictions."""
    first, again = subject.trained(), subject.trained()
    assert np.array_equal(first.predict(subject.x_heldout), again.predict(subject.x_heldout)), (
        "two trainings with the same random_state must predict the same; draw all randomness from random_state"
    )
    assert first.training_accuracy_ == again.training_accuracy_, "training_accuracy_ must repeat, too"


def check_fit_starts_anew(subject):
    """A second fit is like the first."""
    once = subject.trained()
    twice = subject.trained().fit(subject.x, subject.y)
    assert np.array_equal(once.predict(subject.x_heldout), twice.predict(subject.x_heldout)), (
        "fit must start from scratch: a second fit of the same estimator gave other predictions"
    )


def check_epochs_one_at_a_time(subject):
    """fit is partial_fit, epoch by epoch."""
    whole, stepped = subject.trained(epochs=3), subject.make(random_state=3, batch_size=50)
    for _ in range(3):
        stepped.partial_fit(subject.x, subject.y, classes=np.unique(subject.y))
    assert np.array_equal(whole.predict(subject.x_heldout), stepped.predict(subject.x_heldout)), (
        "three calls of partial_fit must give what fit gives with epochs=3: the runner trains by partial_fit"
    )


def check_inputs_unchanged(subject):
    """It does not write to its input, and read-only arrays are enough."""
    x, y, kept = subject.x.copy(), subject.y.copy(), subject.x.copy()
    subject.make(random_state=3).partial_fit(x, y, classes=np.unique(y)).predict(x)
    assert np.array_equal(x, kept) and np.array_equal(y, subject.y), "it must not change X or y"
    x.flags.writeable = y.flags.writeable = False
    subject.make(random_state=3).partial_fit(x, y, classes=np.unique(y)).predict(x)


def check_packed_rows(subject):
    """Packed rows are the same task."""
    if subject.make().input == "float":
        raise Skipped("its input is floats")
    plain = subject.make(random_state=3).partial_fit(subject.x, subject.y, classes=np.unique(subject.y))
    packed = subject.make(random_state=3, n_bits=N_BITS)
    packed.partial_fit(pack(subject.x), subject.y, classes=np.unique(subject.y))
    assert np.array_equal(packed.predict(pack(subject.x_heldout)), plain.predict(subject.x_heldout)), (
        "packed rows (n_bits set) must give what +-1 rows give"
    )


def check_labels_of_any_kind(subject):
    """Labels need not be 0 .. C - 1, nor numbers."""
    names = np.array(["pear", "apple", "fig", "date"])
    named = subject.make(epochs=3, random_state=3, batch_size=50).fit(subject.x, names[subject.y])
    predicted = named.predict(subject.x_heldout)
    assert set(predicted) <= set(names), (
        f"predict must return the labels it was given; got {set(predicted) - set(names)}"
    )
    numbers = subject.make(random_state=3)
    numbers.partial_fit(subject.x, 10 * subject.y + 3, classes=10 * np.arange(N_CLASSES) + 3)
    assert set(numbers.predict(subject.x_heldout)) <= {3, 13, 23, 33}, "labels 3, 13, 23, 33 came back as others"


def check_honest(subject):
    """Labels that mean nothing are not predicted: nothing of what is held out leaks."""
    random = np.random.default_rng(5)
    y, y_heldout = random.permutation(subject.y), random.permutation(subject.y_heldout)
    made = subject.make(epochs=3, random_state=3, batch_size=50).fit(subject.x, y)
    accuracy = np.mean(made.predict(subject.x_heldout) == y_heldout)
    chance = np.bincount(y_heldout).max() / len(y_heldout)
    limit = chance + 4 * np.sqrt(chance * (1 - chance) / len(y_heldout))
    assert accuracy <= limit, f"shuffled labels were predicted with {accuracy:.2f}; chance allows {limit:.2f}"


def check_learns(subject):
    """It learns easy prototypes above its floor."""
    floor = getattr(subject.cls, "floor", FLOOR)
    made = subject.trained(epochs=15)
    accuracy = np.mean(made.predict(subject.x_heldout) == subject.y_heldout)
    assert accuracy >= floor, f"held-out accuracy on easy prototypes must be at least {floor}; got {accuracy:.2f}"
    assert 0 <= made.training_accuracy_ <= 1, f"training_accuracy_ must lie in 0..1; got {made.training_accuracy_}"


def check_memory(subject):
    """Memory and ledger are whole numbers of bits by part, data among them, and grow with the samples."""
    for name in ("memory", "ledger"):
        parts = getattr(subject.make(), name)(TASK)
        assert "data" in parts, f"{name} must have a part 'data'; it has {', '.join(parts)}"
        for part, bits in parts.items():
            assert isinstance(bits, (int, np.integer)) and bits >= 0, (
                f"{name}[{part!r}] must be whole bits; got {bits!r}"
            )
        more = getattr(subject.make(), name)(Task(2 * TASK.n_samples, TASK.n_features, TASK.n_classes))
        assert total_bits(more) > total_bits(parts), f"{name} must grow with the number of samples"


def check_gates(subject):
    """Gates are of a mini-batch, by kind, and grow with its size and with the features."""
    gates = subject.make(batch_size=100).gates(TASK)
    assert gates and all(count >= 0 for count in gates.values()), f"gates must be numbers by kind; got {gates}"
    larger = subject.make(batch_size=200).gates(TASK)
    assert total_gates(larger) > total_gates(gates), "gates of a mini-batch must grow with batch_size"
    wider = subject.make(batch_size=100).gates(Task(TASK.n_samples, 2 * TASK.n_features, TASK.n_classes))
    assert total_gates(wider) >= total_gates(gates), "gates must not shrink with more features"


def check_shapes(subject):
    """Shapes in words give parameters, and memory grows with the width, so that a budget can be matched."""
    if subject.cls.width_step is None:
        raise Skipped("it has no shape")
    costs = []
    for width in (subject.cls.width_step * factor for factor in (1, 2, 5, 11, 22)):
        shape = subject.cls.shape_params(subject.cls.shape_of_width(width))
        made = subject.make(**shape)
        if hasattr(made, "check"):
            made.check(TASK)
        costs.append(total_bits(made.memory(TASK)))
    assert costs == sorted(set(costs)), f"memory must grow with the width; got {costs}"


def check_bad_input(subject):
    """Bad input is a ValueError before anything is learnt; predicting before training is NotFittedError."""
    made, classes = subject.make(), np.unique(subject.y)

    def refused(what, call):
        try:
            call()
        except ValueError:
            return
        except Exception as error:
            raise AssertionError(f"{what} must be a ValueError; got {type(error).__name__}: {error}") from error
        raise AssertionError(f"{what} must be a ValueError; nothing was raised")

    try:
        clone(made).predict(subject.x)
    except NotFittedError:
        pass
    else:
        raise AssertionError("predict before training must raise sklearn.exceptions.NotFittedError")
    refused("the first partial_fit without classes", lambda: clone(made).partial_fit(subject.x, subject.y))
    refused("fewer labels than rows", lambda: clone(made).partial_fit(subject.x, subject.y[:-1], classes=classes))
    refused("a label that is no class", lambda: clone(made).partial_fit(subject.x, subject.y + 1, classes=classes))
    holed = subject.x.astype(float)
    holed[3, 5] = np.nan
    refused("nan in X", lambda: clone(made).partial_fit(holed, subject.y, classes=classes))
    fitted = clone(made).partial_fit(subject.x, subject.y, classes=classes)
    refused("other features than in training", lambda: fitted.predict(subject.x_heldout[:, :-1]))


def check_checkpoint(subject):
    """A training that is resumed from its checkpoint goes on bit for bit."""
    if not hasattr(subject.cls, "checkpoint"):
        raise Skipped("it has no checkpoint and restore; a long training that is stopped starts anew")
    classes = np.unique(subject.y)
    first = subject.make(random_state=3, batch_size=50).partial_fit(subject.x, subject.y, classes=classes)
    kept = {name: np.array(array) for name, array in first.checkpoint().items()}
    for name, array in kept.items():
        assert array.dtype != object, f"checkpoint()[{name!r}] must be a plain array"
    second = subject.make(random_state=3, batch_size=50)
    second.restore(kept)
    for made in (first, second):
        made.partial_fit(subject.x, subject.y, classes=classes)
    assert np.array_equal(first.predict(subject.x_heldout), second.predict(subject.x_heldout)), (
        "a restored estimator must go on as the first would have"
    )


def check_float_claim(subject):
    """A method that claims to train without floats has no large array of floats in its own or this project's code."""
    if subject.cls.uses_floats:
        raise Skipped("it says that its training touches floats")
    found = {}
    folders = {str(Path(sys.modules[subject.cls.__module__].__file__).parent), str(Path(__file__).parent)}

    def watch(frame, event, argument):
        if not any(frame.f_code.co_filename.startswith(folder) for folder in folders):
            return None
        for name, value in frame.f_locals.items():
            if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size >= LARGE:
                found[f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {name}"] = value.dtype
        return watch

    made, x = subject.make(random_state=3, n_bits=N_BITS), pack(subject.x)
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        made.partial_fit(x, subject.y, classes=np.unique(subject.y))
    finally:
        sys.settrace(before)
    assert not found, f"uses_floats is False, but floats were seen at {'; '.join(found)}"


MEASURE = """
import json, sys
from pathlib import Path
import numpy as np
from baselines.protocol import Task, method_class
from fbbench.kernels import random
from fbbench.costs import total_bits

def peak_bytes():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

name, params, n, d = json.loads(sys.argv[1])
cls = method_class(name)
is_float = cls(**params).input == "float"
bits = random.words(1, 0, n * ((d + 63) // 64)).reshape(n, -1)
if d % 64:
    bits[:, -1] &= np.uint64((1 << (d % 64)) - 1)
used = n // cls(**params).sample_divisor
x = np.random.default_rng(0).normal(size=(used, d)).astype(np.float32) if is_float else bits
labels = (random.words(2, 0, len(x)) % np.uint64(10)).astype(np.int32)
make = lambda: cls(**params, **({} if is_float else {"n_bits": d}))
small = make().partial_fit(x[:100], labels[:100], classes=range(10))  # imports and first touches
small.predict(x[:100])
del small
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
before = peak_bytes()
method = make()
for _ in range(2):
    method.partial_fit(x, labels, classes=range(10))
method.predict(x[:1000])
parts = method.ledger(Task(n, d, 10))
print(json.dumps([peak_bytes() - before, (total_bits(parts) - parts["data"]) // 8]))
"""


def measured_and_ledger(name, params, n=20_000, d=784):
    """Return (measured growth, ledger without data) in bytes of two epochs in a process of their own."""
    if not sys.platform.startswith("linux"):
        raise Skipped("the peak of a process is read from Linux's /proc")
    command = [sys.executable, "-c", MEASURE, json.dumps([name, params, n, d])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "clear_refs" in done.stderr:
        raise Skipped("this system does not let a process reset its own peak")
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def check_ledger(subject):
    """The ledger covers the measured peak, data aside: within 15 % and a few megabytes."""
    if reason := getattr(subject.cls, "ledger_not_measured", None):
        raise Skipped(reason)
    measured, ledger = measured_and_ledger(subject.name, subject.params)
    assert measured <= 1.15 * ledger + SLACK_BYTES, (
        f"two epochs on 20 000 x 784 took {measured / 1e6:.1f} MB beside the data, the ledger has {ledger / 1e6:.1f} MB"
    )


CHECKS = (
    check_parameters, check_source, check_same_seed_same_result, check_fit_starts_anew, check_epochs_one_at_a_time,
    check_inputs_unchanged, check_packed_rows, check_labels_of_any_kind, check_honest, check_learns, check_memory,
    check_gates, check_shapes, check_bad_input, check_checkpoint, check_float_claim, check_ledger,
)  # fmt: skip


def results_of(name, params=None):
    """Yield (check, "ok", "failed" or "skipped", why) of every check of a method."""
    subject = Subject(name, params or {})
    for check in CHECKS:
        try:
            check(subject)
        except Skipped as reason:
            yield check, "skipped", str(reason)
        except Exception as error:
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            yield check, "failed", f"{kind}{error}"
        else:
            yield check, "ok", ""


def parametrize_with_checks(names=None):
    """Return a pytest decorator that runs a test once per method and check: ``def test_mine(check): check()``.

    names: methods; default all that are known. A method may be given as (name, parameters).
    """
    import pytest

    cases = []
    for name in names or METHODS:
        name, params = (name, {}) if isinstance(name, str) else name
        for check in CHECKS:
            cases.append(pytest.param(Case(name, params, check), id=f"{name}-{check.__name__.removeprefix('check_')}"))
    return pytest.mark.parametrize("check", cases)


@dataclass
class Case:
    """A check of a method that is run when it is called; what does not apply is a skipped test."""

    name: str
    params: dict
    check: object

    def __call__(self):
        import pytest

        for module in getattr(method_class(self.name), "needs", {}):
            pytest.importorskip(module)
        try:
            self.check(Subject(self.name, self.params))
        except Skipped as reason:
            pytest.skip(str(reason))
