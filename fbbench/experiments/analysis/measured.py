"""The rows of a suite as a data frame, from a store or a file, with or without its data at hand."""

from collections.abc import Mapping

import pandas as pd

from ..planning.cells import Plan, plan
from ..planning.suite import Suite
from ..rows.schema import Row
from .summary import cell_rows


def measured(suite: Suite, stored: Mapping[str, Row], all_seeds: bool = True) -> tuple[Plan | None, pd.DataFrame]:
    """Return (plan, rows) of a suite.

    Parameters
    ----------
    suite : Suite
    stored : dict
        Rows by key.
    all_seeds : bool
        With all seeds that there are rows of, not only the suite's own.

    Returns
    -------
    (Plan or None, DataFrame as of :func:`~fbbench.experiments.analysis.summary.cell_rows`)
        Of the data sets that have rows: of some others, only their files tell the size that a plan needs. No plan where
        none has any.
    """
    present = {row["identity"]["dataset"] for row in stored.values()}
    named = [name for name in suite.datasets if name in present]
    if not named:
        return None, pd.DataFrame()
    suite = suite.narrowed(datasets=named)
    planned = plan(suite.with_seeds_of(stored) if all_seeds else suite)
    return planned, cell_rows(planned.cells, stored)
