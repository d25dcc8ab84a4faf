"""The scikit-learn face of methods that train on bits an epoch at a time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fbbench.bits import check_bits, pack
from fbbench.costs import Costs
from fbbench.estimators import group_sizes_of
from fbbench.shapes import parse_shape

from .labels import encode_labels
from .parameters import Count, GroupSize, Seed, Widths, check_parameters, method, positional
from .protocol import Task


@method
class BitsClassifier(ClassifierMixin, BaseEstimator):
    """Base of methods on bits. A subclass, decorated with :func:`~fbbench.baselines.parameters.method`, lists its own
    parameters as typed fields, and says

    - ``_start(n_inputs, n_classes)``: make a model;
    - ``_train(rows, labels)``: train it one epoch on packed rows and class numbers; return the training accuracy;
    - ``_predict(rows)``: the class numbers of packed rows;
    - ``costs(task)``: its :class:`~fbbench.costs.Costs`.

    Parameters
    ----------
    epochs : int
        Of ``fit``.
    batch_size : int
        Samples of a mini-batch.
    random_state : int
        Where all its randomness comes from.
    n_bits : int, optional
        None: X is +-1 (n_samples, n_features). A number: X is packed rows of so many bits (see :mod:`fbbench.bits`),
        which the runner uses so that data are packed once.
    """

    epochs: Count = 50
    batch_size: Count = 100
    random_state: Seed = 0
    n_bits: Count | None = None

    input = "bits"
    sample_divisor = 1
    uses_floats = False
    version = 1
    width_step = None
    most_features = None  # where a method has sums of 16 bits

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`, before a run."""
        check_parameters(self)
        if task is not None:
            self._check_features(task.n_features)

    def _check_features(self, n_features):
        if self.most_features is not None and n_features > self.most_features:
            raise ValueError(f"X must have at most {self.most_features:,} features for this method; got {n_features:,}")

    @staticmethod
    def shape_params(shape):
        """Return the parameters of a shape; a method with ``width_step`` None has none."""
        return {}

    # ---- what it costs, all from costs(task) ----

    def costs(self, task: Task) -> Costs:
        """Return what the method costs at the shape of a problem. One that has ``memory(task)`` and ``gates(task)`` of
        its own need not: its model is taken to be held as it is."""
        if type(self).memory is BitsClassifier.memory:
            raise NotImplementedError(f"{type(self).__name__} must say what it costs: costs(task)")
        return Costs(memory=self.memory(task), ledger=with_labels(self.memory(task), task), gates=self.gates(task))

    def memory(self, task):
        """Return the bits of training in the paper's model, by part."""
        return dict(self.costs(task).memory)

    def ledger(self, task):
        """Return the bits that training really holds, by part."""
        return dict(self.costs(task).ledger)

    def gates(self, task):
        """Return the gates of one mini-batch in the paper's model, by kind."""
        return dict(self.costs(task).gates)

    def zero_gates(self, task):
        """Return the gates of a mini-batch that planes of zeros take beside the paper's model, by kind."""
        return dict(self.costs(task).zero_gates)

    def operations(self, task):
        """Return the operations that a mini-batch executes at most, by kind; none where they are not counted."""
        return dict(self.costs(task).operations)

    def inference_memory(self, task):
        """Return the bits of predicting one sample, by part."""
        return dict(self.costs(task).inference_memory)

    def inference_gates(self, task):
        """Return the gates of predicting one sample, by kind."""
        return dict(self.costs(task).inference_gates)

    def fit(self, X, y):
        """Train ``epochs`` epochs from scratch."""
        check_parameters(self)
        self.__dict__.pop("classes_", None)
        for _ in range(self.epochs):
            self.partial_fit(X, y, classes=np.unique(y))
        return self

    def partial_fit(self, X, y, classes=None):
        """Train one epoch more. The first call needs ``classes``; ``training_accuracy_`` is that of this epoch."""
        rows = self._rows(X)
        if not hasattr(self, "classes_"):
            if classes is None:
                raise ValueError("classes must be given in the first call of partial_fit")
            check_parameters(self)
            classes = np.unique(classes)
            labels = encode_labels(classes, y, len(rows))
            self.n_features_in_ = self.n_bits or np.shape(X)[1]
            self._check_features(self.n_features_in_)
            self._start(self.n_features_in_, len(classes))
            self.classes_ = classes
        else:
            labels = encode_labels(self.classes_, y, len(rows))
        self._check_width(X)
        self.training_accuracy_ = float(self._train(rows, labels))
        return self

    def predict(self, X):
        """Return the predicted class of every row."""
        check_is_fitted(self, "classes_")
        self._check_width(X)
        return self.classes_[self._predict(self._rows(X))]

    def _check_width(self, X):
        if self.n_bits is None and np.shape(X)[1] != self.n_features_in_:
            raise ValueError(f"X must have {self.n_features_in_} features, as in training; got {np.shape(X)[1]}")

    def _rows(self, X):
        return pack(X) if self.n_bits is None else check_bits(X, self.n_bits, name="X")


def with_labels(memory, task):
    """Return the bits really held by a method that holds its model as it is: the model, and labels as they come and as
    numbers."""
    return {**memory, "labels": task.n_samples * (32 + 64 + 64)}


@dataclass(frozen=True)
class Knob:
    """The parameter, a whole number, that sets a method's size: dimension, clauses, RAM nodes, gates, trees.

    To match a budget, ``step``, 2 ``step``, .. up to ``largest`` are tried; memory must grow with it.
    """

    name: str
    step: int = 1
    largest: int = 1 << 15


class Sized(BitsClassifier):
    """Methods whose size is one number. A subclass says which: ``knob = Knob("dimension", step=64)``; a shape in words
    is that number ("4096")."""

    knob: ClassVar[Knob]

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "knob" in vars(cls):
            cls.width_step, cls.widest = cls.knob.step, cls.knob.largest

    @classmethod
    def shape_params(cls, shape):
        """Return the parameters of a shape such as ``"4096"``: the knob's."""
        numbers = parse_shape(shape)
        if len(numbers) != 1:
            raise ValueError(f"a shape must be one number, {cls.knob.name}, such as '4096'; got {shape!r}")
        return {cls.knob.name: numbers[0]}

    @staticmethod
    def shape_of_width(width):
        """Return the shape tried for a size when a budget is matched: the number."""
        return str(width)


@method
class HiddenLayers(BitsClassifier):
    """Methods with hidden layers. Shapes are widths joined by _; two equal layers are tried to match a budget."""

    hidden_layers: Widths = positional((35, 35))

    width_step = 5

    @staticmethod
    def shape_params(shape):
        """Return the parameters of a shape such as ``"35_35"``: the widths of the hidden layers."""
        return {"hidden_layers": parse_shape(shape)}

    @staticmethod
    def shape_of_width(width, n_layers=2):
        """Return the shape tried for a width when a budget is matched: equal layers, two where a suite does not say."""
        return "_".join([str(width)] * n_layers)

    def _sizes(self, task):
        """Return the fan-in and the widths."""
        return (task.n_features, *self.hidden_layers)


@method
class Groups(HiddenLayers):
    """Methods whose hidden layers have groups: ``group_size`` is "published", a number, or one a layer."""

    group_size: GroupSize = "published"

    def _group_sizes(self):
        """Return the group size of every hidden layer."""
        return group_sizes_of(self.group_size, self.hidden_layers)
