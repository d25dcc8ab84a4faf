"""The scikit-learn face of the fully binary network."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from .arguments import integer, sequence
from .bits import pack
from .costs import parse_size, perceptron_memory, sign_memory
from .encoders import MedianBinarizer
from .kernels.layer import MAX_WIDTH
from .network import FullyBinaryNetwork
from .perceptron import MajorityPerceptron
from .random_units import OnRandomUnits, recommended_pairs, units_within
from .shapes import divisors
from .sign_perceptron import SignPerceptron

__all__ = ["FullyBinaryClassifier", "group_sizes_of", "published_group_size"]

PUBLISHED_GROUPS = {35: 35, 75: 75, 135: 45, 255: 85, 525: 105, 1035: 115}


def published_group_size(n_units):
    """Return the group size the paper uses for a width, else the divisor of ``n_units`` nearest to a fifth of it.

    Up to 75 units the paper takes one group; from 525 on, about a fifth (figure 5 of the paper sweeps it).
    """
    if n_units in PUBLISHED_GROUPS:
        return PUBLISHED_GROUPS[n_units]
    if n_units <= 75:
        return n_units
    return min(divisors(n_units), key=lambda g: (abs(g - n_units / 5), g))


def group_sizes_of(group_size, widths):
    """Return the group size of every layer: as ``"published"``, one for all layers, or those that are given."""
    if isinstance(group_size, str):
        if group_size != "published":
            raise ValueError(f"group_size must be 'published', an integer or one per layer; got {group_size!r}")
        return [published_group_size(width) for width in widths]
    several = isinstance(group_size, (list, tuple)) or (isinstance(group_size, np.ndarray) and group_size.ndim)
    return list(group_size) if several else [group_size] * len(widths)


def refuse(method, keywords):
    """Raise for what a method of the classifier does not take: in a sentence for weights, which others know."""
    if keywords.pop("sample_weight", None) is not None:
        raise ValueError(
            "sample_weight is not supported: increments are whole and the same for every row; repeat rows instead"
        )
    if keywords:
        raise TypeError(f"{method} got an unexpected keyword argument {next(iter(keywords))!r}")


NETWORKS = {"bits": (SignPerceptron, sign_memory, 20), "integers": (MajorityPerceptron, perceptron_memory, 10)}
"""What fits a memory, by its weights: a class, the model of its memory, passes."""


class FullyBinaryClassifier(ClassifierMixin, BaseEstimator):
    """A fully binary network as a classifier: the paper's multi-layer network, or, where ``memory`` is given, the
    one-bit network of the size that so much memory allows (not in the paper; see ``docs/binary.md``).

    Parameters
    ----------
    hidden_layers : sequence of int
        Units of every hidden layer.
    memory : str, optional
        A budget such as ``"5MB"`` (10^6 bytes) for the training rows as bits and all that training holds, by the memory
        model. It chooses a network of random units and its size; ``hidden_layers``, ``group_size``, ``robustness``,
        ``reinforcement``, ``hidden_bits``, ``arithmetic``, ``readout``, ``batch_size`` and ``n_threads`` are not used
        then.
    weights : "bits" or "integers"
        Of the network that ``memory`` chooses: :class:`~fbbench.SignPerceptron`, which is strictly binary, or
        :class:`~fbbench.MajorityPerceptron`, which adds whole numbers of 8 bits to learn and of 16 bits to predict.
    group_size : "published", int or sequence of int
        Units per group; ``"published"`` follows the paper, see :func:`published_group_size`.
    robustness, reinforcement, hidden_bits, arithmetic, readout
        As in :class:`~fbbench.FullyBinaryNetwork`.
    epochs : int, optional
        Passes over the data in ``fit``; default: 50; with ``memory`` 20, and 10, at most 258, for integers.
    batch_size : int
        Samples per mini-batch.
    encoder : "median", None or a scikit-learn transformer
        Makes +-1 of the features; it is fitted in ``fit`` (or the first ``partial_fit``) on the training rows alone.
        None: X must be +-1 already.
    random_state : int, RandomState instance or None
        Where the network's seed comes from; an int is used as the seed itself.
    n_threads : int
        As in :class:`~fbbench.FullyBinaryNetwork`.

    Attributes
    ----------
    network_ : FullyBinaryNetwork, SignPerceptron or MajorityPerceptron
    encoder_ : transformer or None
    classes_ : ndarray (n_classes,)
    training_accuracies_ : list of float
        Training accuracy of every epoch, measured on the fly.
    """

    def __init__(
        self,
        hidden_layers=(135, 135),
        *,
        memory=None,
        weights="bits",
        group_size="published",
        robustness=0.25,
        reinforcement=0.5,
        hidden_bits=8,
        arithmetic="binary",
        readout="last",
        epochs=None,
        batch_size=100,
        encoder="median",
        random_state=None,
        n_threads=1,
    ):
        self.hidden_layers = hidden_layers
        self.memory = memory
        self.weights = weights
        self.group_size = group_size
        self.robustness = robustness
        self.reinforcement = reinforcement
        self.hidden_bits = hidden_bits
        self.arithmetic = arithmetic
        self.readout = readout
        self.epochs = epochs
        self.batch_size = batch_size
        self.encoder = encoder
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X, y, **not_supported):
        """Train from scratch on X (n_samples, n_features) and labels y (n_samples,) of any kind.

        Raises
        ------
        ValueError
            If a parameter, X or y is wrong, or ``sample_weight`` is given: increments are whole.
        """
        refuse("fit", not_supported)
        epochs = self._epochs()
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        bits, encoded = self._start(X, y, np.unique(y))
        for _ in range(epochs):
            self._train_epoch(bits, encoded)
        return self

    def _epochs(self):
        if self.epochs is None:
            return 50 if self.memory is None else self._of_weights()[2]
        return integer("epochs", self.epochs, 1, 1 << 62)

    def _train_epoch(self, bits, labels):
        batches = () if isinstance(self.network_, OnRandomUnits) else (self.batch_size,)
        self.training_accuracies_.append(self.network_.train_epoch(bits, labels, *batches))

    def partial_fit(self, X, y, classes=None, **not_supported):
        """Train one epoch more on X, y; the first call needs all ``classes`` and fits the encoder. Errors as `fit`."""
        refuse("partial_fit", not_supported)
        self._epochs()
        first = not hasattr(self, "network_")
        X, y = validate_data(self, X, y, reset=first)
        check_classification_targets(y)
        if first:
            if classes is None:
                raise ValueError("classes must be given in the first call of partial_fit")
            bits, encoded = self._start(X, y, np.unique(classes))
        else:
            if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise ValueError(f"classes must stay as in the first call: {self.classes_}")
            bits, encoded = self._bits(X), self._encode_labels(y)
        self._train_epoch(bits, encoded)
        return self

    def _start(self, X, y, classes):
        if len(classes) < 2:
            raise ValueError(f"y must hold at least 2 classes; got one class: {classes}")
        self.classes_ = classes
        encoded = self._encode_labels(y)
        if self.encoder is None:
            self.encoder_ = None
        else:
            methods = hasattr(self.encoder, "fit") and hasattr(self.encoder, "transform")
            is_transformer = methods and not isinstance(self.encoder, type)
            if self.encoder != "median" if isinstance(self.encoder, str) else not is_transformer:
                raise ValueError(f"encoder must be 'median', None or a transformer; got {self.encoder!r}")
            encoder = MedianBinarizer() if isinstance(self.encoder, str) else clone(self.encoder)
            self.encoder_ = encoder.fit(X)
        codes = self._codes(X)
        if isinstance(self.random_state, (int, np.integer)):
            seed = int(self.random_state)
        else:
            seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        made = self._published if self.memory is None else self._on_random_units
        n_rows, n_inputs = codes.shape
        self.network_ = made(n_rows, n_inputs, len(classes), seed)
        self.training_accuracies_ = []
        return self._pack(codes), encoded

    def _of_weights(self):
        """Return what ``weights`` stands for: a class, the model of its memory, and how many passes it makes."""
        if not isinstance(self.weights, str) or self.weights not in NETWORKS:
            raise ValueError(f"weights must be 'bits' or 'integers'; got {self.weights!r}")
        return NETWORKS[self.weights]

    def _on_random_units(self, n_rows, n_inputs, n_classes, seed):
        network_class, memory_model, _ = self._of_weights()
        try:
            n_units = units_within(memory_model, parse_size(self.memory), n_rows, n_inputs, n_classes)
        except ValueError as error:
            raise ValueError(f"memory: {error}") from None
        return network_class(
            n_inputs, n_classes, n_units=n_units, n_pairs=recommended_pairs(n_units), epochs=self._epochs(), seed=seed
        )

    def _published(self, n_rows, n_inputs, n_classes, seed):
        layers = tuple(integer("hidden_layers", n, 1, MAX_WIDTH) for n in sequence("hidden_layers", self.hidden_layers))
        return FullyBinaryNetwork(
            (n_inputs, *layers),
            n_classes,
            group_size=group_sizes_of(self.group_size, layers),
            robustness=self.robustness,
            reinforcement=self.reinforcement,
            hidden_bits=self.hidden_bits,
            arithmetic=self.arithmetic,
            readout=self.readout,
            seed=seed,
            n_threads=self.n_threads,
        )

    def _encode_labels(self, y):
        encoded = np.searchsorted(self.classes_, y)
        known = encoded < len(self.classes_)
        if not known.all() or not (self.classes_[encoded] == y).all():
            raise ValueError(f"y must only hold the known classes {self.classes_}")
        return encoded

    def _codes(self, X):
        if self.encoder_ is None:
            return X
        codes = self.encoder_.transform(X)
        if hasattr(codes, "toarray"):
            raise ValueError(f"encoder must give an array; {type(self.encoder_).__name__} gives a sparse matrix")
        return np.asarray(codes)

    def _pack(self, codes):
        try:
            return pack(codes)
        except ValueError as error:
            if self.encoder_ is None:
                raise
            raise ValueError(
                f"encoder must give -1 and +1; {type(self.encoder_).__name__} gives something else: {error}"
            ) from None

    def _bits(self, X):
        return self._pack(self._codes(X))

    def decision_function(self, X):
        """Return the scores, whole numbers as float64: (n_samples, C), or for two classes the second's lead
        (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        scores = self.network_.decision_function(self._bits(X)).astype(np.float64)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X):
        """Return the predicted label of every row."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return self.classes_[self.network_.predict(self._bits(X))]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # One bit a feature is too little for the two-feature toy sets of check_estimator; its accuracy floor is waived.
        tags.classifier_tags.poor_score = True
        return tags
