"""Random prototypes: noisy copies of random +-1 patterns, the paper's synthetic data set (section 4.1)."""

import hashlib

import numpy as np

from ..kernels import random
from .source import ArraySource

GENERATOR_SEED = 42
CHUNK = 500


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
