"""The one rule of mixing: which rows are runs of one setting, so that they may be averaged, and which may be compared.

Rows of one setting have all of their identity in common but the seed (data set and its content, protocol, method with
version and parameters, epochs, mini-batch, kernels), and how they were evaluated. Tables, leaderboard, verdicts and
figures ask here.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ...files import digest_of
from .schema import Row

EVALUATED_BY = ("selection", "n_train", "n_heldout", "encoder", "encoder_saw_heldout")
"""Parts of an outcome that say how it was measured; runs of one setting have them in common."""


def setting_of(row: Row) -> str:
    """Return what all runs of a stored row's setting have in common, hashed (hex)."""
    identity = {name: value for name, value in row["identity"].items() if name != "seed"}
    evaluated = {name: row["outcome"].get(name) for name in EVALUATED_BY}
    return digest_of([identity, evaluated])[:16]


def check_one_setting(rows: pd.DataFrame, what: str = "rows that are averaged") -> None:
    """Raise ValueError, saying what differs, unless rows (a data frame with ``setting``) are runs of one setting."""
    if rows.checksum.nunique() > 1:
        raise ValueError(two_versions(what, rows.checksum))
    named = [name for name in ("protocol", "epochs", "arithmetic", *EVALUATED_BY) if name in rows]  # what people know
    differing = [name for name in named if rows[name].nunique(dropna=False) > 1]
    if differing or rows.setting.nunique() > 1:
        raise ValueError(f"{what} differ in {', '.join(differing) or 'their settings'}; they must not be mixed")


def check_same_data(*sides: Any) -> None:
    """Raise ValueError if sides of a comparison (data frames of one data set) saw two versions of the data.

    Rows of different protocols are compared as what they are: one may read files that the other leaves out.
    """
    seen = {}
    for rows in sides:
        for protocol, checksum in zip(rows.protocol, rows.checksum, strict=True):
            seen.setdefault(protocol, {})[checksum] = None
    for checksums in seen.values():
        if len(checksums) > 1:
            raise ValueError(two_versions("rows that are compared", checksums))


def two_versions(what: str, checksums: Iterable[str]) -> str:
    """Return the sentence that says that rows are of two versions of the data, and what to do."""
    named = ", ".join(sorted({checksum[:8] for checksum in checksums}))
    return f"{what} are of two versions of the data, checksums {named}; `fbbench rm --checksum` removes those of one"
