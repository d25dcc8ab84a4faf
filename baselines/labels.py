"""Labels of any kind to class numbers."""

import numpy as np


def encode_labels(classes, y, n_rows):
    """Return the positions (n_rows,) of labels in the sorted ``classes``.

    Raises
    ------
    ValueError
        If y has another length than X, or holds an unknown label.
    """
    y = np.asarray(y)
    if y.shape != (n_rows,):
        raise ValueError(f"y must have shape ({n_rows},), one label per row of X; got {y.shape}")
    encoded = np.searchsorted(classes, y)
    if n_rows and (encoded.max() >= len(classes) or not np.array_equal(classes[encoded], y)):
        raise ValueError(f"y must only hold the classes {classes}")
    return encoded
