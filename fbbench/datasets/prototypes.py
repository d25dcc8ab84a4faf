"""Random prototypes: noisy copies of random +-1 patterns, the paper's synthetic data set (section 4.1)."""

import hashlib

import numpy as np

from ..kernels import random
from .source import ArraySource

GENERATOR_SEED = 42
CHUNK = 500
PREFIX = "random_prototypes:"
SIZES = {"train": 10_000, "heldout": 2_000, "features": 1000, "classes": 10, "flip": 0.44}
"""What a name such as ``random_prototypes:train=500:flip=0.4`` may change, and the published values."""


def parse_prototypes(name):
    """Return the sizes (dict with the keys of SIZES) that a name of prototypes asks for.

    Raises
    ------
    ValueError
        If a key is unknown or a value is no number; the message names it.
    """
    sizes = dict(SIZES)
    for pair in name.removeprefix(PREFIX).split(":"):
        key, _, value = pair.partition("=")
        if key not in SIZES:
            raise ValueError(f"{name!r}: the key must be one of {', '.join(SIZES)}; got {key!r}")
        try:
            sizes[key] = type(SIZES[key])(value)
        except ValueError:
            raise ValueError(f"{name!r}: {key} must be a number; got {value!r}") from None
    for key in ("train", "heldout", "features"):
        if sizes[key] < 1:
            raise ValueError(f"{name!r}: {key} must be at least 1; got {sizes[key]}")
    if sizes["classes"] < 2 or not 0 <= sizes["flip"] <= 1:
        raise ValueError(f"{name!r}: classes must be at least 2 and flip lie in 0 .. 1")
    return sizes


def random_prototypes(
    n_samples=12_000, n_features=1000, n_classes=10, flip_probability=0.44, generator_seed=GENERATOR_SEED
):
    """Generate random prototypes.

    Every class is one random +-1 pattern; a sample is its class's pattern with every bit flipped with
    ``flip_probability``. Classes are equally large (to within one); a sample drawn twice is drawn again.
    The published recipe is the default: 12 000 samples of 1 000 bits, p = 0.44, one generator seed for all runs.

    Returns
    -------
    ArraySource
        Features (n_samples, n_features) int8 of +-1.
    """
    if not 0 <= flip_probability <= 1:
        raise ValueError(f"flip_probability must lie in 0 .. 1; got {flip_probability!r}")
    for name, value, low in (("n_samples", n_samples, 2), ("n_features", n_features, 1), ("n_classes", n_classes, 2)):
        if not isinstance(value, (int, np.integer)) or value < low:
            raise ValueError(f"{name} must be an integer of at least {low}; got {value!r}")
    drawn = random.words(random.stream(generator_seed, random.ROWS), 0, n_classes * n_features)
    patterns = (2 * (drawn >> np.uint64(63)).astype(np.int8) - 1).reshape(n_classes, n_features)
    labels = np.arange(n_samples, dtype=np.int64) % n_classes
    features = np.empty((n_samples, n_features), dtype=np.int8)
    threshold = np.uint64(int(flip_probability * 2**32))
    key = random.stream(generator_seed, random.BIT_FLIPS)
    seen, row, attempt = set(), 0, 0
    while row < n_samples:
        count = min(CHUNK, n_samples - row)
        draws = random.words(key, attempt * n_features, count * n_features) >> np.uint64(32)
        flips = (draws < threshold).reshape(count, n_features)
        attempt += count
        for flip in flips:
            sample = np.where(flip, -patterns[labels[row]], patterns[labels[row]])
            content = np.packbits(sample > 0).tobytes()
            if content in seen:
                if attempt > 100 * n_samples:
                    raise ValueError(f"n_samples={n_samples} distinct samples cannot be drawn; take more n_features")
                continue
            seen.add(content)
            features[row] = sample
            row += 1
    checksum = hashlib.sha256(np.packbits(features > 0).tobytes() + labels.tobytes()).hexdigest()
    return ArraySource(features, labels, n_classes, checksum)
