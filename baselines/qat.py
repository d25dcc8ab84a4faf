"""Quantisation-aware training: binary weights and activations forward, real ones behind them, trained by gradients.

Courbariaux, Hubara, Soudry, El-Yaniv, Bengio, *Binarized neural networks*, 2016, arXiv:1602.02830: the straight-through
estimator passes the gradient of sign where its argument lies in -1..1. The rival that BEP (arXiv:2512.04189) compares
with.
"""

import itertools
import math

import numpy as np

from fbbench.bits import unpack
from fbbench.costs import (
    Costs,
    binary_inference_gates,
    binary_inference_memory,
    float_gates,
    float_ledger,
    float_memory,
)
from fbbench.optional import require

from .parameters import Count, Positive, method
from .rows import HiddenLayers

PREDICTED_AT_ONCE = 1000


@method
class QuantisationAware(HiddenLayers):
    """Quantisation-aware training with a straight-through estimator (torch, Adam), with or without batch-norm.

    Parameters
    ----------
    hidden_layers : sequence of int
    batch_norm : bool
        Normalise pre-activations; else they are divided by the square root of their fan-in.
    learning_rate : float
        Of Adam.
    n_threads : int
        Threads of torch while this method runs.
    """

    version = 1
    uses_floats = True
    needs = {"torch": "float"}  # noqa: RUF012
    width_step = 1

    batch_norm: bool = True
    learning_rate: Positive = 0.001
    n_threads: Count = 1

    def _start(self, n_inputs, n_classes):
        torch = require("torch", "QuantisationAware needs torch", "float")
        generator = torch.Generator().manual_seed(self.random_state)
        self.generator_, self.weights_, self.norms_ = generator, [], []
        for n_in, n_out in itertools.pairwise((n_inputs, *self.hidden_layers, n_classes)):
            weight = torch.empty(n_out, n_in).uniform_(-1, 1, generator=generator)
            self.weights_.append(weight.requires_grad_())
            self.norms_.append(torch.nn.BatchNorm1d(n_out) if self.batch_norm else None)
        learnt = [*self.weights_, *(p for norm in self.norms_ if norm for p in norm.parameters())]
        self.optimizer_ = torch.optim.Adam(learnt, lr=self.learning_rate)

    def _forward(self, torch, values):
        for number, (weight, norm) in enumerate(zip(self.weights_, self.norms_, strict=True)):
            values = values @ binarised(torch, weight).T
            values = norm(values) if norm else values / math.sqrt(weight.shape[1])
            if number < len(self.weights_) - 1:
                values = binarised(torch, values)
        return values

    def _train(self, rows, labels):
        import torch

        torch.set_num_threads(self.n_threads)
        for norm in filter(None, self.norms_):
            norm.train()
        targets, right = torch.from_numpy(labels.astype(np.int64)), 0
        order = torch.randperm(len(rows), generator=self.generator_)
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            if self.batch_norm and len(batch) == 1 and first:  # one row has no variance
                continue
            scores = self._forward(torch, self._floats(torch, rows[batch.numpy()]))
            loss = torch.nn.functional.cross_entropy(scores, targets[batch])
            self.optimizer_.zero_grad()
            loss.backward()
            self.optimizer_.step()
            with torch.no_grad():
                for weight in self.weights_:
                    weight.clamp_(-1, 1)  # beyond, no gradient would bring them back
            right += int((scores.detach().argmax(1) == targets[batch]).sum())
        return right / len(rows)

    def _floats(self, torch, rows):
        return torch.from_numpy(unpack(rows, self.n_features_in_).astype(np.float32))

    def _predict(self, rows):
        import torch

        for norm in filter(None, self.norms_):
            norm.eval()
        with torch.no_grad():
            scores = [
                self._forward(torch, self._floats(torch, rows[first : first + PREDICTED_AT_ONCE]))
                for first in range(0, len(rows), PREDICTED_AT_ONCE)
            ]
        return torch.cat(scores).argmax(1).numpy()

    def costs(self, task):
        """The paper's model of Adam with binary input, as training holds real weights; binarised ones, and rows
        unpacked to predict, are held, too. To predict, batch-norm becomes a threshold a unit."""
        sizes, n_classes = self._sizes(task), task.n_classes
        of = (task.n_samples, sizes, n_classes, self.batch_size)
        held = float_ledger(*of, binary_input=True, optimizer="adam")
        return Costs(
            memory=float_memory(*of, float_input=False, optimizer="adam"),
            ledger={
                **held,
                "binarised weights": 4 * held["weights"],
                "unpacked rows": 40 * min(PREDICTED_AT_ONCE, task.n_samples) * task.n_features,
            },
            gates=float_gates(sizes, n_classes, self.batch_size, optimizer="adam"),
            inference_memory={
                **binary_inference_memory(sizes, n_classes, ternary=False),
                "thresholds": 32 * (sum(self.hidden_layers) + n_classes) if self.batch_norm else 0,
            },
            inference_gates=binary_inference_gates(sizes, n_classes),
        )


def binarised(torch, values):
    """Return the signs of values, +1 at 0, with the gradient of values where they lie in -1..1 (straight through)."""
    signs = torch.where(values >= 0, 1.0, -1.0)
    clipped = values.clamp(-1, 1)
    return (signs - clipped).detach() + clipped
