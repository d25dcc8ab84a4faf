"""The fully binary network: layers trained one by one with local error signals, with XNOR, popcount and increments.

The algorithm is that of Colombo, Pittorino, Roveri 2025 (arXiv:2412.00119), section 3. For every mini-batch and layer:

1. z = W a (XNOR and popcount), a' = sign(z); the layer's fixed random classifier P predicts the class, argmax P a'.
2. A sample whose local prediction is wrong, or leads by less than floor(r K), *triggers* the layer.
3. The row of P of its label says which sign every unit should have. In every group of gamma units, the wrong unit
   with the smallest ``|z|`` moves towards it: H += 2 d a. The increments of the mini-batch add up.
4. Reinforcement (Baldassi 2009, arXiv:1211.3024): every hidden weight moves away from 0 by 2 with probability
   p = p_r sqrt(1 - accuracy) sqrt(2 / (pi D)), if any sample triggered.
5. H is clipped to its width once, and W = sign(H).

Layers only share activations; no error travels backwards. The loops are in :mod:`fbbench.kernels`, whose
``reference.py`` is the readable form; this module owns the state, its checks, its hash and its file format.
"""

import functools
import hashlib
import inspect
import itertools
import json
import math

import numpy as np

from . import bits, kernels
from .arguments import boolean, integer, integer_matrix, real, sequence
from .cores import available_cores
from .kernels import _native, normal_table, random, reference
from .kernels.layer import MAX_WIDTH, Layer, words_of
from .perceptron import PIECE, Reader
from .saved import read_saved, write_saved

__all__ = ["FullyBinaryNetwork"]

FORMAT = "fbbench-network-1"
HASHED_AS = "fbbench-network-1"
"""Begins what a state hash is of, and never changes, whatever classes and file formats are called; hashes in stored
rows stay comparable. With another one, or other names in ``_described``, methods of networks need a new version."""
ARITHMETICS = ("binary", "ternary")
MAX_BATCH = (1 << 30) - 1
"""Rows of a mini-batch are numbered with 31 bits, and increments of 2 for each add up in 32."""
UNINTERRUPTED = 200_000_000_000
"""Samples times weights that are trained in one piece: a third of a second on a processor with AVX-512."""
UNITS_A_THREAD = 64
"""Threads share a layer's units; one with fewer than these of the widest layer would cost more than it brings."""
READOUTS = (*_native.READOUTS, "perceptron")
DRAW_CHUNK = 1 << 15
"""Start values drawn at a time, so that drawing them needs little memory beside the weights."""


