"""Counter-based random words from integers alone; the C paths have the same functions.

Word i of the stream with key k is ``mix64(k + GOLDEN * (i + 1))``, splitmix64 (Steele, Lea, Flood, OOPSLA 2014) started
at k. A key is derived from the seed, what the stream is for, the layer and the step, so every draw has an address and
no draw depends on the order of evaluation, the path or the number of threads.
"""

import math

import numpy as np

from . import _native

GOLDEN = 0x9E3779B97F4A7C15
MASK64 = (1 << 64) - 1
HIDDEN, CLASSIFIER, SHUFFLE, REINFORCEMENT, BIT_FLIPS, ROWS, CLASSIFIER_REINFORCEMENT, WIRES, READING = range(1, 10)
"""What a stream is for."""
WAYS = tuple(math.comb(64, k) for k in range(64))


def mix64(value):
    """Return splitmix64's output function of a Python int or a uint64 array."""
    if isinstance(value, np.ndarray):
        value = value ^ (value >> np.uint64(30))
        value *= np.uint64(0xBF58476D1CE4E5B9)
        value ^= value >> np.uint64(27)
        value *= np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
        return value
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
    counters = np.arange(count, dtype=np.uint64)
    counters *= np.uint64(GOLDEN)
    counters += np.uint64(start)
    return mix64(counters)


def hit_cuts(threshold):
    """Return the 64 cuts (uint64) that turn a 34-bit draw into how many of 64 weights are hit.

    Every weight is to be hit with probability p = threshold / 2**32; n weights are hit where n cuts lie at or below the
    draw. Cut k is P(at most k hits), the binomial distribution in units of 2**-34, rounded: whole numbers alone, and no
    probability is wrong by more than 2**-35.
    """
    miss = (1 << 32) - threshold
    total, cuts, shift = 0, [], 64 * 32 - 34
    half = 1 << (shift - 1)
    misses, hits = [miss], 1
    for _ in range(63):
        misses.append(misses[-1] * miss)
    for k in range(64):
        total += WAYS[k] * hits * misses[63 - k]
        cuts.append((total + half) >> shift)
        if cuts[-1] >> 34:  # more hits have no probability left
            break
        hits *= threshold
    return np.array(cuts + (64 - len(cuts)) * [1 << 34], dtype=np.uint64)


def hit_positions(draw, n):
    """Return the positions, a set, of the ``n`` weights among 64 that a random word hits.

    Positions are fields of 6 bits: five from the word's lowest 30 bits, then ten from every further word
    ``mix64(draw + GOLDEN)``, ``mix64(draw + 2 GOLDEN)`` ...; one that was seen before is passed over. Of more than 32,
    those that are not hit are drawn instead.
    """
    wanted = min(n, 64 - n)
    seen, fields, left, more = set(), draw, 5, draw
    while len(seen) < wanted:
        if not left:
            more = (more + GOLDEN) & MASK64
            fields, left = mix64(more), 10
        seen.add(fields & 63)
        fields, left = fields >> 6, left - 1
    return seen if n <= 32 else set(range(64)) - seen


def permutation(key, n):
    """Return a random order of ``n`` items (int64): the order that sorts one random word per item.

    Words of a stream are all different (mix64 is one-to-one), so there is just one such order.
    """
    order = _native.order(key, n) if n else np.empty(0, dtype=np.int64)
    return np.argsort(words(key, 0, n)) if order is None else order  # the upper bits agree: the lower ones decide
