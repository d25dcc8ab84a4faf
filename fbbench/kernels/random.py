"""Counter-based random words from integers alone; the C paths have the same functions.

Word i of the stream with key k is ``mix64(k + GOLDEN * (i + 1))``, splitmix64 (Steele, Lea, Flood, OOPSLA 2014) started
at k. A key is derived from the seed, what the stream is for, the layer and the step, so every draw has an address and
no draw depends on the order of evaluation, the path or the number of threads.
"""

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
MASK64 = (1 << 64) - 1
HIDDEN, CLASSIFIER, SHUFFLE, REINFORCEMENT, BIT_FLIPS, ROWS = range(1, 7)
"""What a stream is for."""


def mix64(value):
    """Return splitmix64's output function of a Python int or a uint64 array."""
    if isinstance(value, np.ndarray):
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK64
    return value ^ (value >> 31)


def derive(key, number):
    """Return the key of sub-stream ``number`` of ``key``."""
    return mix64((key + GOLDEN * (number + 1)) & MASK64)


def stream(seed, purpose, *numbers):
    """Return the key of a stream: the seed, what it is for, then e.g. layer and step."""
    key = derive(derive(0, seed & MASK64), purpose)
    for number in numbers:
        key = derive(key, number)
    return key


def words(key, first, count):
    """Return random words ``first .. first + count - 1`` of a stream as uint64."""
    start = (key + GOLDEN * (first + 1)) & MASK64
    counters = np.arange(count, dtype=np.uint64) * np.uint64(GOLDEN) + np.uint64(start)
    return mix64(counters)


def bit_planes(key, n_words):
    """Return (n_words, 32) uint64: bit planes of 32-bit draws, highest first; column b holds draw 64 * word + b.

    Plane j of word i is random word 32 i + j of the stream.
    """
    return words(key, 0, 32 * n_words).reshape(n_words, 32)


def permutation(key, n):
    """Return a random order of ``n`` items (int64): the order that sorts one random word per item."""
    return np.argsort(words(key, 0, n), kind="stable")