class FullyBinaryNetwork:
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
        r: a right prediction that leads by less than floor(r K) still triggers.
    reinforcement : float >= 0
        p_r, the scale of the reinforcement probability; 0 turns it off.
    hidden_bits : 8 or 16
        Width of the hidden weights, which saturate at +-127 or +-32767.
    arithmetic : "binary" or "ternary"
        ``binary``: strictly +-1, sign(0) = +1, hidden weights odd. ``ternary``: sign(0) = 0, as in the authors' code,
        which the published numbers came from.
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
        classes are 0 before the first. The last three are not in the paper.
    n_threads : int
        Threads that train and predict (a perceptron has one), at most the cores this process may use. Training
        takes no more than one for 64 units of the widest layer. Results do not depend on it.

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    def __init__(
        self,
        layer_sizes,
        n_classes,
        *,
        group_size,
        robustness=0.25,
        reinforcement=0.5,
        hidden_bits=8,
        arithmetic="binary",
        seed,
        committee=False,
        clip=None,
        trained_classifier=False,
        readout="last",
        n_threads=1,
    ):
        self._set_parameters(
            layer_sizes, n_classes, group_size, robustness, reinforcement, hidden_bits, arithmetic, seed, committee,
            clip, trained_classifier, readout, n_threads,
        )  # fmt: skip
        hidden, classifiers = [], []
        for number, (fan_in, n_units) in enumerate(itertools.pairwise(self.layer_sizes)):
            hidden.append(self._start_weights(random.HIDDEN, number, n_units, fan_in))
            classifiers.append(self._start_classifier(number, self._n_read(number, n_units)))
        self._set_state(hidden, classifiers)

    @classmethod
    def check_parameters(cls, *args, **kwargs):
        """Raise the error that the constructor would raise for these arguments, without drawing a weight."""
        network = cls.__new__(cls)
        network._set_parameters(**bound(FullyBinaryNetwork.__init__, network, *args, **kwargs))

    @classmethod
    def from_arrays(
        cls,
        hidden,
        classifiers,
        *,
        group_size,
        robustness=0.25,
        reinforcement=0.5,
        hidden_bits=8,
        arithmetic="binary",
        seed,
        committee=False,
        clip=None,
        trained_classifier=False,
        readout="last",
        n_threads=1,
    ):
        """Make a network from given hidden weights and classifiers.

        Parameters
        ----------
        hidden : list of integer arrays (K, D)
            Odd in binary arithmetic, within the bound of ``hidden_bits``.
        classifiers : list of integer arrays (C, K), or (C, K / group_size) in a committee
            -1 or +1; 0 is allowed in ternary arithmetic. With ``trained_classifier``, their hidden weights.

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
        self = cls.__new__(cls)
        self._set_parameters(
            sizes,
            classifiers[0].shape[0],
            group_size,
            robustness,
            reinforcement,
            hidden_bits,
            arithmetic,
            seed,
            committee,
            clip,
            trained_classifier,
            readout,
            n_threads,
        )
        for i, (h, p) in enumerate(zip(hidden, classifiers, strict=True)):
            if h.shape[1] != sizes[i]:
                raise ValueError(f"hidden[{i}] must have {sizes[i]} columns, the width before it; got {h.shape[1]}")
            expected = (self.n_classes, self._n_read(i, sizes[i + 1]))
            if p.shape != expected:
                raise ValueError(f"classifiers[{i}] must have shape {expected}; got {p.shape}")
            self._check_hidden(f"hidden[{i}]", h)
            if self.trained_classifier:
                self._check_hidden(f"classifiers[{i}]", p)
            elif not (np.isin(p, (-1, 0, 1) if self.ternary else (-1, 1))).all():
                raise ValueError(f"classifiers[{i}] must be -1 or +1 everywhere{' (or 0)' if self.ternary else ''}")
        if self.trained_classifier:
            classifiers = [self._padded(p) for p in classifiers]
        self._set_state([self._padded(h) for h in hidden], classifiers)
        return self

    def _check_hidden(self, name, values):
        if values.size and (values.max() > self.bound or values.min() < -self.bound):
            of = f"{self.hidden_bits}-bit hidden weights" if self.clip is None else f"clip {self.clip}"
            raise ValueError(f"{name} must lie within +-{self.bound} for {of}")
        if not self.ternary and not (values % 2 != 0).all():
            raise ValueError(f"{name} must be odd everywhere in binary arithmetic; an even value was found")

    def _set_parameters(
        self,
        layer_sizes,
        n_classes,
        group_size,
        robustness,
        reinforcement,
        hidden_bits,
        arithmetic,
        seed,
        committee,
        clip,
        trained_classifier,
        readout,
        n_threads,
    ):
        sizes = [integer("layer_sizes", size, 1, MAX_WIDTH) for size in sequence("layer_sizes", layer_sizes)]
        if len(sizes) < 2:
            raise ValueError(f"layer_sizes must hold the fan-in and at least one layer; got {sizes}")
        n_layers = len(sizes) - 1
        if isinstance(group_size, (list, tuple, np.ndarray)):
            groups = list(group_size)
            if len(groups) != n_layers:
                raise ValueError(f"group_size must be one number or one per layer ({n_layers}); got {groups}")
        else:
            groups = [group_size] * n_layers
        groups = [integer("group_size", g, 1, MAX_WIDTH) for g in groups]
        for g, n_units in zip(groups, sizes[1:], strict=True):
            if n_units % g:
                raise ValueError(f"group_size must divide the number of units; {g} does not divide {n_units}")
        if arithmetic not in ARITHMETICS:
            raise ValueError(f"arithmetic must be 'binary' or 'ternary'; got {arithmetic!r}")
        if integer("hidden_bits", hidden_bits, 8, 16) not in (8, 16):
            raise ValueError(f"hidden_bits must be 8 or 16; got {hidden_bits!r}")
        self.layer_sizes = tuple(sizes)
        self.n_classes = integer("n_classes", n_classes, 2, MAX_WIDTH)
        self.group_size = tuple(groups)
        self.robustness = real("robustness", robustness, 0.0, 1.0)
        self.reinforcement = real("reinforcement", reinforcement, 0.0, math.inf)
        self.hidden_bits = int(hidden_bits)
        self.arithmetic = arithmetic
        self.seed = integer("seed", seed, 0, (1 << 64) - 1)
        self.committee = boolean("committee", committee)
        width_bound = (1 << (self.hidden_bits - 1)) - 1
        self.clip = None if clip is None else integer("clip", clip, 1, width_bound + 1)
        self.trained_classifier = boolean("trained_classifier", trained_classifier)
        if self.trained_classifier and self.committee:
            raise ValueError("trained_classifier is for networks without committees")
        if readout not in READOUTS:
            raise ValueError(f"readout must be one of {', '.join(READOUTS)}; got {readout!r}")
        if self.committee and readout in ("preactivation", "perceptron"):
            raise ValueError(f"readout {readout!r} is for networks without committees")
        if self.ternary and readout == "perceptron":
            raise ValueError("readout 'perceptron' reads bits: it is for binary arithmetic")
        if readout == "perceptron":
            Reader.check_parameters(sum(sizes[1:]), self.n_classes, seed=self.seed)
        self.readout = readout
        self.n_threads = thread_count(n_threads)

    @property
    def n_inputs(self):
        """Bits of a row: the fan-in of the first layer."""
        return self.layer_sizes[0]

    @property
    def n_layers(self):
        """Number of trained layers."""
        return len(self.layer_sizes) - 1

    @property
    def ternary(self):
        """Whether zero states exist."""
        return self.arithmetic == "ternary"

    @property
    def bound(self):
        """Largest hidden weight: 2**(hidden_bits - 1) - 1, or ``clip``; odd in binary arithmetic."""
        most = (1 << (self.hidden_bits - 1)) - 1
        if self.clip is not None:
            most = min(most, self.clip)
        return most if self.ternary else most - 1 + most % 2

    def _n_read(self, number, n_units):
        return n_units // self.group_size[number] if self.committee else n_units

    def _padded(self, hidden):
        n_units, fan_in = hidden.shape
        padded = np.zeros((n_units, 64 * words_of(fan_in)), dtype=np.int8 if self.hidden_bits == 8 else np.int16)
        padded[:, :fan_in] = hidden
        return padded

    def _start_weights(self, purpose, number, n_rows, n_columns):
        """Draw hidden weights: Normal(0, 64^2) cut to an integer, from the committed table; clipped to the bound."""
        allowed = np.arange(normal_table.FIRST, normal_table.FIRST + len(normal_table.TABLE))
        table = np.array(normal_table.TABLE, dtype=np.uint64)
        if not self.ternary:
            allowed, table = allowed[allowed % 2 == 1], table[allowed % 2 == 1]
        allowed = np.clip(allowed, -self.bound, self.bound).astype(np.int16)
        key = random.stream(self.seed, purpose, number)
        hidden = np.zeros((n_rows, 64 * words_of(n_columns)), dtype=np.int8 if self.hidden_bits == 8 else np.int16)
        per_chunk = max(1, DRAW_CHUNK // n_columns)
        for first in range(0, n_rows, per_chunk):
            count = min(per_chunk, n_rows - first)
            draws = random.words(key, first * n_columns, count * n_columns) >> np.uint64(32)
            values = allowed[np.searchsorted(table, draws, side="right")]
            hidden[first : first + count, :n_columns] = values.reshape(count, n_columns)
        return hidden

    def _start_classifier(self, number, n_read):
        """Draw a fixed classifier: fair +-1 bits, or in ternary arithmetic the signs of start weights; or, if it is
        trained, its start weights, padded."""
        if self.trained_classifier:
            return self._start_weights(random.CLASSIFIER, number, self.n_classes, n_read)
        if self.ternary:
            drawn = self._start_weights(random.CLASSIFIER, number, self.n_classes, n_read)
            return np.sign(drawn[:, :n_read])
        draws = random.words(random.stream(self.seed, random.CLASSIFIER, number), 0, self.n_classes * n_read)
        return (2 * (draws >> np.uint64(63)).astype(np.int8) - 1).reshape(self.n_classes, n_read)

    def _set_state(self, padded_hidden, classifiers):
        self._layers = []
        for number, (hidden, classifier) in enumerate(zip(padded_hidden, classifiers, strict=True)):
            fan_in, n_units = self.layer_sizes[number], self.layer_sizes[number + 1]
            sign, mask = _native.binarise(hidden, fan_in, self.ternary)
            trained, n_read = None, self._n_read(number, n_units)
            if self.trained_classifier:
                trained = self._classifier_layer(number, n_read, classifier)
                p_sign, p_mask = trained.sign, trained.mask
            else:
                p_sign, p_mask = reference.pack_planes(np.asarray(classifier), self.ternary)
            self._layers.append(
                Layer(
                    fan_in=fan_in,
                    n_units=n_units,
                    n_classes=self.n_classes,
                    group_size=self.group_size[number],
                    margin=math.floor(self.robustness * n_read),
                    bound=self.bound,
                    committee=self.committee,
                    stream=random.stream(self.seed, random.REINFORCEMENT, number),
                    hidden=hidden,
                    sign=sign,
                    mask=mask,
                    p_sign=p_sign,
                    p_mask=p_mask,
                    trained=trained,
                )
            )
        self._steps = 0
        self._epochs = 0
        self._previous_accuracy = 0.0
        self.reader = None
        if self.readout == "perceptron":
            self.reader = Reader(sum(self.layer_sizes[1:]), self.n_classes, seed=self.seed)

    def _classifier_layer(self, number, n_read, hidden):
        """Return a trained classifier of padded hidden weights, as the kernels want it."""
        sign, mask = _native.binarise(hidden, n_read, self.ternary)
        return Layer(
            fan_in=n_read,
            n_units=self.n_classes,
            n_classes=self.n_classes,
            group_size=self.n_classes,
            margin=0,
            bound=self.bound,
            committee=False,
            stream=random.stream(self.seed, random.CLASSIFIER_REINFORCEMENT, number),
            hidden=hidden,
            sign=sign,
            mask=mask,
            p_sign=sign,
            p_mask=mask,
        )

    # ---- training ----

    def train_batch(self, x, y, previous_accuracy=0.0):
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
        return self._train(x, y, np.arange(len(x)), len(x), accuracy)

    def train_epoch(self, x, y, batch_size=100):
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
        right = self._train(x, y, order, batch_size, self._previous_accuracy)
        if self.reader is not None:
            self.reader.train_pass(len(x), lambda rows: (self.activation_bits(x[rows]), y[rows]))
        self._epochs += 1
        self._previous_accuracy = right / len(x)
        return self._previous_accuracy

    def _train(self, x, y, order, batch_size, accuracy):
        integer("rows of a mini-batch", batch_size, 1, MAX_BATCH)
        learning = [*self._layers, *(layer.trained for layer in self._layers if self.trained_classifier)]
        cuts = np.stack([cuts_of(self.reinforcement_threshold(layer.fan_in, accuracy)) for layer in learning])
        right = 0
        weights = sum(layer.n_units * layer.fan_in for layer in self._layers)
        rows = max(1, UNINTERRUPTED // (weights * batch_size)) * batch_size
        for first in range(0, len(order), rows):  # between two pieces Ctrl-C is heard
            piece = order[first : first + rows]
            right += self._train_piece(cuts, x, y, piece, batch_size)
            self._steps += -(-len(piece) // batch_size)
        return right

    def _train_piece(self, cuts, x, y, piece, batch_size):
        """Train on the rows ``piece``, mini-batch by mini-batch; return how many were predicted right."""
        train = kernels.active().train
        n_threads = min(self.n_threads, -(-max(layer.n_units for layer in self._layers) // UNITS_A_THREAD))
        return train(self._layers, cuts, x, y, piece, batch_size, self._steps, n_threads)

    def reinforcement_threshold(self, fan_in, accuracy):
        """Return floor(p 2^32) of the reinforcement probability p, at most 2^32 (p = 1)."""
        p = self.reinforcement * math.sqrt(1 - accuracy) * math.sqrt(2 / (math.pi * fan_in))
        return math.floor(min(p, 1.0) * 2**32)

    def _check_samples(self, x, y):
        return bits.check_samples(x, y, self.layer_sizes[0], self.n_classes)

    # ---- inference ----

    def decision_function(self, x):
        """Return scores, integers (N, C), for x as in :meth:`train_batch`: the last layer's y = P a, or what
        ``readout`` says."""
        x = bits.check_rows(x, self.layer_sizes[0])
        if self.reader is None:
            return kernels.active().scores(self._layers, x, self.n_threads, self.readout)
        pieces = [x[first : first + PIECE] for first in range(0, len(x), PIECE)]
        return np.concatenate([self.reader.decision_function(self.activation_bits(piece)) for piece in pieces])

    def activation_bits(self, x):
        """Return the activations of all layers, one after the other, as packed rows (N, ceil(units / 64)), for x as in
        :meth:`train_batch`. Binary arithmetic."""
        if self.ternary:
            raise ValueError("activation_bits is for binary arithmetic: in ternary, activations may be 0")
        rows, found = bits.check_rows(x, self.layer_sizes[0]), []
        for layer in self._layers:
            z = kernels.active().product(rows, None, layer.sign, None, layer.fan_in)
            found.append(np.where(z >= 0, np.int8(1), np.int8(-1)))
            rows = bits.pack(found[-1])
        return bits.pack(np.concatenate(found, axis=1))

    def predict(self, x):
        """Return the predicted classes (N,): argmax of the scores, the lowest class among equals."""
        return self.decision_function(x).argmax(axis=1)

    # ---- state ----

    def hidden_weights(self, layer):
        """Return a copy of the hidden weights H (K, D), int8 or int16, of layer ``layer`` (counted from 0)."""
        state = self._layer(layer)
        return state.hidden[:, : state.fan_in].copy()

    def classifier(self, layer):
        """Return the classifier P (C, K), int8, of layer ``layer`` (counted from 0)."""
        state = self._layer(layer)
        return reference.unpack_planes(state.p_sign, state.p_mask, state.n_read).astype(np.int8)

    def classifier_hidden_weights(self, layer):
        """Return a copy of a trained classifier's hidden weights (C, K), int8 or int16; ValueError if it is fixed."""
        trained = self._layer(layer).trained
        if trained is None:
            raise ValueError("the classifiers of this network are fixed; they have no hidden weights")
        return trained.hidden[:, : trained.fan_in].copy()

    def _kept_classifier(self, number):
        """Return what must be kept of a classifier: its hidden weights where it is trained, else its signs."""
        return self.classifier_hidden_weights(number) if self.trained_classifier else self.classifier(number)

    def _layer(self, number):
        return self._layers[integer("layer", number, 0, self.n_layers - 1)]

    def _described(self):
        return {
            "layer_sizes": list(self.layer_sizes),
            "n_classes": self.n_classes,
            "group_size": list(self.group_size),
            "robustness": self.robustness,
            "reinforcement": self.reinforcement,
            "hidden_bits": self.hidden_bits,
            "arithmetic": self.arithmetic,
            "seed": self.seed,
            "committee": self.committee,
            "steps": self._steps,
            "epochs": self._epochs,
            "previous_accuracy": self._previous_accuracy,
            **({} if self.clip is None else {"clip": self.clip}),
            **({"trained_classifier": True} if self.trained_classifier else {}),
            **({} if self.readout == "last" else {"readout": self.readout}),
        }

    def state_hash(self):
        """Return the SHA-256 (hex) of everything that decides what the network does next.

        Covers the parameters, seed and counters, every hidden weight (as little-endian int16) and every classifier
        value; equal on every path, thread count and machine.
        """
        digest = hashlib.sha256(json.dumps({"format": HASHED_AS, **self._described()}, sort_keys=True).encode())
        for number, layer in enumerate(self._layers):
            for first in range(0, layer.n_units, 64):
                digest.update(layer.hidden[first : first + 64, : layer.fan_in].astype("<i2").tobytes())
            kept = self._kept_classifier(number)
            digest.update((kept.astype("<i2") if self.trained_classifier else kept).tobytes())
        if self.reader is not None:
            digest.update(self.reader.state_hash().encode())
        return digest.hexdigest()

    def to_arrays(self):
        """Return the network as named plain arrays, a JSON header among them: what :meth:`save` writes."""
        header = {"format": FORMAT, **self._described()}
        arrays = {"header": np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8)}
        arrays["state_hash"] = np.frombuffer(bytes.fromhex(self.state_hash()), dtype=np.uint8)
        for number in range(self.n_layers):
            arrays[f"hidden_{number}"] = self.hidden_weights(number)
            arrays[f"classifier_{number}"] = self._kept_classifier(number)
        if self.reader is not None:
            arrays |= {f"reader_{name}": array for name, array in self.reader.to_arrays().items()}
        return arrays

    @classmethod
    def restored(cls, arrays, *, n_threads=1):
        """Return the network that :meth:`to_arrays` described; it goes on training as the first would have.

        Raises
        ------
        ValueError, KeyError
            If an array is missing, altered, or something else.
        """
        header = json.loads(arrays["header"].tobytes())
        if header.pop("format") != FORMAT:
            raise ValueError(f"not format {FORMAT}")
        sizes, n_classes = header.pop("layer_sizes"), header.pop("n_classes")
        steps, epochs, accuracy = (header.pop(k) for k in ("steps", "epochs", "previous_accuracy"))
        hidden = [arrays[f"hidden_{i}"] for i in range(len(sizes) - 1)]
        classifiers = [arrays[f"classifier_{i}"] for i in range(len(sizes) - 1)]
        network = cls.from_arrays(hidden, classifiers, **header, n_threads=n_threads)
        if list(network.layer_sizes) != sizes or network.n_classes != n_classes:
            raise ValueError("header and arrays disagree")
        if network.reader is not None:
            kept = {name.removeprefix("reader_"): arrays[name] for name in arrays if name.startswith("reader_")}
            reader, own = Reader.restored(kept), network.reader
            if (reader.n_inputs, reader.n_classes, reader.seed) != (own.n_inputs, own.n_classes, own.seed):
                raise ValueError("header and perceptron disagree")
            network.reader = reader
        network._steps = integer("steps", steps, 0, (1 << 63) - 1)
        network._epochs = integer("epochs", epochs, 0, (1 << 63) - 1)
        network._previous_accuracy = real("previous_accuracy", accuracy, 0.0, 1.0)
        if network.state_hash() != arrays["state_hash"].tobytes().hex():
            raise ValueError("its content does not match its own checksum")
        return network

    def save(self, path):
        """Write the network to ``path`` (NPZ without pickles), whole or not at all."""
        write_saved(path, self.to_arrays())

    @classmethod
    def load(cls, path, *, n_threads=1):
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

    def __setstate__(self, state):
        # joblib may hand back read-only memory maps; training writes in place.
        self.__dict__.update(state)
        for layer in self._layers:
            for learning in (layer, layer.trained):
                for name in ("hidden", "sign", "mask"):
                    if learning is not None and (value := getattr(learning, name)) is not None:
                        setattr(learning, name, np.array(value))
            if layer.trained is not None:
                layer.p_sign, layer.p_mask = layer.trained.sign, layer.trained.mask

    def __repr__(self):
        return (
            f"{type(self).__name__}({self.layer_sizes}, {self.n_classes}, group_size={self.group_size}, "
            f"robustness={self.robustness}, reinforcement={self.reinforcement}, hidden_bits={self.hidden_bits}, "
            f"{self._repr_of_rule()}seed={self.seed}"
            f"{'' if self.clip is None else f', clip={self.clip}'}"
            f"{', committee=True' if self.committee else ''}"
            f"{', trained_classifier=True' if self.trained_classifier else ''}"
            f"{'' if self.readout == 'last' else f', readout={self.readout!r}'})"
        )

    def _repr_of_rule(self):
        """Return what only this class has, as its constructor takes it."""
        return f"arithmetic={self.arithmetic!r}, "


@functools.lru_cache(maxsize=256)
def cuts_of(threshold):
    """Return :func:`random.hit_cuts`, kept: every mini-batch of an epoch has the same."""
    return random.hit_cuts(threshold)


# ---- checks of arguments ----


def bound(function, *args, **kwargs):
    """Return all arguments of a call by name, defaults included, without the first."""
    call = inspect.signature(function).bind(*args, **kwargs)
    call.apply_defaults()
    return dict(list(call.arguments.items())[1:])


def thread_count(value):
    """Return ``value`` as a number of threads this process may run."""
    if integer("n_threads", value, 1, _native.MAX_THREADS) > 1 and value > available_cores():
        raise ValueError(f"n_threads must be at most {available_cores()}, the cores this process may use; got {value}")
    return int(value)
