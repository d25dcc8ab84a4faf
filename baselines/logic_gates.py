"""Differentiable logic gate networks (difflogic): trained in floats, gates alone to predict.

Petersen, Borgelt, Kuehne, Deussen, *Deep differentiable logic gate networks*, NeurIPS 2022, arXiv:2210.08277.
"""

import numpy as np

from fbbench.bits import unpack
from fbbench.costs import GATES, Costs
from fbbench.kernels import random
from fbbench.optional import require

from .parameters import Count, Positive, method, positional
from .rows import Knob, Sized, with_labels

CHUNK = 100
N_KINDS = 16
TABLE = np.array(
    [[(kind >> (3 - place)) & 1 for place in range(4)] for kind in range(N_KINDS)], dtype=np.float32
)  # fmt: skip
"""What each of the sixteen gates says of inputs 00, 01, 10 and 11."""


@method
class LogicGates(Sized):
    """Logic gate network (difflogic, torch): which of sixteen gates a unit is, is learnt by gradients.

    Every unit reads two units of the layer below, drawn at random. In training it is a mixture of all sixteen gates, in
    real numbers, weighted by a softmax; to predict it is the likeliest. The last layer's units are shared out among the
    classes, whose ones are counted.

    Parameters
    ----------
    n_gates : int
        Units of every layer; the last has as many for each class as fit.
    n_layers : int
    learning_rate : float
        Of Adam.
    temperature : float
        Ones are divided by this before the softmax over classes.
    n_threads : int
        Threads of torch while this method runs.
    """

    version = 1
    uses_floats = True
    needs = {"torch": "float"}  # noqa: RUF012
    knob = Knob("n_gates", step=10)
    floor = 0.4

    n_gates: Count = positional(1000)
    n_layers: Count = 4
    learning_rate: Positive = 0.01
    temperature: Positive = 10.0
    n_threads: Count = 1
    epochs: Count = 20

    def check(self, task):
        """Raise ValueError if there is not a gate a class."""
        super().check(task)
        if task is not None and self.n_gates < task.n_classes:
            raise ValueError(f"n_gates must be at least {task.n_classes}, one a class; got {self.n_gates}")

    def _start(self, n_inputs, n_classes):
        torch = require("torch", "LogicGates needs torch", "float")
        self.generator_ = torch.Generator().manual_seed(self.random_state)
        self.wires_, self.logits_, n_below = [], [], n_inputs
        for layer in range(self.n_layers):
            stream = random.stream(random.stream(self.random_state, random.ROWS, 7), random.ROWS, layer)
            self.wires_.append(torch.from_numpy(self._wired(stream, n_below)))
            start = torch.randn(self.n_gates, N_KINDS, generator=self.generator_)
            self.logits_.append(start.requires_grad_())
            n_below = self.n_gates
        self.n_classes_, self.table_ = n_classes, torch.from_numpy(TABLE)
        self.optimizer_ = torch.optim.Adam(self.logits_, lr=self.learning_rate)

    def _wired(self, stream, n_below):
        """Return the two units (2, n_gates) that each unit reads: every one below is read before any is again."""
        turns = range(-(-2 * self.n_gates // n_below))
        orders = [random.permutation(random.stream(stream, random.ROWS, turn), n_below) for turn in turns]
        return np.concatenate(orders)[: 2 * self.n_gates].reshape(2, self.n_gates)

    def _forward(self, values, chances):
        """Return the last layer's values (n_rows, n_gates), given every unit's answers to 00, 01, 10 and 11."""
        for wires, of_unit in zip(self.wires_, chances, strict=True):
            a, b = values[:, wires[0]], values[:, wires[1]]
            zero, second, first, both = of_unit.T
            values = zero + (first - zero) * a + (second - zero) * b + (zero + both - first - second) * a * b
        return values

    def _ones(self, values):
        of_class = self.n_gates // self.n_classes_
        return values[:, : of_class * self.n_classes_].reshape(len(values), self.n_classes_, of_class).sum(dim=2)

    def _values(self, torch, rows):
        return torch.from_numpy((unpack(rows, self.n_features_in_) > 0).astype(np.float32))

    def _train(self, rows, labels):
        import torch

        torch.set_num_threads(self.n_threads)
        targets, right = torch.from_numpy(labels.astype(np.int64)), 0
        order = torch.randperm(len(rows), generator=self.generator_)
        for first in range(0, len(rows), self.batch_size):
            batch = order[first : first + self.batch_size]
            chances = [torch.softmax(logits, dim=1) @ self.table_ for logits in self.logits_]
            ones = self._ones(self._forward(self._values(torch, rows[batch.numpy()]), chances))
            loss = torch.nn.functional.cross_entropy(ones / self.temperature, targets[batch])
            self.optimizer_.zero_grad()
            loss.backward()
            self.optimizer_.step()
            right += int((ones.detach().argmax(1) == targets[batch]).sum())
        return right / len(rows)

    def _predict(self, rows):
        import torch

        with torch.no_grad():
            gates = [self.table_[logits.argmax(dim=1)] for logits in self.logits_]
            found = [
                self._ones(self._forward(self._values(torch, rows[first : first + CHUNK]), gates)).argmax(1)
                for first in range(0, len(rows), CHUNK)
            ]
        return torch.cat(found).numpy()

    def costs(self, task):
        """Sixteen logits a unit with Adam's two moments, and a mini-batch's values, of 32 bits; wires. To predict, a
        unit is a gate of 4 bits and two wires; its circuit is the gates and a count of each class's ones."""
        n, batch = self.n_gates * self.n_layers, self.batch_size
        names = [max(1, (below - 1).bit_length()) for below in (task.n_features, *[self.n_gates] * (self.n_layers - 1))]
        wires = 2 * self.n_gates * sum(names)
        memory = {
            "data": task.n_samples * task.n_features,
            "logits": 3 * 32 * N_KINDS * n,
            "wires": wires,
            "activations": 32 * batch * (n + task.n_classes),
            "gradient": 32 * N_KINDS * self.n_gates,
        }
        multiplied = batch * n * 3 * 3 + n * (3 * 4 * N_KINDS + 10 * N_KINDS)
        rows = max(CHUNK, batch)
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "wires": 2 * 64 * n,
                "logits": 5 * 32 * N_KINDS * n,
                "activations": 32 * batch * n * 12,
                "rows at once": rows * ((8 + 8 + 32) * task.n_features + 6 * 32 * self.n_gates),
            },
            gates={kind: GATES[kind] * multiplied for kind in ("float multiply", "float add")},
            inference_memory={"gates": 4 * n, "wires": wires, "input": task.n_features, "values": n},
            inference_gates={"AND": GATES["AND"] * n, "popcount": GATES["popcount"] * self.n_gates},
        )
