"""A cell is the unit of work: one method with its parameters, on one data set, at one budget, for one seed."""

import hashlib
import json
from dataclasses import dataclass

from ..costs import bmlp_memory, match_width, total_bits
from ..datasets import describe
from ..shapes import parse_shape
from .suite import SuiteError

RESULT_VERSION = 2
"""Changed when the kernels, the splits or the encoders start to give other results for the same cell."""


@dataclass(frozen=True)
class Cell:
    """What is run, and the names it is shown under."""

    dataset: str
    protocol: str
    method: str
    method_version: int
    method_id: str
    label: str
    budget: str
    shape: str
    params: tuple[tuple[str, object], ...]
    epochs: int
    batch_size: int
    seed: int

    @property
    def short_title(self):
        """What a progress line calls the cell."""
        return f"{self.method_id} {self.shape}"

    @property
    def title(self):
        """The cell in words."""
        return f"{self.dataset}, {self.method_id} {self.shape} (memory of {self.budget}), seed {self.seed}"

    def identity(self, checksum):
        """Return everything that can change the outcome, given the data set's checksum."""
        return {
            "result_version": RESULT_VERSION,
            "dataset": self.dataset,
            "checksum": checksum,
            "protocol": self.protocol,
            "method": self.method,
            "method_version": self.method_version,
            "params": dict(self.params),
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "seed": self.seed,
        }


def cell_key(identity):
    """Return the content hash (hex) of an identity: the name of the cell's file."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


def plan(suite):
    """Return the cells of a suite: the largest data set first, seed by seed, so that one split serves many cells.

    A method that wants floats has no cell on a data set that is binary by nature.

    Raises
    ------
    SuiteError
        If a method is unknown, its parameters do not exist, or no shape fits a budget.
    """
    from baselines.protocol import Task, method_class

    cells = []
    for name in suite.datasets:
        dataset = describe(name)
        task = Task(dataset.sizes(suite.protocol)[0], dataset.n_features, dataset.n_classes)
        for entry in suite.methods:
            try:
                method = method_class(entry.method)
                for budget in suite.budgets:
                    shape = entry.shapes.get(name, {}).get(budget) or matched_shape(method, entry, task, budget, suite)
                    params = {**entry.params, **method.shape_params(shape)}
                    made = method(**params, batch_size=suite.batch_size)  # unknown parameters show up here
                    if made.input == "float" and not dataset.has_floats:
                        continue
                    for seed in suite.seeds:
                        cells.append(
                            Cell(
                                dataset=name,
                                protocol=suite.protocol,
                                method=entry.method,
                                method_version=method.version,
                                method_id=entry.id,
                                label=entry.label,
                                budget=budget,
                                shape=shape,
                                params=tuple(sorted(params.items())),
                                epochs=entry.epochs or suite.epochs,
                                batch_size=suite.batch_size,
                                seed=seed,
                            )
                        )
            except (ValueError, TypeError) as error:
                raise SuiteError(f"suite {suite.name}, method {entry.id!r}: {error}") from None
    return sorted(cells, key=lambda c: (-describe(c.dataset).n_train * describe(c.dataset).n_features, c.seed))


def budget_bits(task, budget, batch_size):
    """Return the memory of the BMLP of a shape such as ``"35_35"``: what a budget means."""
    widths = parse_shape(budget)
    return total_bits(bmlp_memory(task.n_samples, (task.n_features, *widths), task.n_classes, batch_size))


def matched_shape(method, entry, task, budget, suite):
    """Return the shape of a method whose memory is nearest to a budget."""
    if entry.method == "bmlp":
        return budget

    def cost(width):
        shape = method.shape_params(method.shape_of_width(width))
        return total_bits(method(**entry.params, **shape, batch_size=suite.batch_size).memory(task))

    bits = budget_bits(task, budget, suite.batch_size)
    return method.shape_of_width(match_width(bits, cost, step=method.width_step))
