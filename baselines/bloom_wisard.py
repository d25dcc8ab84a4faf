"""A weightless network whose memories are counting Bloom filters, as BTHOWeN.

Susskind, Arora, Miranda, Villon, Katopodis, de Araujo, Dutra, Lima, Franca, Breternitz, John, *Weightless neural
networks for efficient edge inference*, PACT 2022, arXiv:2203.01479; H3 hashing: Carter, Wegman, 1979.
"""

import functools
from typing import Annotated

import numpy as np
from pydantic import Field

from fbbench.costs import GATES, Costs
from fbbench.kernels import random

from .parameters import Count, method, positional
from .rows import with_labels
from .weightless import COUNTER_BITS, MOST, Weightless


@method
class BloomWisard(Weightless):
    """Weightless network of counting Bloom filters (as BTHOWeN): hashed tuples of input bits, increments alone.

    A filter counts a tuple in ``n_hashes`` of its entries, of which the smallest are counted up; the smallest is its
    answer. Hash functions are H3, XORs of random words, and all filters share them.

    Parameters
    ----------
    n_nodes : int
        Filters of a class.
    address_bits : int
        Bits of a tuple.
    filter_bits : int
        A filter has two to the power of that many entries.
    n_hashes : int
    choosing_share : float
        Share of the training rows that the bleaching threshold is chosen on.
    """

    version = 1
    row_by_row = True

    n_nodes: Count = positional(100)
    address_bits: Annotated[int, Field(ge=1, le=64)] = 8
    filter_bits: Annotated[int, Field(ge=1, le=20)] = 7
    n_hashes: Annotated[int, Field(ge=1, le=8)] = 2

    def _start(self, n_inputs, n_classes):
        super()._start(n_inputs, n_classes)
        drawn = random.words(random.stream(self.random_state, random.ROWS, 5), 0, self.n_hashes * self.address_bits)
        self.hashes_ = (drawn >> np.uint64(64 - self.filter_bits)).astype(np.int32).reshape(self.n_hashes, -1)
        self.tables_ = self._tabulated(self.hashes_)

    def _tabulated(self, words):
        """Return what eight bits of a tuple make of words: XORs (n_hashes, bytes of a tuple, 256)."""
        n_bytes = -(-self.address_bits // 8)
        padded = np.zeros((self.n_hashes, 8 * n_bytes), dtype=np.int32)
        padded[:, : self.address_bits] = words
        bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(bool)
        chosen = np.where(bits, padded.reshape(self.n_hashes, n_bytes, 1, 8), 0)
        return np.bitwise_xor.reduce(chosen, axis=3)

    def _empty(self, n_classes):
        return np.zeros((n_classes, self.n_nodes, 1 << self.filter_bits), dtype=np.uint8)

    def _addresses(self, tuples):
        """Return the entries (n_rows, n_nodes, n_hashes) of tuples: XORs looked up for eight bits at once."""
        packed = np.packbits(tuples, axis=2)
        found = self.tables_[:, 0, packed[:, :, 0]]
        for byte in range(1, packed.shape[2]):
            found = found ^ self.tables_[:, byte, packed[:, :, byte]]
        return np.moveaxis(found, 0, 2)

    def _add(self, addresses, labels):
        nodes = np.arange(self.n_nodes)[:, None]
        for of_row, number in zip(addresses, labels, strict=True):
            of_class = self.memories_[number]
            counts = of_class[nodes, of_row]
            least = functools.reduce(np.minimum, counts.T)[:, None]
            of_class[nodes, of_row] = counts + ((counts == least) & (counts < MOST))

    def _counts(self, addresses, number):
        counts = self.memories_[number][np.arange(self.n_nodes)[:, None], addresses]
        return functools.reduce(np.minimum, np.moveaxis(counts, 2, 0))

    def costs(self, task):
        """A counter of 8 bits an entry, wires and hash words. To read a filter of bits takes an AND and an OR an entry
        and hash, at most, and hashing an AND and an XOR for every bit of every word."""
        entries = self.n_nodes * (1 << self.filter_bits) * task.n_classes
        words = self.n_hashes * self.address_bits * self.filter_bits
        wires, hashing = self._wire_bits(task.n_features), 2 * self.n_nodes * words
        memory = {
            "data": task.n_samples * task.n_features,
            "counters": COUNTER_BITS * entries,
            "wires": wires,
            "hash words": words,
            "responses": 16 * task.n_classes,
        }
        of_class = self.n_hashes * entries // task.n_classes
        operations = {
            "AND": self.batch_size * (hashing // 2 + 2 * of_class),
            "XNOR": self.batch_size * hashing // 2,
            "increment": self.batch_size * self.n_nodes * self.n_hashes,
        }
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "wires": 64 * self.n_nodes * self.address_bits,
                "rows at once": self._rows_held(task, bytes_of_tuple=4 * 4 * self.n_hashes),
                "order": 3 * 64 * task.n_samples + task.n_samples * task.n_features,
            },
            gates={kind: GATES[kind] * count for kind, count in operations.items()},
            operations=operations,
            inference_memory={
                "filters": entries, "wires": wires, "hash words": words, "input": task.n_features,
                "responses": 16 * task.n_classes,
            },
            inference_gates={
                "AND": hashing // 2 + 2 * self.n_hashes * entries,
                "XNOR": hashing // 2,
                **self._vote_gates(task.n_classes),
            },
        )  # fmt: skip
