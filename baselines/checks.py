"""Conformance: what a method must do to be compared. ``fbbench check-baseline NAME``, or in pytest
``@parametrize_with_checks(["mine"])``.

Every check takes a :class:`Subject` and raises AssertionError with what was wrong and what was expected, or
:class:`Skipped` with a reason.
"""

import json
import random
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fbbench.bits import pack
from fbbench.costs import GATES, total_bits, total_gates
from fbbench.datasets import random_prototypes

from .parameters import OF_EVERY_METHOD, types_of
from .protocol import METHODS, Task, method_class
from .watch_floats import LARGE, watched_class

N_TRAIN, N_BITS, N_CLASSES = 600, 200, 4
TASK = Task(50_000, 784, 10)
FLOOR = 0.6
"""Held-out accuracy on easy prototypes that a method must reach, where chance is 0.25, unless it has a ``floor``."""
SLACK_BYTES = 6e6
"""What a measured peak may hold beside the ledger: the allocator's, and code that is read in."""


class Failed(AssertionError):
    """A check that a method does not pass: what was wrong, and what was expected."""


def expect(condition, otherwise):
    """Raise :class:`Failed` unless a condition holds; an assert statement would be gone under ``python -O``."""
    if not condition:
        raise Failed(otherwise)


class Skipped(Exception):
    """A check that does not apply, and why."""


class Warned(Exception):
    """Something that a reader should look at; the check is passed."""


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
        # Rows like no class: their predictions are close calls, which show the least difference between two models.
        self.hard = np.random.default_rng(1).choice(np.array([-1, 1], dtype=features.dtype), size=(400, N_BITS))

    def answers(self, made):
        """Return what an estimator predicts, hard rows among it."""
        return np.concatenate([made.predict(self.x_heldout), made.predict(self.hard)])

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
        expect(name in parameters, f"it must have a parameter {name!r}")
    expect(
        subject.make().input in ("bits", "binary", "float"),
        f"input must be 'bits' or 'float'; got {subject.make().input!r}",
    )
    if subject.make().input != "float":
        expect("n_bits" in parameters, "a method on bits must have a parameter n_bits: the runner gives packed rows")
    made = clone(subject.make(random_state=7))
    expect(made.get_params()["random_state"] == 7, "clone must keep parameters; set them in __init__ and nothing else")
    for name in ("version", "sample_divisor", "uses_floats", "width_step"):
        expect(hasattr(made, name), f"it must have an attribute {name!r}")


def check_source(subject):
    """Its module or class says where it comes from."""
    module = sys.modules[subject.cls.__module__]
    text = f"{module.__doc__ or ''} {subject.cls.__doc__ or ''}"
    if sys.flags.optimize > 1:
        raise Skipped("Python was started with -OO, which drops docstrings")
    expect(subject.cls.__doc__, "the class must have a docstring: its first line stands in `fbbench list`")
    expect(len(text.split()) >= 10, "the docstrings must say what the method is and where it comes from")


def check_same_seed_same_result(subject):
    """The same seed gives the same predictions, whatever the state of NumPy's and Python's global generators."""
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    first = subject.trained()
    np.random.seed(2)  # noqa: NPY002
    random.seed(2)
    again = subject.trained()
    expect(
        np.array_equal(subject.answers(first), subject.answers(again)),
        "two trainings with the same random_state must predict the same; draw all randomness from random_state",
    )
    expect(first.training_accuracy_ == again.training_accuracy_, "training_accuracy_ must repeat, too")


def check_fit_starts_anew(subject):
    """A second fit is like the first."""
    once = subject.trained()
    twice = subject.trained().fit(subject.x, subject.y)
    expect(
        np.array_equal(subject.answers(once), subject.answers(twice)),
        "fit must start from scratch: a second fit of the same estimator gave other predictions",
    )


def check_epochs_one_at_a_time(subject):
    """fit is partial_fit, epoch by epoch."""
    whole, stepped = subject.trained(epochs=3), subject.make(random_state=3, batch_size=50)
    for _ in range(3):
        stepped.partial_fit(subject.x, subject.y, classes=np.unique(subject.y))
    expect(
        np.array_equal(subject.answers(whole), subject.answers(stepped)),
        "three calls of partial_fit must give what fit gives with epochs=3: the runner trains by partial_fit",
    )


