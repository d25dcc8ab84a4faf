"""The network: its layers, how it is trained, and what it predicts."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from .. import bits, kernels
from ..arguments import integer, integer_matrix, real, sequence
from ..from_parameters import FromParameters
from ..kernels import random, reference
from ..kernels.batches import Batches
from ..kernels.layer import Layer, Layers
from ..saved import read_saved, write_saved
from . import files
from .parameters import NetworkParameters, thread_count
from .start import check_given, layer_of, padded, start_classifier, start_hidden
from .thresholds import accuracy_of, reinforcement_threshold

MAX_BATCH = (1 << 30) - 1
"""Rows of a mini-batch are numbered with 31 bits, and increments of 2 for each add up in 32."""
UNINTERRUPTED = 200_000_000_000
"""Samples times weights that are trained in one piece: a third of a second on a processor with AVX-512."""


class FullyBinaryNetwork(FromParameters):
    """A multi-layer fully binary network (BMLP).

    Parameters
    ----------
    layer_sizes : sequence of int
        The fan-in, then the number of units of every hidden layer, e.g. ``(784, 525, 525)``.
    n_classes : int
        Number of classes C, at least 2.
    group_size : int or sequence of int
        Units per group (gamma), for all layers or one per layer; must divide the layer's number of units.
    robustness : float in [0, 1]
        r: a right prediction that leads by less than floor(r K) still triggers. Default: 0.25.
    reinforcement : float >= 0
        p_r, the scale of the reinforcement probability; 0 turns it off. Default: 0.5.
    hidden_bits : 8 or 16
        Width of the hidden weights, which saturate at +-127 or +-32767. Default: 8.
    arithmetic : "binary" or "ternary"
        ``binary`` (default): strictly +-1, sign(0) = +1, hidden weights odd. ``ternary``: sign(0) = 0, as in the
        authors' code, which the published numbers came from.
    seed : int in [0, 2**64)
        Start state, order of samples and reinforcement follow from it alone, on any path and machine.
    committee : bool
        The classifier of a layer reads the majority of every group of units instead of the units, and only groups
        whose majority is wrong are corrected: the single-layer method (Baldassi 2009).
    clip : int, optional
        Hidden weights stay within +-clip; default: what their width holds. In binary arithmetic, where they are odd,
        an even one acts as the odd number below it.
    trained_classifier : bool
        Classifiers have hidden weights of their own and learn (paper, section 4.4): a sample that triggers a layer, and
        whose label has a negative score, moves that label's row by 2 a. Not in a committee.
    readout : "last", "vote", "preactivation" or "perceptron"
        Where predictions come from; training of the hidden layers is the same. ``last``: the last layer's classifier
        (published). ``vote``: the sum of all layers' classifiers. ``preactivation``: the last layer's classifier on the
        pre-activations, P z in place of P sign(z). ``perceptron``: an averaged integer perceptron on the bits of all
        layers, which makes a pass after every epoch of theirs (:meth:`train_epoch`) and is averaged over that pass; its
        classes are 0 before the first. The last three are not in the paper; see :mod:`fbbench.network.readouts`.
    rule : TrainingRule
        How hidden weights are corrected; default: by local errors. See :mod:`fbbench.network.rules`.
    n_threads : int
        Threads that train and predict (a perceptron has one), at most the cores this process may use. Training
        takes no more than one for 64 units of the widest layer. Results do not depend on it.

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    parameters_class = NetworkParameters
    derived = ("n_inputs", "n_layers", "ternary", "bound")

    def __init__(self, layer_sizes: Any, n_classes: Any, **parameters: Any) -> None:
        self._begin(self.parameters_of(layer_sizes=layer_sizes, n_classes=n_classes, **parameters))

    @classmethod
    def from_arrays(cls, hidden: Any, classifiers: Any, **parameters: Any) -> Any:
        """Make a network from given hidden weights and classifiers.

        Parameters
        ----------
        hidden : list of integer arrays (K, D)
            Odd in binary arithmetic, within the bound of ``hidden_bits``.
        classifiers : list of integer arrays (C, K), or (C, K / group_size) in a committee
            -1 or +1; 0 is allowed in ternary arithmetic. With ``trained_classifier``, their hidden weights.
        **parameters
            The others of the constructor, by name.

        Raises
        ------
        ValueError
            If shapes do not fit together or a value is out of range; the message names the argument.
        """
        hidden = [integer_matrix(f"hidden[{i}]", h) for i, h in enumerate(sequence("hidden", hidden))]
        classifiers = [
            integer_matrix(f"classifiers[{i}]", p) for i, p in enumerate(sequence("classifiers", classifiers))
        ]
        if len(classifiers) != len(hidden):
            raise ValueError(f"classifiers must have one array per layer: {len(hidden)}; got {len(classifiers)}")
        sizes = [hidden[0].shape[1]] + [h.shape[0] for h in hidden]
        checked = cls.parameters_of(layer_sizes=sizes, n_classes=classifiers[0].shape[0], **parameters)
        check_given(checked, hidden, classifiers)
        if checked.trained_classifier:
            classifiers = [padded(checked, p) for p in classifiers]
        network = cls.__new__(cls)
        network._set_state(checked, [padded(checked, h) for h in hidden], classifiers)
        return network

    def _begin(self, parameters: NetworkParameters) -> None:
        numbers = range(parameters.n_layers)
        self._set_state(
            parameters,
            [start_hidden(parameters, n) for n in numbers],
            [start_classifier(parameters, n) for n in numbers],
        )

    def _set_state(self, parameters: NetworkParameters, padded_hidden: list, classifiers: list) -> None:
        self.parameters = parameters
        state = enumerate(zip(padded_hidden, classifiers, strict=True))
        self._layers = Layers(
            layer_of(parameters, number, hidden, classifier) for number, (hidden, classifier) in state
        )
        self._steps = 0
        self._epochs = 0
        self._previous = Fraction(0)
        self._way_out = parameters.way_out(parameters)

    @property
    def n_threads(self) -> int:
        """Threads that train and predict; may be set, as results do not depend on it."""
        return self.parameters.n_threads

    @n_threads.setter
    def n_threads(self, n_threads: int) -> None:
        self.parameters = replace(self.parameters, n_threads=n_threads)

    @property
    def reader(self) -> Any:
        """The perceptron of the read-out of that name; None with another one."""
        return getattr(self._way_out, "reader", None)

    @property
    def path(self) -> Any:
        """The kernel path that is used now."""
        return kernels.active()

    # ---- training ----

    def train_batch(self, x: np.ndarray, y: np.ndarray, previous_accuracy: float = 0.0) -> int:
        """Train on one mini-batch.

        Parameters
        ----------
        x : ndarray (N, D) of -1, +1, or packed bits, uint64 (N, ceil(D / 64))
        y : integers (N,), 0 .. n_classes - 1
        previous_accuracy : float in [0, 1]
            Training accuracy of the epoch before, which sets the reinforcement probability.

        Returns
        -------
        int
            How many samples the last layer predicted right, before the update.
        """
        x, y = self._check_samples(x, y)
        accuracy = real("previous_accuracy", previous_accuracy, 0.0, 1.0)
        return self._train(x, y, np.arange(len(x)), len(x), accuracy_of(accuracy))

    @property
    def _previous_accuracy(self) -> float:
        """That of the epoch before, as it is told and saved; what training reads is the ratio."""
        return float(self._previous)

    def train_epoch(self, x: np.ndarray, y: np.ndarray, batch_size: int = 100) -> float:
        """Train on all samples once, in an order drawn from the network's own seed.

        Parameters
        ----------
        x, y : as in :meth:`train_batch`
        batch_size : int
            Samples of a mini-batch; a short last one is trained like any other.

        Returns
        -------
        float
            Training accuracy of the last layer, measured on the fly; the next epoch's reinforcement uses it.
        """
        x, y = self._check_samples(x, y)
        batch_size = min(integer("batch_size", batch_size, 1, (1 << 62) - 1), len(x))
        order = random.permutation(random.stream(self.seed, random.SHUFFLE, self._epochs), len(x))
        right = self._train(x, y, order, batch_size, self._previous)
        self._way_out.train_pass(len(x), lambda rows: (self.activation_bits(x[rows]), y[rows]))
        self._epochs += 1
        self._previous = Fraction(right, len(x))
        return self._previous_accuracy

    def _train(self, x: np.ndarray, y: np.ndarray, order: np.ndarray, batch_size: int, accuracy: Fraction) -> int:
        integer("rows of a mini-batch", batch_size, 1, MAX_BATCH)
        learning = [*self._layers, *(layer.trained for layer in self._layers if self.trained_classifier)]
        cuts = np.stack([cuts_of(self.reinforcement_threshold(layer.fan_in, accuracy)) for layer in learning])
        right = 0
        weights = sum(layer.n_units * layer.fan_in for layer in self._layers)
        rows = max(1, UNINTERRUPTED // (weights * batch_size)) * batch_size
        for first in range(0, len(order), rows):  # between two pieces Ctrl-C is heard
            piece = order[first : first + rows]
            batches = Batches(x, y, piece, batch_size, self._steps)
            right += self.rule.train(self.path, self._layers, cuts, batches, self.n_threads)
            self._steps += -(-len(piece) // batch_size)
        return right

    def reinforcement_threshold(self, fan_in: int, accuracy: float | Fraction) -> int:
        """Return floor(p 2^32) of the reinforcement probability p, at most 2^32 (p = 1)."""
        return reinforcement_threshold(self.reinforcement, accuracy, fan_in)

    def _check_samples(self, x: np.ndarray, y: np.ndarray) -> tuple:
        return bits.check_samples(x, y, self.n_inputs, self.n_classes)

    # ---- inference ----

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """Return scores, integers (N, C), for x as in :meth:`train_batch`: the last layer's y = P a, or what
        ``readout`` says."""
        return self._way_out.scores(self, bits.check_rows(x, self.n_inputs))

    def activation_bits(self, x: np.ndarray) -> np.ndarray:
        """Return the activations of all layers, one after the other, as packed rows (N, ceil(units / 64)), for x as in
        :meth:`train_batch`. Binary arithmetic."""
        if self.ternary:
            raise ValueError("activation_bits is for binary arithmetic: in ternary, activations may be 0")
        rows, found = bits.check_rows(x, self.n_inputs), []
        for layer in self._layers:
            z = self.path.product(rows, None, layer.sign, None, layer.fan_in)
            found.append(np.where(z >= 0, np.int8(1), np.int8(-1)))
            rows = bits.pack(found[-1])
        return bits.pack(np.concatenate(found, axis=1))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predicted classes (N,): argmax of the scores, the lowest class among equals."""
        return self.decision_function(x).argmax(axis=1)

    # ---- state ----

    def hidden_weights(self, layer: int) -> np.ndarray:
        """Return a copy of the hidden weights H (K, D), int8 or int16, of layer ``layer`` (counted from 0)."""
        state = self._layer(layer)
        return state.hidden[:, : state.fan_in].copy()

    def classifier(self, layer: int) -> np.ndarray:
        """Return the classifier P (C, K), int8, of layer ``layer`` (counted from 0)."""
        state = self._layer(layer)
        return reference.unpack_planes(state.p_sign, state.p_mask, state.n_read).astype(np.int8)

    def classifier_hidden_weights(self, layer: int) -> np.ndarray:
        """Return a copy of a trained classifier's hidden weights (C, K), int8 or int16; ValueError if it is fixed."""
        trained = self._layer(layer).trained
        if trained is None:
            raise ValueError("the classifiers of this network are fixed; they have no hidden weights")
        return trained.hidden[:, : trained.fan_in].copy()

    def _layer(self, number: int) -> Layer:
        return self._layers[integer("layer", number, 0, self.n_layers - 1)]

    def state_hash(self) -> str:
        """Return the SHA-256 (hex) of everything that decides what the network does next.

        Covers the parameters, seed and counters, every hidden weight (as little-endian int16) and every classifier
        value; equal on every path, thread count and machine.
        """
        return files.state_hash(self)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the network as named plain arrays, a JSON header among them: what :meth:`save` writes."""
        return files.to_arrays(self)

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], *, n_threads: int = 1) -> Any:
        """Return the network that :meth:`to_arrays` described; it goes on training as the first would have.

        Raises
        ------
        ValueError, KeyError
            If an array is missing, altered, or something else.
        """
        return files.restored(cls, arrays, n_threads)

    def save(self, path: Any) -> None:
        """Write the network to ``path`` (NPZ without pickles), whole or not at all."""
        write_saved(path, self.to_arrays())

    @classmethod
    def load(cls, path: Any, *, n_threads: int = 1) -> Any:
        """Read a network that :meth:`save` wrote. Never runs code from the file.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is truncated, altered, or something else.
        """
        thread_count(n_threads)
        restored = functools.partial(cls.restored, n_threads=n_threads)
        return read_saved(path, restored, "network file written by FullyBinaryNetwork.save")

    def __setstate__(self, state: dict) -> None:
        # joblib may hand back read-only memory maps; training writes in place.
        self.__dict__.update(state)
        self._layers = Layers(copy.copy(layer) for layer in self._layers)  # another network may have them, too
        for layer in self._layers:
            layer.own_arrays()

    def __repr__(self) -> str:
        known = inspect.signature(type(self)).parameters
        return (
            f"{type(self).__name__}({self.layer_sizes}, {self.n_classes}, "
            f"{self.parameters.arguments(known.keys() - {'layer_sizes', 'n_classes'})})"
        )


def signature_of(function: Any, required: tuple[str, ...]) -> inspect.Signature:
    """Return the signature of a function that passes the parameters of a network on, each said by its name."""
    given = [
        parameter for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]  # fmt: skip
    named = [
        parameter.replace(kind=parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(NetworkParameters).parameters.items()
        if name not in required
    ]
    return inspect.Signature([*given, *named])


for method in (vars(FullyBinaryNetwork)["__init__"], vars(FullyBinaryNetwork)["from_arrays"].__func__):
    method.__signature__ = signature_of(method, ("layer_sizes", "n_classes"))


@functools.lru_cache(maxsize=256)
def cuts_of(threshold: int) -> np.ndarray:
    """Return :func:`random.hit_cuts`, kept: every mini-batch of an epoch has the same."""
    return random.hit_cuts(threshold)
