"""A method that misbehaves in a way that a file names; for tests, put where workers find it."""

import ctypes
import os
from pathlib import Path

import numpy as np
from fbbench.baselines.bmlp import MultiLayerBinary

HOW = Path(__file__).parent / "how"


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class NoException(BaseException):
    pass


class Misbehaving(MultiLayerBinary):
    """The BMLP, but for one thing."""

    def partial_fit(self, X, y, classes=None):
        how = HOW.read_text()
        if how == "writes to its input":
            X[:] = 0
        if how == "holds the lock":
            (HOW.parent / "pid").write_text(str(os.getpid()))
            ctypes.PyDLL(None).sleep(600)
        if how == "exits":
            raise SystemExit(3)
        if how == "raises what is no exception":
            raise NoException("at all")
        if how == "cannot be shown":
            raise Unspeakable
        if how == "says too much":
            raise ValueError("x" * 1_000_000)
        if how == "says what cannot be written":
            raise ValueError("\udc80 \x00")
        if how == "commands the terminal":
            raise ValueError("\x1b[2J\nsecond line")
        super().partial_fit(X, y, classes)
        if how == "forks":
            os.fork()
        if how == "is too good":
            self.training_accuracy_ = 1.5
        return self

    def predict(self, X):
        predicted, how = super().predict(X), HOW.read_text()
        if how == "spoils what is held out":
            X.setflags(write=True)
            X[:] = 0
        return {
            "predicts a column": predicted[:, None],
            "predicts one label": predicted[:1],
            "predicts text": predicted.astype(str),
            "predicts numbers": predicted.astype(np.float64),
        }.get(how, predicted)

    def ledger(self, task):
        return {"data": "much"} if HOW.read_text() == "has no size" else super().ledger(task)
