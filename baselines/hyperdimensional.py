"""Hyperdimensional computing in bits: record encoding, class vectors by majority, retraining on integer counters.

Rahimi, Kanerva, Rabaey, *A robust and energy-efficient classifier using brain-inspired hyperdimensional computing*,
ISLPED 2016; retraining of counters whose signs predict: Imani et al., *QuantHD*, IEEE TCAD 2019, 39(10). OnlineHD
(Hernandez-Cano et al., DATE 2021) weighs rows of the first pass by how new they are, in floats; here
``single_pass="missed"`` adds those that are misjudged alone.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fbbench import kernels
from fbbench.bits import pack, words_of
from fbbench.costs import GATES, Costs, binary_inference_gates
from fbbench.kernels import random
from fbbench.kernels.layer import MAX_WIDTH

from .parameters import Count, method, positional
from .protocol import Widths
from .rows import Knob, Sized, with_labels

CHUNK = 1024
MOST = (1 << 15) - 1
"""Where counters saturate."""


@method
class Hyperdimensional(Sized):
    """Hyperdimensional computing (QuantHD): random item vectors, counters a class, their signs predict.

    A value +1 or -1 of input i is its item vector or the opposite (the two levels of a bit lie as far apart as can be);
    a row's hypervector is the majority over its inputs. The first pass adds every row to the counters of its class;
    later ones add a row that is misjudged and take it from the counters of the class that won, after each mini-batch.

    Parameters
    ----------
    dimension : int
        Bits of a hypervector.
    item_memory : "stored" or "rotated"
        ``stored``: every input has a random vector of its own. ``rotated``: that of input i is one vector, turned by i
        places, so that it alone is held.
    single_pass : "all" or "missed"
        Of the first pass: add every row (Rahimi et al.), or only those that the counters so far misjudge.
    rate : int
        Added to a counter when retraining.
    """

    row_by_row = True
    version = 1
    widths = Widths(32, 1, 32)
    most_features = MAX_WIDTH
    knob = Knob("dimension", step=32, largest=MAX_WIDTH // 64 * 64)

    dimension: Annotated[int, Field(ge=1, le=MAX_WIDTH)] = positional(2048)
    item_memory: Literal["stored", "rotated"] = "stored"
    single_pass: Literal["all", "missed"] = "all"
    rate: Annotated[int, Field(ge=1, le=MOST)] = 1
    epochs: Count = 20

    def _start(self, n_inputs, n_classes):
        stream = random.stream(self.random_state, random.ROWS, 3)
        if self.item_memory == "stored":
            words = words_of(n_inputs)
            self.items_ = random.words(stream, 0, self.dimension * words).reshape(-1, words)
            self.items_[:, -1] &= np.uint64((1 << (n_inputs - 64 * (words - 1))) - 1)
        else:
            drawn = random.words(stream, 0, self.dimension) >> np.uint64(63)
            turned = (np.arange(self.dimension)[:, None] + np.arange(n_inputs)) % self.dimension
            self.items_ = pack((2 * drawn.astype(np.int8) - 1)[turned])
        self.counters_ = np.zeros((n_classes, self.dimension), dtype=np.int32)
        self.order_ = np.random.default_rng(self.random_state)
        self.is_first_, self.is_seen_ = True, np.zeros(n_classes, dtype=bool)
        self._quantise()

    def _quantise(self):
        self.class_vectors_ = pack(np.where(self.counters_ >= 0, 1, -1).astype(np.int8))

    def _encode(self, rows):
        """Return hypervectors, +-1 as int8, of packed rows: sign(items x)."""
        sums = kernels.active().product(rows, None, self.items_, None, self.n_features_in_)
        return np.where(sums >= 0, np.int8(1), np.int8(-1))

    def _scores(self, vectors):
        scores = kernels.active().product(pack(vectors), None, self.class_vectors_, None, self.dimension)
        scores[:, ~self.is_seen_] = np.iinfo(scores.dtype).min  # a class without rows has no vector
        return scores

    def _train(self, rows, labels):
        self.is_seen_ |= np.bincount(labels, minlength=len(self.is_seen_)) > 0
        right, adds_all = 0, self.is_first_ and self.single_pass == "all"
        order = self.order_.permutation(len(rows))
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            vectors, wanted = self._encode(rows[batch]), labels[batch]
            if adds_all:
                for number in range(len(self.counters_)):
                    self.counters_[number] += vectors[wanted == number].sum(axis=0, dtype=np.int32)
                np.clip(self.counters_, -MOST, MOST, out=self.counters_)
                continue
            won = self._scores(vectors).argmax(axis=1)
            right += int((won == wanted).sum())
            for row in np.flatnonzero(won != wanted):
                moved = self.rate * vectors[row].astype(np.int32)
                self.counters_[wanted[row]] += moved
                self.counters_[won[row]] -= moved
            np.clip(self.counters_, -MOST, MOST, out=self.counters_)
            self._quantise()
        if adds_all:
            self._quantise()
            right = int((self._predict(rows) == labels).sum())
        self.is_first_ = False
        return right / len(rows)

    def _predict(self, rows):
        return np.concatenate(
            [
                self._scores(self._encode(rows[first : first + CHUNK])).argmax(axis=1)
                for first in range(0, len(rows), CHUNK)
            ]
        )

    def costs(self, task):
        """Counters are 16 bits, where they saturate, class vectors a bit; hypervectors are those of one
        row, as rows are taken one by one. Stored item vectors are charged a bit a value, a rotated one once."""
        dimension, n_classes, n_inputs = self.dimension, task.n_classes, task.n_features
        items = n_inputs * dimension if self.item_memory == "stored" else dimension
        vectors = dimension * n_classes
        memory = {
            "data": task.n_samples * n_inputs,
            "item memory": items,
            "counters": 16 * vectors,
            "class vectors": vectors,
            "hypervector": dimension + 16,
        }
        rows = max(self.batch_size, min(CHUNK, task.n_samples))
        elements = dimension * n_inputs + vectors
        one_row = {"XNOR": GATES["XNOR"] * elements, "popcount": GATES["popcount"] * elements}
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "item memory": 2 * n_inputs * dimension + (66 * n_inputs * dimension if items == dimension else 0),
                "counters": (32 + 2 * 32) * vectors,
                "rows at once": rows * (2 * n_inputs + (16 + 8 + 8 + 16) * dimension),
            },
            gates={
                **{kind: self.batch_size * count for kind, count in one_row.items()},
                "increment": GATES["increment"] * self.batch_size * 2 * dimension,
            },
            inference_memory={
                "item memory": items, "class vectors": vectors, "hypervector": dimension + 16, "input": n_inputs,
            },
            inference_gates=binary_inference_gates((n_inputs, dimension), n_classes),
            operations={
                "XNOR": self.batch_size * dimension * n_inputs,
                "popcount, an element": self.batch_size * dimension * n_inputs,
                "classifier, an element": self.batch_size * vectors,
                "winner, a class": self.batch_size * n_classes,
                "integer add, a bit": 16 * self.batch_size * 2 * dimension,
            },
        )  # fmt: skip
