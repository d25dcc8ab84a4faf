"""Published figures (paper/reported.csv, each with its source), put beside what was measured."""

import numpy as np
import pandas as pd

from ...places import shipped
from ..planning.suite import Suite

FILE = "paper/reported.csv"

SETTINGS = {"exp2_group_size": "group_size", "robustness": "robustness", "weight_clip": "clip"}
"""Which parameter an experiment varies at one shape, as the published figures name it."""


def with_reported(suite: Suite, summary: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with the published figure of the same data set, method, shape and setting beside it."""
    reported = pd.read_csv(shipped(FILE), keep_default_na=False)
    reported = reported[reported.experiment == suite.reported].rename(
        columns={
            "accuracy": "reported_accuracy",
            "spread": "reported_spread",
            "n_runs": "reported_runs",
            "method": "reported_method",
        }
    )
    published = {entry.id: entry.published for entry in suite.methods}
    joined = summary.assign(
        reported_method=summary.method_id.map(published), setting=summary.method_id.map(settings_of(suite, rows))
    ).merge(
        reported.drop(columns=["experiment", "source"]),
        on=["dataset", "reported_method", "shape", "setting"],
        how="left",
    )
    joined["difference"] = joined.accuracy - joined.reported_accuracy
    joined["standard_error"] = standard_error(joined)
    return joined


def settings_of(suite: Suite, rows: pd.DataFrame) -> dict[str, str]:
    """Return by method the value of the parameter that the experiment varies, as text; "" where it varies none."""
    name = SETTINGS.get(suite.reported)
    if name is None:
        return dict.fromkeys(rows.method_id, "")
    first = rows.drop_duplicates("method_id").set_index("method_id").parameters
    return {method_id: f"{name}={parameters[name]:g}" for method_id, parameters in first.items()}


def standard_error(joined: pd.DataFrame) -> pd.Series:
    """Return the standard error of measured minus published mean (both spreads are population deviations)."""

    def variance_of_mean(spread: pd.Series, n: pd.Series) -> pd.Series:
        n = n.where(n > 1)
        return spread**2 / (n - 1)

    return np.sqrt(
        variance_of_mean(joined.spread, joined.n_seeds) + variance_of_mean(joined.reported_spread, joined.reported_runs)
    )
