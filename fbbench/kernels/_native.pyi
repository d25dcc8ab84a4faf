from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .batches import Batches
from .layer import Layer

COMPILER: str
FLAGS: str
MAX_THREADS: int
MOST_FEATURES: int
READOUTS: tuple[str, ...]
RULES: tuple[str, ...]
PATHS: dict[str, Path]
NEEDS: dict[str, frozenset[str]]
FOR_TESTS: frozenset[str]

Words = NDArray[np.uint64]

class LayerTable:
    def __init__(self, layers: Sequence[Layer], cuts: Words | None = None) -> None: ...

class Path:
    name: str
    def product(
        self, x_sign: Words, x_mask: Words | None, w_sign: Words, w_mask: Words | None, fan_in: int
    ) -> NDArray[np.int16]: ...
    def train(
        self, layers: Sequence[Layer], cuts: Words, batches: Batches, n_threads: int = 1, rule: str = "local errors"
    ) -> int: ...
    def scores(
        self, layers: Sequence[Layer], x_bits: Words, n_threads: int = 1, readout: str = "last"
    ) -> NDArray[np.int32]: ...
    def train_perceptron(
        self,
        perceptron: object,
        x_bits: Words,
        labels: NDArray[np.int32],
        order: NDArray[np.int64],
        margin: int,
        first: int,
        every: int,
    ) -> int: ...
    def perceptron_scores(self, perceptron: object, x_bits: Words) -> NDArray[np.int64]: ...
    def train_signs(
        self,
        perceptron: object,
        x_bits: Words,
        labels: NDArray[np.int32],
        order: NDArray[np.int64],
        margin: int,
        n_rows: int,
        first: int,
        n_votes: int,
    ) -> tuple[int, int]: ...
    def sign_scores(self, perceptron: object, planes: Words, x_bits: Words) -> NDArray[np.int64]: ...
    def bernoulli(self, key: int, cuts: Words, n_words: int) -> Words: ...
    def roof(self, steps: int) -> int: ...

def decide(leaf1_ecx: int, leaf7_ebx: int, leaf7_ecx: int, xcr0: int) -> frozenset[str]: ...
def detect() -> frozenset[str]: ...
def pack(values: NDArray[np.int8]) -> tuple[Words, int]: ...
def unpack(bits: Words, d: int) -> NDArray[np.int8]: ...
def order(key: int, n: int) -> NDArray[np.int64] | None: ...
def binarise(hidden: NDArray[np.signedinteger], d: int, ternary: bool) -> tuple[Words, Words | None]: ...
