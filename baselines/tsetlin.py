"""Tsetlin machine: clauses, ands of input bits and their negations, vote for classes.

Granmo, *The Tsetlin machine*, 2018, arXiv:1804.01508; trained by green-tsetlin (extra ``tsetlin``, compiled by g++).
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from fbbench import kernels
from fbbench.bits import unpack
from fbbench.costs import Costs
from fbbench.kernels import reference
from fbbench.kernels.layer import MAX_WIDTH
from fbbench.optional import require

from .parameters import Count, method, positional
from .rows import Knob, Sized, with_labels

CHUNK = 1024

Specificity = Annotated[float, Field(ge=1, allow_inf_nan=False)]


@method
class Tsetlin(Sized):
    """Tsetlin machine (green-tsetlin): ands of bits that vote, learnt by increments of automata.

    Parameters
    ----------
    n_clauses : int
    s : float
        Specificity: the larger, the more literals a clause takes in.
    threshold : int, optional
        Votes beyond which no clause learns; default: a fifth of the clauses, at least 10.
    """

    version = 1
    most_features = MAX_WIDTH
    uses_floats = True  # its draws compare floats
    needs = {"green_tsetlin": "tsetlin"}  # noqa: RUF012
    knob = Knob("n_clauses")

    n_clauses: Count = positional(200)
    s: Specificity = 5.0
    threshold: Count | None = None

    def _start(self, n_inputs, n_classes):
        gt = require("green_tsetlin", "Tsetlin needs green-tsetlin", "tsetlin")
        threshold = self.threshold or max(10, self.n_clauses // 5)
        self.machine_ = gt.TsetlinMachine(n_inputs, self.n_clauses, n_classes, self.s, threshold)
        self.machine_.set_num_clause_blocks(1)
        self.epoch_ = 0

    def _train(self, rows, labels):
        import green_tsetlin as gt

        literals = (unpack(rows, self.n_features_in_) > 0).view(np.uint8)
        targets = labels.astype(np.uint32)
        seed = 1 + (self.random_state * 1_000_003 + self.epoch_) % ((1 << 31) - 2)  # 0 is no seed to the library
        trainer = gt.Trainer(
            self.machine_, n_epochs=1, seed=seed, early_exit_acc=2.0, load_best_state=False, progress_bar=False,
            copy_training_data=False,
        )  # fmt: skip
        trainer.set_train_data(literals, targets)
        trainer.set_eval_data(literals[:1], targets[:1])  # it wants some
        trainer.train()
        self.epoch_ += 1
        return trainer.results["train_log"][0]

    def _predict(self, rows):
        state, n = self.machine_._state, self.n_features_in_
        plain, negated = state.c[:, :n] > 0, state.c[:, n:] > 0
        sign, mask = reference.pack_planes(plain.astype(np.int8) - negated, True)
        wanted = (plain ^ negated).sum(axis=1)
        possible = (wanted > 0) & ~(plain & negated).any(axis=1)  # an empty clause has no vote
        predicted = []
        for first in range(0, len(rows), CHUNK):
            matches = kernels.active().product(rows[first : first + CHUNK], None, sign, mask, n)
            votes = ((matches == wanted) & possible).astype(np.int64) @ state.w.astype(np.int64)
            predicted.append(votes.argmax(axis=1))
        return np.concatenate(predicted)

    def costs(self, task):
        """An 8-bit automaton per clause and literal, 16-bit weights, a sample's votes; every clause looks at every
        literal and counts it up or down. Held: rows as bytes, the state in the library and its copy."""
        literals, values = 2 * self.n_clauses * task.n_features, task.n_samples * task.n_features
        memory = {
            "data": values,
            "automata": 8 * literals,
            "weights": 16 * self.n_clauses * task.n_classes,
            "votes": 32 * task.n_classes,
        }
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "unpacked rows": 2 * 8 * values,
                "copies of the state": 2 * (memory["automata"] + memory["weights"]),
            },
            gates={"XNOR": self.batch_size * literals, "increment": 10 * self.batch_size * literals},
            inference_memory={"clauses": literals, "weights": memory["weights"], "input": task.n_features},
            inference_gates={"XNOR": literals, "increment": 10 * self.n_clauses * task.n_classes},
        )
