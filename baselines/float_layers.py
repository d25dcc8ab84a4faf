"""Full-precision layers trained by SGD or Adam (torch), as the paper compares with (arXiv:2412.00119, section 4.3).

Without biases, ReLU, cross-entropy, mini-batches of 100, torch's default initialisation, SGD at 0.01 or Adam at 0.001.
"""

import itertools
import math
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from sklearn.utils.validation import check_is_fitted

from fbbench.bits import check_bits, unpack
from fbbench.costs import (
    GATES,
    Costs,
    float_gates,
    float_inference_gates,
    float_inference_memory,
    float_ledger,
    float_memory,
    float_operations,
    n_weights,
)
from fbbench.optional import require

from .int8_products import product_of, to_weights
from .labels import encode_labels
from .parameters import Count, Positive, Scale, check_parameters, method
from .protocol import Widths
from .rows import BitsClassifier

LEARNING_RATES = {"sgd": 0.01, "adam": 0.001}
PREDICTED_AT_ONCE = 1000


def load_torch():
    """Return torch, imported only when a float method runs."""
    return require("torch", "full-precision networks need torch", "float")


@method
class FloatLayers(BitsClassifier):
    """Base of full-precision networks (torch). A subclass has ``hidden_layers``, a list of widths, maybe empty.

    Parameters
    ----------
    optimizer : "sgd" or "adam"
    input : "float", "binary" or "table"
        ``float``: X is real-valued, and at equal memory only one of 32 samples fits. ``binary``: X is bits, as the
        binary methods see them, packed where ``n_bits`` is set, on all samples. ``table``: the numbers of a table,
        standardised, and a 0/1 for every category, on all samples: a number takes 32 bits as a float as it does as a
        thermometer of 32, and a category one, so the data cost the same.
    value_bits : int
        Bits that a value of float input is charged: 32, or 8 where the features are bytes (then one of 8 samples fits).
    all_samples : bool
        Train on all samples with float input, charged in full: only where memory is not compared (paper, section 4.3,
        depth).
    learning_rate : float, optional
        Default: 0.01 for SGD, 0.001 for Adam.
    schedule : "constant" or "linear"
        ``linear``: the rate falls to 0 over ``epochs``, mini-batch by mini-batch.
    momentum : float
        Of SGD; above 0, it keeps a buffer beside every weight.
    weight_decay : float
        Added to the gradient: this times the weight.
    gradient_buffer : bool
        False: a layer's gradient is added to its weights as it is computed, so none is charged; there is no momentum
        then, and Adam has none of it. Results are the same.
    numbers : "float32", "bfloat16", "float16" or "int8"
        Of weights, activations and gradients, which are charged 32, 16 or 8 bits; matrix products sum in 32 bits,
        softmax is in 32 bits, and a step is rounded to the weights' own bits. ``int8``: a power of 2 is shared by a
        layer's weights, and by the activations or gradients of a mini-batch (:mod:`baselines.int8_products`); a step is
        rounded at random; SGD alone, without momentum.
    n_threads : int
        Threads of torch while this method runs.
    """

    version = 1
    uses_floats = True
    floor = 0.3  # at the paper's learning rate; the default net learns little of 600 samples in 15 epochs
    needs = {"torch": "float"}  # noqa: RUF012

    optimizer: Literal["sgd", "adam"] = "sgd"
    input: Literal["float", "binary", "table"] = "float"
    value_bits: Annotated[int, Field(ge=1, le=32)] = 32
    all_samples: bool = False
    learning_rate: Positive | None = None
    schedule: Literal["constant", "linear"] = "constant"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    weight_decay: Scale = 0.0
    gradient_buffer: bool = True
    numbers: Literal["float32", "bfloat16", "float16", "int8"] = "float32"
    n_threads: Count = 1

    @property
    def sample_divisor(self):
        """One of 32 samples with float input (a value costs 32 bits), all with binary input or a table's."""
        return self.value_bits if self.input == "float" and not self.all_samples else 1

    def fit(self, X, y):
        """Train ``epochs`` epochs from scratch."""
        self._check_parameters()
        self.__dict__.pop("weights_", None)
        for _ in range(self.epochs):
            self.partial_fit(X, y, classes=np.unique(y))
        return self

    def check(self, task):
        """Raise ValueError if a parameter is wrong for a :class:`~fbbench.baselines.protocol.Task`."""
        self._check_parameters()
        if task is not None and self.input == "table" and not task.table_inputs:
            raise ValueError("input='table' reads the numbers of a table; these data are none")
        if task is not None and task.n_samples < self.sample_divisor:
            raise ValueError(f"one of {self.sample_divisor} samples leaves none of {task.n_samples}")

    def _check_parameters(self):
        check_parameters(self)
        if self.input != "float" and (self.all_samples or self.value_bits != 32):
            raise ValueError("value_bits and all_samples are for float input; binary input has a bit and all samples")
        if self.optimizer == "adam" and self.momentum:
            raise ValueError("momentum is for optimizer='sgd'; Adam has moments of its own")
        if not self.gradient_buffer and (self.optimizer == "adam" or self.momentum):
            raise ValueError("without a gradient buffer there must be no momentum and no Adam, whose moments need it")
        if self.numbers == "int8" and (self.optimizer == "adam" or self.momentum):
            raise ValueError("numbers='int8' is for SGD without momentum, whose steps are rounded to 8 bits")

    def _start(self, torch, n_inputs, n_classes):
        self._check_parameters()
        self.generator_ = torch.Generator().manual_seed(self.random_state)
        sizes = (n_inputs, *self.hidden_layers, n_classes)
        self.weights_ = []
        for n_in, n_out in itertools.pairwise(sizes):
            limit = 1 / math.sqrt(n_in)  # torch.nn.Linear's default initialisation
            weight = torch.empty(n_out, n_in).uniform_(-limit, limit, generator=self.generator_)
            if self.numbers == "int8":
                weight = to_weights(torch, weight, limit, self.generator_)
            self.weights_.append(weight.to(self._dtype(torch)).requires_grad_())
        self.optimizer_, self.epoch_ = self._make_optimizer(torch), 0

    def _dtype(self, torch):
        return torch.float32 if self.numbers == "int8" else getattr(torch, self.numbers)

    @property
    def _rate(self):
        return LEARNING_RATES[self.optimizer] if self.learning_rate is None else self.learning_rate

    def _make_optimizer(self, torch):
        of = {"lr": self._rate, "weight_decay": self.weight_decay}
        if self.optimizer == "adam":
            return torch.optim.Adam(self.weights_, **of)
        return torch.optim.SGD(self.weights_, momentum=self.momentum, **of)

    def _set_rate(self, share_of_epoch):
        """Let the rate fall where it does: to 0 at the end of the last epoch."""
        if self.schedule == "linear":
            left = max(0.0, 1 - (self.epoch_ + share_of_epoch) / self.epochs)
            self.optimizer_.param_groups[0]["lr"] = self._rate * left

    def partial_fit(self, X, y, classes=None):
        """Train one epoch more. The first call needs ``classes``; ``training_accuracy_`` is that of this epoch."""
        torch = load_torch()

        if not hasattr(self, "weights_"):
            self._check_parameters()
        torch.set_num_threads(self.n_threads)
        if not hasattr(self, "weights_"):
            if classes is None:
                raise ValueError("classes must be given in the first call of partial_fit")
            self.classes_ = np.unique(classes)
            self._start(torch, self.n_bits or np.shape(X)[1], len(self.classes_))
        features = self._rows(X)
        labels = torch.from_numpy(encode_labels(self.classes_, y, len(features)).astype(np.int64))
        n, right = len(features), 0
        order = torch.randperm(n, generator=self.generator_)
        for first in range(0, n, self.batch_size):
            rows = order[first : first + self.batch_size]
            targets = labels[rows]
            self._set_rate(first / n)
            scores = self._forward(torch, self._floats(torch, features[rows.numpy()]))
            loss = torch.nn.functional.cross_entropy(scores.float(), targets)
            self.optimizer_.zero_grad()
            loss.backward()
            self.optimizer_.step()
            self._round_weights(torch)
            right += int((scores.detach().argmax(1) == targets).sum())
        self.training_accuracy_ = right / n
        self.epoch_ += 1
        return self

    def _round_weights(self, torch):
        """Bring weights back to 8 bits after a step, where they have no more."""
        if self.numbers == "int8":
            with torch.no_grad():
                for weight in self.weights_:
                    weight.copy_(to_weights(torch, weight, 1 / math.sqrt(weight.shape[1]), self.generator_))

    def _forward(self, torch, features):
        for weight in self.weights_[:-1]:
            features = torch.relu(self._product(torch, features, weight))
        return self._product(torch, features, self.weights_[-1])

    def _product(self, torch, features, weight):
        if self.numbers == "int8":
            return product_of(torch)(features, weight, self.generator_)
        return features @ weight.T

    @property
    def _is_packed(self):
        return self.n_bits is not None and self.input == "binary"

    def _rows(self, X):
        """Return X checked, and packed still where it is packed: only a mini-batch is ever held as floats then."""
        if self._is_packed:
            return check_bits(X, self.n_bits, name="X")
        rows = np.ascontiguousarray(X, dtype=np.float32)
        if not np.isfinite(rows).all():
            raise ValueError("X must be finite")
        return rows

    def _floats(self, torch, rows):
        """Return some rows as a tensor of the weights' numbers."""
        if self._is_packed:
            rows = unpack(rows, self.n_bits).astype(np.float32)
        # torch has no read-only tensors
        return torch.from_numpy(rows if rows.flags.writeable else rows.copy()).to(self._dtype(torch))

    def predict(self, X):
        """Return the predicted class of every row."""
        torch = load_torch()

        check_is_fitted(self, "weights_")
        rows, n_inputs = self._rows(X), self.weights_[0].shape[1]
        if not self._is_packed and rows.shape[1] != n_inputs:
            raise ValueError(f"X must have {n_inputs} features, as in training; got {rows.shape[1]}")
        with torch.no_grad():
            scores = [
                self._forward(torch, self._floats(torch, rows[first : first + PREDICTED_AT_ONCE]))
                for first in range(0, len(rows), PREDICTED_AT_ONCE)
            ]
        return self.classes_[torch.cat(scores).argmax(1).numpy()]

    def checkpoint(self):
        """Return the state as named plain arrays: weights, the optimizer's moments, the generator."""
        arrays = {
            "classes": self.classes_, "generator": self.generator_.get_state().numpy(), "epoch": np.array(self.epoch_),
        }  # fmt: skip
        for number, weight in enumerate(self.weights_):
            arrays[f"weight_{number}"] = weight.detach().float().numpy()
            for name, value in self.optimizer_.state.get(weight, {}).items():
                if value is not None:  # SGD without momentum names a buffer that it does not have
                    arrays[f"moment_{number}_{name}"] = value.float().numpy()
        return arrays

    def restore(self, arrays):
        """Go on from what :meth:`checkpoint` returned, bit for bit."""
        torch = load_torch()

        self._check_parameters()
        self.classes_, self.epoch_ = np.asarray(arrays["classes"]), int(arrays.get("epoch", 0))
        self.generator_ = torch.Generator()
        self.generator_.set_state(torch.from_numpy(np.array(arrays["generator"])))
        n_weights = len(self.hidden_layers) + 1
        weights = [torch.from_numpy(np.array(arrays[f"weight_{i}"])) for i in range(n_weights)]
        self.weights_ = [weight.to(self._dtype(torch)).requires_grad_() for weight in weights]
        self.optimizer_ = self._make_optimizer(torch)
        for name in arrays:
            if name.startswith("moment_"):
                _, number, moment = name.split("_", 2)
                value = torch.from_numpy(np.array(arrays[name]))
                value = value if moment == "step" else value.to(self._dtype(torch))
                self.optimizer_.state[self.weights_[int(number)]][moment] = value

    def costs(self, task):
        sizes, n_classes, of = self._sizes(task), task.n_classes, {"optimizer": self.optimizer}
        binary, n_used = self.input == "binary", task.n_samples // self.sample_divisor
        held_bits = 16 if self.numbers.endswith("16") else 32  # those of 8 bits are held in floats
        costs = Costs(
            memory=float_memory(
                task.n_samples, sizes, n_classes, self.batch_size, float_input=not binary, **of,
                value_bits=self.value_bits, all_samples=self.all_samples, number_bits=self._number_bits,
            ),
            ledger=float_ledger(
                n_used, sizes, n_classes, self.batch_size, binary_input=binary, **of, number_bits=held_bits
            ),
            gates=float_gates(sizes, n_classes, self.batch_size, **of),
            inference_memory=float_inference_memory(
                sizes, n_classes, binary_input=binary, number_bits=self._number_bits
            ),
            inference_gates=float_inference_gates(sizes, n_classes),
            operations=self.operations_in(task),
        )  # fmt: skip
        if self.input == "table":
            costs = replace(costs, memory={**costs.memory, "data": task.n_samples * task.n_features})
        return self._with_options(costs, n_weights(sizes, n_classes))

    def _sizes(self, task):
        """Return the numbers of a row that the network reads, and the widths."""
        return (task.table_inputs if self.input == "table" else task.n_features, *self.hidden_layers)

    @property
    def widths(self):
        """Numbers of the weights' own bits; matrix products sum in 32."""
        return Widths(self._number_bits, self._number_bits, 32)

    @property
    def _number_bits(self):
        return {"float32": 32, "int8": 8}.get(self.numbers, 16)

    def operations_in(self, task, numbers=None, sign_inputs=None):
        """Return the operations of a mini-batch, of products and sums in some numbers (its own, if none are named);
        sign_inputs: use that inputs are +-1, as is done with binary input where it is not said."""
        sizes, binary = self._sizes(task), self.input == "binary"
        numbers = numbers or (f"{self.numbers} products" if self.numbers.endswith("16") else self.numbers)
        return float_operations(
            sizes, task.n_classes, self.batch_size, optimizer=self.optimizer, numbers=numbers,
            sign_inputs=binary if sign_inputs is None else binary and sign_inputs, momentum=self.momentum > 0,
            weight_decay=self.weight_decay > 0,
        )  # fmt: skip

    def _with_options(self, costs, n):
        """Return costs with what momentum, weight decay and a missing gradient buffer change, given n weights."""
        memory, ledger, gates = dict(costs.memory), dict(costs.ledger), dict(costs.gates)
        if self.momentum:
            memory["weights"], ledger["moments"] = 2 * memory["weights"], 32 * n
        if not self.gradient_buffer:
            memory["gradient"] = 0
        if self.numbers == "int8":
            ledger["rounding"] = 3 * 32 * n
        for kind in ("float multiply", "float add"):
            gates[kind] += GATES[kind] * n * (bool(self.momentum) + bool(self.weight_decay))
        return replace(costs, memory=memory, ledger=ledger, gates=gates)