def check_inputs_unchanged(subject):
    """It does not write to its input, packed or not, and read-only arrays are enough."""
    forms = [({}, subject.x)]
    if subject.make().input != "float":
        forms.append(({"n_bits": N_BITS}, pack(subject.x)))
    for params, rows in forms:
        for call in ("fit", "partial_fit"):
            x, y = rows.copy(), subject.y.copy()
            made = subject.make(random_state=3, epochs=1, **params)
            made.fit(x, y) if call == "fit" else made.partial_fit(x, y, classes=np.unique(y))
            made.predict(x)
            expect(np.array_equal(x, rows), f"{call} and predict must not change X{' (packed)' if params else ''}")
            expect(np.array_equal(y, subject.y), f"{call} must not change y")
        x.flags.writeable = y.flags.writeable = False
        subject.make(random_state=3, **params).partial_fit(x, y, classes=np.unique(y)).predict(x)


def check_predict_only_predicts(subject):
    """Predicting changes nothing, and a row's answer does not depend on the rows beside it."""
    made = subject.trained()
    first = made.predict(subject.hard)
    expect(
        np.array_equal(made.predict(subject.hard), first), "predicting twice gave two answers: predict must not learn"
    )
    expect(
        np.array_equal(made.predict(subject.hard[::-1].copy())[::-1], first),
        "the rows in another order got other answers: a row's prediction must not depend on its neighbours",
    )
    alone = np.concatenate([made.predict(subject.hard[i : i + 1]) for i in range(20)])
    expect(
        np.array_equal(alone, first[:20]), "a row that is predicted alone must get the answer that it gets among others"
    )


def check_packed_rows(subject):
    """Packed rows are the same task."""
    if subject.make().input == "float":
        raise Skipped("its input is floats")
    plain = subject.make(random_state=3).partial_fit(subject.x, subject.y, classes=np.unique(subject.y))
    packed = subject.make(random_state=3, n_bits=N_BITS)
    packed.partial_fit(pack(subject.x), subject.y, classes=np.unique(subject.y))
    rows = np.concatenate([subject.x_heldout, subject.hard])
    expect(
        np.array_equal(packed.predict(pack(rows)), plain.predict(rows)),
        "packed rows (n_bits set) must give what +-1 rows give",
    )


def check_labels_of_any_kind(subject):
    """Labels need not be 0 .. C - 1, nor numbers."""
    names = np.array(["pear", "apple", "fig", "date"])
    named = subject.make(epochs=3, random_state=3, batch_size=50).fit(subject.x, names[subject.y])
    predicted = np.ravel(named.predict(subject.x_heldout))
    expect(
        set(predicted) <= set(names), f"predict must return the labels it was given; got {set(predicted) - set(names)}"
    )
    numbers = subject.make(random_state=3)
    numbers.partial_fit(subject.x, 10 * subject.y + 3, classes=10 * np.arange(N_CLASSES) + 3)
    predicted = numbers.predict(subject.x_heldout)
    expect(
        np.shape(predicted) == (len(subject.x_heldout),),
        f"predict must return one label a row; got {np.shape(predicted)}",
    )
    expect(
        np.asarray(predicted).dtype.kind in "iu", f"integer labels must come back as integers; got {predicted.dtype}"
    )
    expect(set(predicted.tolist()) <= {3, 13, 23, 33}, "labels 3, 13, 23, 33 came back as others")


def check_honest(subject):
    """Labels that mean nothing are not predicted (a guard against mistakes; no check stops one who means to cheat)."""
    random = np.random.default_rng(5)
    y, y_heldout = random.permutation(subject.y), random.permutation(subject.y_heldout)
    made = subject.make(epochs=3, random_state=3, batch_size=50).fit(subject.x, y)
    accuracy = np.mean(made.predict(subject.x_heldout) == y_heldout)
    chance = np.bincount(y_heldout).max() / len(y_heldout)
    limit = chance + 4 * np.sqrt(chance * (1 - chance) / len(y_heldout))
    expect(accuracy <= limit, f"shuffled labels were predicted with {accuracy:.2f}; chance allows {limit:.2f}")


def check_learns(subject):
    """It learns easy prototypes above its floor."""
    floor = getattr(subject.cls, "floor", FLOOR)
    made = subject.trained(epochs=15)
    accuracy = np.mean(made.predict(subject.x_heldout) == subject.y_heldout)
    expect(accuracy >= floor, f"held-out accuracy on easy prototypes must be at least {floor}; got {accuracy:.2f}")
    expect(0 <= made.training_accuracy_ <= 1, f"training_accuracy_ must lie in 0..1; got {made.training_accuracy_}")


