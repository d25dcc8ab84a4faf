"""What this implementation really holds while it trains, in bits and by part: every buffer at its real width.

Stands beside the paper's model (:mod:`fbbench.costs.memory`), which charges 8 bits for hidden weights and
pre-activations, one local classifier, and nothing for visible weights, zero planes, labels or the order of samples.
"""

from .memory import n_activations, n_weights

LABEL_BITS, ORDER_BITS = 32, 64
PRE_ACTIVATION_BITS = 16
CHOICE_BITS = 64
"""A selected unit: its number, and its entry in the list sorted by unit."""
COUNTER_BITS = 13 + 32
"""Per input: two vertical counters of six planes with a carry, and a sum for units chosen more than 63 times."""


def binary_ledger(n_samples, layer_sizes, n_classes, batch_size, *, group_sizes, hidden_bits, ternary, committee=False):
    """Return the bits by part of fully binary training.

    Parameters
    ----------
    layer_sizes : sequence of int
        Fan-in, then widths.
    group_sizes : sequence of int
        One per layer.
    hidden_bits : int
    ternary : bool
        Signs have a second plane.
    committee : bool
        Classifiers read one bit per group.
    """
    fan_ins, widths = layer_sizes[:-1], layer_sizes[1:]
    planes = 2 if ternary else 1
    n_hidden = sum(d * k for d, k in zip(fan_ins, widths, strict=True))
    groups = [k // g for k, g in zip(widths, group_sizes, strict=True)]
    reads = groups if committee else widths
    return {
        "data": n_samples * layer_sizes[0],
        "labels and order": n_samples * (LABEL_BITS + ORDER_BITS),
        "hidden weights": hidden_bits * n_hidden,
        "visible weights": planes * n_hidden,
        "local classifiers": planes * n_classes * sum(reads),
        "desired signs": 16 * n_classes * sum(widths),
        "pre-activations": PRE_ACTIVATION_BITS * batch_size * (max(widths) + n_classes),
        "activations": planes * batch_size * (2 * max(layer_sizes) + (max(reads) if committee else 0)),
        "selection": CHOICE_BITS * batch_size * max(groups),
        "counters": COUNTER_BITS * max(fan_ins),
    }


def float_ledger(n_used, layer_sizes, n_classes, batch_size, *, optimizer="sgd"):
    """Return the bits by part of full-precision training on ``n_used`` samples: features lie as 32-bit floats.

    Automatic differentiation holds the gradients of all weights, and of every layer its pre-activations,
    activations and their gradients.
    """
    weights = 32 * n_weights(layer_sizes, n_classes)
    return {
        "data": 32 * n_used * layer_sizes[0],
        "labels and order": n_used * (64 + 64),
        "weights": weights,
        "gradients": weights,
        "moments": 2 * weights if optimizer == "adam" else 0,
        "mini-batch": 32 * batch_size * layer_sizes[0],
        "activations": 3 * 32 * n_activations(layer_sizes, n_classes, batch_size),
    }
