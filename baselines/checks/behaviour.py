"""What a method does: the same for the same seed, an epoch at a time, and nothing but learning."""

import random

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fbbench.bits import pack

from ..protocol import Resumable, reads_floats
from .subject import N_BITS, N_CLASSES, Failed, Skipped, expect

FLOOR = 0.6
"""Held-out accuracy on easy prototypes that a method must reach, where chance is 0.25, unless it has a ``floor``."""


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
    """fit is partial_fit, epoch by epoch; how many there will be may be known."""
    whole, stepped = subject.trained(epochs=3), subject.make(random_state=3, batch_size=50, epochs=3)
    for _ in range(3):
        stepped.partial_fit(subject.x, subject.y, classes=np.unique(subject.y))
    expect(
        np.array_equal(subject.answers(whole), subject.answers(stepped)),
        "three calls of partial_fit must give what fit gives with epochs=3: the runner trains by partial_fit",
    )


def check_inputs_unchanged(subject):
    """It does not write to its input, packed or not, and read-only arrays are enough."""
    forms = [({}, subject.x)]
    if not reads_floats(subject.make()):
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
    if reads_floats(subject.make()):
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
    if not isinstance(subject.make(), Resumable):
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
