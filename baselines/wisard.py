"""WiSARD: a weightless network of RAM nodes, with bleaching.

Aleksander, Thomas, Bowden, *WISARD: a radical step forward in image recognition*, Sensor Review 4 (1984); counters
and bleaching: Grieco, Lima, De Gregorio, Franca, *Producing pattern examples from "mental" images*, Neurocomputing 73
(2010).
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from fbbench.costs import GATES, Costs

from .parameters import Count, method, positional
from .rows import with_labels
from .weightless import COUNTER_BITS, MOST, Weightless


@method
class Wisard(Weightless):
    """WiSARD with bleaching: tables of counters addressed by random tuples of input bits, increments alone.

    Parameters
    ----------
    n_nodes : int
        Tables of a class; they may read an input again once all are read.
    address_bits : int
        Bits of a tuple; a table has two to the power of that many counters.
    choosing_share : float
        Share of the training rows that the bleaching threshold is chosen on.
    """

    version = 1
    row_by_row = True

    n_nodes: Count = positional(100)
    address_bits: Annotated[int, Field(ge=1, le=20)] = 6

    def _empty(self, n_classes):
        return np.zeros((n_classes, self.n_nodes, 1 << self.address_bits), dtype=np.uint8)

    def _addresses(self, tuples):
        return tuples @ (1 << np.arange(self.address_bits, dtype=np.int32))

    def _add(self, addresses, labels):
        nodes = np.arange(self.n_nodes)
        for number in np.unique(labels):
            of_class = self.memories_[number]
            found = (nodes * of_class.shape[1] + addresses[labels == number]).ravel()
            places, times = np.unique(found, return_counts=True)
            counters = of_class.reshape(-1)
            counters[places] = np.minimum(counters[places].astype(np.int64) + times, MOST)

    def _counts(self, addresses, number):
        return self.memories_[number][np.arange(self.n_nodes), addresses]

    def costs(self, task):
        """A counter of 8 bits an address, and the wires. To read a table of bits takes an AND and an OR an entry, at
        most; to predict, a bit an address is left of every counter."""
        entries = self.n_nodes * (1 << self.address_bits) * task.n_classes
        wires, votes = self._wire_bits(task.n_features), self._vote_gates(task.n_classes)
        memory = {
            "data": task.n_samples * task.n_features,
            "counters": COUNTER_BITS * entries,
            "wires": wires,
            "responses": 16 * task.n_classes,
        }
        operations = {
            "AND": 2 * self.batch_size * entries // task.n_classes, "increment": self.batch_size * self.n_nodes,
        }  # fmt: skip
        return Costs(
            memory=memory,
            ledger={
                **with_labels(memory, task),
                "wires": 64 * self.n_nodes * self.address_bits,
                "rows at once": self._rows_held(task, bytes_of_tuple=8 + 8 + 8 + 8 + 8 + 2),
                "order": 3 * 64 * task.n_samples + task.n_samples * task.n_features,
            },
            gates={kind: GATES[kind] * count for kind, count in operations.items()},
            operations=operations,
            inference_memory={
                "tables": entries, "wires": wires, "input": task.n_features, "responses": 16 * task.n_classes,
            },
            inference_gates={"AND": 2 * entries, **votes},
        )  # fmt: skip
