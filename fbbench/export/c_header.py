"""A model as one C99 header, from ``c/``: tables of weights, and functions that predict with them; with training also
those that learn, and what they change as one struct."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..arguments import integer
from ..network import FullyBinaryNetwork
from ..sign_perceptron import SignPerceptron
from .c_network import network_header, state_of, work_bytes
from .c_perceptrons import signs_header, state_of_signs, state_of_sums, sums_header
from .c_text import CHeader, State
from .network_in import exported

MOST_ROWS = 4096
"""Of a mini-batch: sums of 16 bits hold what so many move."""


def c_header(model: Any, *, training: bool = False, batch: int = 20) -> CHeader:
    """Return a model as C.

    Parameters
    ----------
    model : FullyBinaryNetwork, MajorityPerceptron, SignPerceptron, or a fitted FullyBinaryClassifier
        A classifier's encoder stays behind: the C functions take the bits that it makes of a row.
    training : bool
        Whether the C goes on learning: ``fbb_learn(rows, labels, n)`` does as ``train_batch`` of a network with the
        training accuracy of its last epoch, or as a pass of a perceptron's ``train_epoch`` in the order of the rows,
        bit for bit. A perceptron predicts by the weights that learn then, without sums or votes.
    batch : int
        The most rows of a network's mini-batch, at most ``MOST_ROWS``.

    Raises
    ------
    CannotExport
        If the model is none of these, or is to learn and has classifiers or a read-out that do, too.
    ValueError
        If ``batch`` is out of its range.
    """
    network, batch = exported(model), integer("batch", batch, 1, MOST_ROWS)
    if isinstance(network, FullyBinaryNetwork):
        header = network_header(network, batch if training else 0)
    elif isinstance(network, SignPerceptron):
        header = signs_header(network, training)
    else:
        header = sums_header(network, training)
    return header if network is model else replace(header, text=outside(model) + header.text)


def learning_state(model: Any) -> State:
    """Return what training of a model changes in C, without the C; CannotExport as :func:`c_header`."""
    network = exported(model)
    if isinstance(network, FullyBinaryNetwork):
        return state_of(network)
    return state_of_signs(network) if isinstance(network, SignPerceptron) else state_of_sums(network)


def learning_bytes(model: Any, batch: int) -> int:
    """Return the bytes of RAM that a model takes to learn in C: its state, and a mini-batch's work beside."""
    network = exported(model)
    beside = work_bytes(network, batch) if isinstance(network, FullyBinaryNetwork) else 0
    return len(learning_state(network).as_bytes()) + beside


def outside(classifier: Any) -> str:
    """Return a comment about what of a classifier is not in the C: its encoder, and the labels of its classes."""
    encoder, labels = classifier.encoder_, ", ".join(map(str, classifier.classes_))
    made = f"the bits that {type(encoder).__name__} makes of numbers" if encoder else "-1 and +1, as they were given"
    told = f"Rows are {made}; classes 0 .. {len(classifier.classes_) - 1} stand for {labels}."
    return f"/* {told.replace('*/', '* /')} */\n"