def check_memory(subject):
    """Memory and ledger are whole numbers of bits by part, data among them, and grow with the samples."""
    for name in ("memory", "ledger"):
        parts = getattr(subject.make(), name)(TASK)
        expect("data" in parts, f"{name} must have a part 'data'; it has {', '.join(parts)}")
        for part, bits in parts.items():
            expect(
                isinstance(bits, (int, np.integer)) and bits >= 0, f"{name}[{part!r}] must be whole bits; got {bits!r}"
            )
        least = int(0.999 * TASK.n_samples * TASK.n_features)  # a whole number of wider samples may be a little less
        expect(
            parts["data"] >= least,
            f"{name}['data'] must be at least the {least:,} bits that the training rows take; got {parts['data']:,}",
        )
        more = getattr(subject.make(), name)(Task(2 * TASK.n_samples, TASK.n_features, TASK.n_classes))
        expect(total_bits(more) > total_bits(parts), f"{name} must grow with the number of samples")


def check_gates(subject):
    """Gates are of a mini-batch, by kind, and grow with its size and with the features."""
    gates = subject.make(batch_size=100).gates(TASK)
    expect(gates and all(count >= 0 for count in gates.values()), f"gates must be numbers by kind; got {gates}")
    larger = subject.make(batch_size=200).gates(TASK)
    expect(total_gates(larger) > total_gates(gates), "gates of a mini-batch must grow with batch_size")
    wider = subject.make(batch_size=100).gates(Task(TASK.n_samples, 2 * TASK.n_features, TASK.n_classes))
    expect(total_gates(wider) >= total_gates(gates), "gates must not shrink with more features")


def check_kinds_of_gates(subject):
    """Gates are of kinds whose price is known (fbbench.costs.GATES), or the method says why it has its own."""
    made, own = subject.make(), getattr(subject.cls, "own_gates", {})
    kinds = {kind for name in ("gates", "zero_gates", "inference_gates") if hasattr(made, name)
             for kind in getattr(made, name)(TASK)}  # fmt: skip
    unknown = sorted(kinds - set(GATES))
    expect(set(unknown) >= set(own), f"own_gates explains kinds that it does not count: {sorted(set(own) - kinds)}")
    if unexplained := [kind for kind in unknown if not own.get(kind)]:
        raise Warned(
            f"kinds without a known price: {', '.join(unexplained)}; known are "
            f"{', '.join(f'{kind} {price}' for kind, price in GATES.items())}. Say in own_gates why yours cost that"
        )


def check_parameter_types(subject):
    """Parameters of a wrong type are refused before anything is trained."""
    classes = np.unique(subject.y)
    for name, (default, _) in types_of(subject.cls).items():
        if name in OF_EVERY_METHOD or isinstance(default, str):
            continue
        wrong = "no" if isinstance(default, bool) else True if isinstance(default, (int, float)) else {}
        try:
            subject.make(**{name: wrong}).partial_fit(subject.x, subject.y, classes=classes)
        except (ValueError, TypeError):
            continue
        except Exception as error:
            raise Failed(f"{name}={wrong!r} must be a ValueError; got {type(error).__name__}: {error}") from error
        raise Failed(
            f"{name}={wrong!r} was taken; call fbbench.baselines.parameters.check_parameters(self) before training, as "
            "BitsClassifier does, and annotate parameters whose default does not tell their type"
        )


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
    expect(costs == sorted(set(costs)), f"memory must grow with the width; got {costs}")


def check_bad_input(subject):
    """Bad input is a ValueError before anything is learnt; predicting before training is NotFittedError."""
    made, classes = subject.make(), np.unique(subject.y)

    def refused(what, call):
        try:
            call()
        except ValueError:
            return
        except Exception as error:
            raise Failed(f"{what} must be a ValueError; got {type(error).__name__}: {error}") from error
        raise Failed(f"{what} must be a ValueError; nothing was raised")

    try:
        clone(made).predict(subject.x)
    except NotFittedError:
        pass
    else:
        raise Failed("predict before training must raise sklearn.exceptions.NotFittedError")
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
        expect(array.dtype != object, f"checkpoint()[{name!r}] must be a plain array")
    second = subject.make(random_state=3, batch_size=50)
    second.restore(kept)
    for made in (first, second):
        made.partial_fit(subject.x, subject.y, classes=classes)
    expect(
        np.array_equal(subject.answers(first), subject.answers(second)),
        "a restored estimator must go on as the first would have",
    )


