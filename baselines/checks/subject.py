"""The method that is checked, data for it, and what a check can say."""

from dataclasses import dataclass, field

import numpy as np

from fbbench.datasets import random_prototypes

from ..protocol import Checked, Task, method_class, reads_floats

N_TRAIN, N_BITS, N_CLASSES = 600, 200, 4
TASK = Task(50_000, 784, 10, table_inputs=784)


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
        made = self.make()
        if isinstance(made, Checked):
            # wrong parameters are refused once, not by every check
            made.check(Task(N_TRAIN, N_BITS, N_CLASSES, table_inputs=N_BITS))
        source = random_prototypes(N_TRAIN + 300, N_BITS, N_CLASSES, flip_probability=0.25)
        features = source.features
        if reads_floats(self.make()):
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
