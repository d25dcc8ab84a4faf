"""NITRO-D's multilayer perceptron: integers alone in training and inference, local losses.

Pirillo, Colombo, Roveri, *NITRO-D: native integer-only training of deep convolutional neural networks*, 2024,
arXiv:2407.11698; what its text leaves open (truncated division, the least of the two bounds of the first weights, which
layers are amplified) as in the authors' published settings for MLPs.
"""

import itertools
import math
from typing import Annotated

import numpy as np
from pydantic import Field

from fbbench.bits import unpack
from fbbench.costs import GATES, Costs, n_activations, n_weights
from fbbench.exact import integer_product
from fbbench.kernels import random

from .parameters import Count, Whole, method
from .protocol import Widths
from .rows import HiddenLayers, with_labels

INPUT = 51
"""What an input bit is worth: the mean absolute deviation that the source scales pixels to."""
ONE_HOT = 32
RANGE = 127
SCALE = 256
SLOPE, CENTRE = 4, 36
"""The leaky ReLU's inverse slope below 0, and its mean."""
WEIGHT_BITS, SUM_BITS = 16, 32
CHUNK = 2048
SLOWEST = 1 << 40
"""Largest inverse rate: no step is left there."""


def truncated(values, divisor):
    """Return integers divided by a positive integer, rounded towards 0."""
    return np.sign(values) * (np.abs(values) // divisor)


@method
class NitroMLP(HiddenLayers):
    """NITRO-D's MLP: integer weights, integer local losses, no float.

    Every hidden layer has learning layers of its own: a matrix to the classes, whose squared error trains both; the
    last layer has its own error. Products are scaled by 256 times the fan-in, activations lie in -127..127.

    Parameters
    ----------
    hidden_layers : sequence of int
    rate_inverse : int
        One over the learning rate; that of the hidden layers' weights is 64 times the number of classes larger.
    decay_inverse, decay_inverse_classes : int
        One over the weight decay of hidden layers' weights, and of matrices to the classes; 0: none.
    gradient_buffer : bool
        False: a step is taken from a weight as its gradient is computed, so none is charged. Results are the same.
    patience : int
        Epochs without a better training accuracy after which the rate is a third; 0: never.
    """

    version = 1
    widths = Widths(WEIGHT_BITS, WEIGHT_BITS, 64)
    reads_integers = True
    width_step = 1

    rate_inverse: Annotated[int, Field(ge=1, le=1 << 40)] = 512
    decay_inverse: Whole = 0
    decay_inverse_classes: Whole = 0
    patience: Whole = 0
    gradient_buffer: bool = True
    epochs: Count = 15

    def _start(self, n_inputs, n_classes):
        sizes = (n_inputs, *self.hidden_layers)
        stream = random.stream(self.random_state, random.ROWS, 6)
        self.forward_ = [self._drawn(stream, n, *pair) for n, pair in enumerate(itertools.pairwise(sizes))]
        self.to_classes_ = [
            self._drawn(stream, len(sizes) + n, width, n_classes) for n, width in enumerate(self.hidden_layers)
        ]
        self.output_ = self._drawn(stream, 2 * len(sizes), sizes[-1], n_classes)
        self.rate_inverse_, self.best_, self.waited_ = self.rate_inverse, 0, 0
        self.order_ = np.random.default_rng(self.random_state)

    def _drawn(self, stream, number, n_in, n_out):
        """Return first weights, uniform within an integer bound as of He et al."""
        bound = min(64, 1372 * 128 * 1732 // (math.isqrt(n_in) * 1_000_000))
        words = random.words(random.stream(stream, random.ROWS, number), 0, n_in * n_out)
        return ((words >> np.uint64(32)) % np.uint64(2 * bound + 1)).astype(np.int32).reshape(n_in, n_out) - bound

    def _scaled(self, values, weights):
        return truncated(integer_product(values, weights), SCALE * len(weights))

    def _values(self, rows):
        return INPUT * unpack(rows, self.n_features_in_).astype(np.int64)

    def _train(self, rows, labels):
        order, right = self.order_.permutation(len(rows)), 0
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            wanted = ONE_HOT * (np.arange(self.output_.shape[1]) == labels[batch, None])
            right += self._train_batch(self._values(rows[batch]), wanted)
        if self.patience:
            self._wait(right)
        return right / len(rows)

    def _wait(self, right):
        """Divide the rate by three where the training accuracy has not been better for a while."""
        self.best_, self.waited_ = (right, 0) if right > self.best_ else (self.best_, self.waited_ + 1)
        if self.waited_ >= self.patience:
            self.rate_inverse_, self.waited_ = min(3 * self.rate_inverse_, SLOWEST), 0

    def _train_batch(self, values, wanted):
        amplified = 64 * wanted.shape[1] * self.rate_inverse_
        for weights, to_classes in zip(self.forward_, self.to_classes_, strict=True):
            sums = self._scaled(values, weights)
            above = activated(sums)
            error = self._scaled(above, to_classes) - wanted
            back = integer_product(error, np.ascontiguousarray(to_classes.T))
            self._move(to_classes, above, error, self.rate_inverse_, self.decay_inverse_classes)
            self._move(weights, values, through(sums, back), amplified, self.decay_inverse)
            values = above
        scores = self._scaled(values, self.output_)
        self._move(self.output_, values, scores - wanted, self.rate_inverse_, self.decay_inverse_classes)
        return int((scores.argmax(axis=1) == wanted.argmax(axis=1)).sum())

    def _move(self, weights, values, error, rate_inverse, decay_inverse):
        """Take a step of integer SGD in place; weights saturate at 16 bits."""
        step = truncated(integer_product(np.ascontiguousarray(values.T), error), rate_inverse)
        if decay_inverse:
            step += truncated(weights.astype(np.int64), decay_inverse)
        weights[:] = np.clip(weights - step, -(1 << 15) + 1, (1 << 15) - 1)

    def _predict(self, rows):
        found = []
        for first in range(0, len(rows), CHUNK):
            values = self._values(rows[first : first + CHUNK])
            for weights in self.forward_:
                values = activated(self._scaled(values, weights))
            found.append(integer_product(values, self.output_).argmax(axis=1))
        return np.concatenate(found)

    def costs(self, task):
        """Weights of 16 bits, those of the learning layers among them; activations of 8 bits and the widest layer's
        sums of 32 are of a mini-batch, a gradient of 32 bits is of the largest matrix. A weight of 16 bits times an
        activation of 8 is priced as eight additions of 16 bits; inputs, +-1, are added, as to 32-bit gradients."""
        sizes, n_classes, batch = self._sizes(task), task.n_classes, self.batch_size
        n, of_classes = n_weights(sizes, n_classes), sum(self.hidden_layers) * n_classes
        pairs = list(itertools.pairwise([*sizes, n_classes]))
        largest = max(a * b for a, b in pairs)
        widest = max(*self.hidden_layers, n_classes)
        memory = {
            "data": task.n_samples * task.n_features,
            "weights": WEIGHT_BITS * n,
            "learning layers": WEIGHT_BITS * of_classes,
            "activations": 8 * n_activations(sizes, n_classes, batch) + SUM_BITS * batch * widest,
            "gradient": SUM_BITS * largest if self.gradient_buffer else 0,
        }
        forward = pairs[0][0] * pairs[0][1] * 16 + sum(8 * 16 * a * b for a, b in pairs[1:])
        backward = pairs[0][0] * pairs[0][1] * 32 + 8 * 16 * (n - pairs[0][0] * pairs[0][1] + 2 * of_classes)
        rows, bits_added = max(CHUNK, batch), batch * (forward + 8 * 16 * of_classes + backward) + 16 * n
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "weights": 32 * n,
                "learning layers": 32 * of_classes,
                "gradient": (64 + 64 + 64 + 64 + 64) * largest,
                "rows at once": rows * (64 + 64 + 8) * task.n_features + 5 * 64 * rows * widest,
            },
            gates={"integer add": GATES["integer add"] * bits_added},
            operations={"integer add, a bit": bits_added},
            inference_memory={
                "weights": WEIGHT_BITS * n,
                "input and activations": task.n_features + 8 * sum(self.hidden_layers) + SUM_BITS * widest,
            },
            inference_gates={"integer add": GATES["integer add"] * forward},
        )


def activated(sums):
    """Return the leaky ReLU of scaled sums, within -127..127, centred."""
    clipped = np.clip(sums, -RANGE, RANGE)
    return np.where(clipped >= 0, clipped, truncated(clipped, SLOPE)) - CENTRE


def through(sums, error):
    """Return an error behind the leaky ReLU: as it is above 0, a quarter below, none where it is flat."""
    passed = np.where(sums >= 0, error, truncated(error, SLOPE))
    return np.where(np.abs(sums) >= RANGE, 0, passed)