def check_float_claim(subject):
    """A method that claims to train without floats keeps and handles none that it names, and calls no float library."""
    if subject.cls.uses_floats:
        raise Skipped("it says that its training touches floats")
    found = {}
    own = {__file__, sys.modules[watched_class.__module__].__file__}
    folders = {str(Path(sys.modules[subject.cls.__module__].__file__).parent), str(Path(__file__).parent)}

    def watch(frame, event, argument):
        file = frame.f_code.co_filename
        if any(f"site-packages/{name}/" in file for name in FLOAT_LIBRARIES):
            found[f"a call of {Path(file).name}"] = "a float library"
            return None
        if not any(file.startswith(folder) for folder in folders) or file in own:
            return None
        place = f"{Path(file).name}:{frame.f_lineno}"
        for name, value in frame.f_locals.items():
            note_floats(found, f"{place} {name}", value)
        return watch

    cls = watched_class(subject.cls, lambda place, value: found.setdefault(f"{place} (in an expression)", value.dtype))
    made, x = cls(**{**subject.params, "random_state": 3, "n_bits": N_BITS}), pack(subject.x)
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        made.partial_fit(x, subject.y, classes=np.unique(subject.y))
    finally:
        sys.settrace(before)
    for name, value in vars(made).items():
        note_floats(found, f"attribute {name}", value)
    expect(not found, f"uses_floats is False, but floats were seen: {'; '.join(list(found)[:5])}")


FLOAT_LIBRARIES = ("torch", "jax", "tensorflow", "scipy", "sklearn/linear_model", "sklearn/svm", "sklearn/ensemble",
                   "sklearn/neural_network", "sklearn/neighbors", "sklearn/naive_bayes", "sklearn/tree")  # fmt: skip


def note_floats(found, name, value):
    """Put a name into ``found`` if its value is many floats: an array, or a list of them."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size >= LARGE:
        found[name] = value.dtype
    elif isinstance(value, (list, tuple)):
        if len(value) >= LARGE and isinstance(value[0], (float, np.floating)):
            found[name] = "floats"
        for number, item in enumerate(value[:10]):
            if isinstance(item, np.ndarray):
                note_floats(found, f"{name}[{number}]", item)


MEASURE = """
import json, sys
from pathlib import Path
import numpy as np
from fbbench.baselines.protocol import Task, method_class
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
    command = [sys.executable, "-P", "-c", MEASURE, json.dumps([name, params, n, d])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "clear_refs" in done.stderr:
        raise Skipped("this system does not let a process reset its own peak")
    expect(done.returncode == 0, done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def check_ledger(subject):
    """The ledger covers the measured peak, data aside: within 15 % and a few megabytes."""
    if reason := getattr(subject.cls, "ledger_not_measured", None):
        raise Skipped(reason)
    measured, ledger = measured_and_ledger(subject.name, subject.params)
    expect(
        measured <= 1.15 * ledger + SLACK_BYTES,
        f"two epochs on 20 000 x 784 took {measured / 1e6:.1f} MB beside the data, the ledger has "
        f"{ledger / 1e6:.1f} MB",
    )


CHECKS = (
    check_parameters,
    check_source,
    check_same_seed_same_result,
    check_fit_starts_anew,
    check_epochs_one_at_a_time,
    check_inputs_unchanged,
    check_predict_only_predicts,
    check_packed_rows,
    check_labels_of_any_kind,
    check_honest,
    check_learns,
    check_memory,
    check_gates,
    check_kinds_of_gates,
    check_parameter_types,
    check_shapes,
    check_bad_input,
    check_checkpoint,
    check_float_claim,
    check_ledger,
)


def asks(check):
    """Return in a sentence what a check asks; its name, where docstrings were dropped (``python -OO``)."""
    return (check.__doc__ or check.__name__.replace("_", " ")).strip().splitlines()[0]


def results_of(name, params=None):
    """Yield (check, "ok", "warning", "failed" or "skipped", why) of every check of a method."""
    try:
        subject = Subject(name, params or {})
    except Exception as error:
        yield check_parameters, "failed", f"it cannot be made without arguments: {type(error).__name__}: {error}"
        return
    for check in CHECKS:
        try:
            check(subject)
        except Skipped as reason:
            yield check, "skipped", str(reason)
        except Warned as warning:
            yield check, "warning", str(warning)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a method that calls sys.exit() fails its checks, and no more
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
        except Warned as warning:
            warnings.warn(str(warning), stacklevel=2)
