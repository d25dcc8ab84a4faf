"""The arrays of one layer, in the layout every kernel path reads and writes."""

import copy
from dataclasses import dataclass

import numpy as np

MAX_WIDTH = 32767
"""Largest fan-in, number of units and number of classes: sums of +-1 are kept in int16."""


def words_of(n_bits):
    """Return the number of 64-bit words that hold ``n_bits`` bits."""
    return -(-int(n_bits) // 64)


class Layers(list):
    """The layers of a network. The kernels keep their own table of them here once they have made it, as that takes as
    long as a prediction of one row; arrays of a layer must not be replaced after that."""

    table = None

    def __reduce__(self):
        return Layers, (list(self),)


@dataclass
class Layer:
    """One locally trained layer: K units of fan-in D and a fixed classifier of C classes.

    Bits are rows of little-endian uint64 words, little bit order, 1 = +1, tail bits 0. In ternary arithmetic every
    sign plane has a mask plane beside it (1 = not zero) and signs of zeros are 0; in binary arithmetic masks are None.

    Attributes
    ----------
    hidden : ndarray (K, 64 * words) of int8 or int16
        Hidden weights H; columns past D are 0.
    sign, mask : ndarray (K, words) of uint64
        Visible weights, W = sign(H).
    p_sign, p_mask : ndarray (C, words of n_read) of uint64
        The classifier P.
    group_size : int
        Units per group (gamma); divides K.
    margin : int
        floor(r * n_read); a sample whose best class leads by less triggers the layer.
    bound : int
        Hidden weights stay within -bound .. bound.
    committee : bool
        The classifier reads the majority of each group, not the units (single-layer method).
    stream : int
        Key of the layer's reinforcement draws.
    gate : int
        Of error propagation: a unit passes its target on where abs(z) <= gate.
    trained : Layer, optional
        The classifier, where it is trained: a layer with a unit per class, in one group, whose visible weights are
        p_sign and p_mask themselves.
    """

    fan_in: int
    n_units: int
    n_classes: int
    group_size: int
    margin: int
    bound: int
    committee: bool
    stream: int
    hidden: np.ndarray
    sign: np.ndarray
    mask: np.ndarray | None
    p_sign: np.ndarray
    p_mask: np.ndarray | None
    trained: "Layer | None" = None
    gate: int = 0

    def own_arrays(self):
        """Copy the arrays that training writes to, where they might not be this layer's own."""
        for name in ("hidden", "sign", "mask"):
            if (value := getattr(self, name)) is not None:
                setattr(self, name, np.array(value))
        if self.trained is not None:
            self.trained = copy.copy(self.trained)
            self.trained.own_arrays()
            self.p_sign, self.p_mask = self.trained.sign, self.trained.mask

    @property
    def in_words(self):
        return words_of(self.fan_in)

    @property
    def n_read(self):
        return self.n_units // self.group_size if self.committee else self.n_units

    @property
    def ternary(self):
        return self.mask is not None
