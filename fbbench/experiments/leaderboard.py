"""Methods ranked at one memory budget, from rows of any suites."""

import pandas as pd

from baselines.protocol import METHODS, method_class

from .cells import is_outdated
from .statistics import interval

ABOVE = 0.03
"""A budget may be exceeded by so much: widths are whole numbers, so that matched ones lie a little above or below."""


def ranked(rows, dataset, protocol, budget_bits):
    """Return the methods that have rows on a data set within a budget, the best first.

    Parameters
    ----------
    rows : dict
        Stored rows by key; those of earlier versions are left out.
    dataset, protocol : str
    budget_bits : int
        By the paper's memory model.

    Returns
    -------
    DataFrame
        A line per method, as suites call it, at the setting of the highest mean: place, method_id, shape, mean, low,
        high (Student's t), seeds, memory_bits, gates_per_epoch, floats, settings (how many there were to choose from).
    """
    settings = {}
    for row in rows.values():
        identity, outcome = row["identity"], row["outcome"]
        if (identity["dataset"], identity["protocol"]) != (dataset, protocol) or is_outdated(identity):
            continue
        if outcome["memory_bits"] <= (1 + ABOVE) * budget_bits:
            asked = row["asked"]
            name = asked["method_id"].split("[")[0]
            settings.setdefault((name, asked["method_id"], asked["shape"]), {})[identity["seed"]] = row
    best = {}
    for (name, _, shape), of_seeds in settings.items():
        mean = sum(row["outcome"]["heldout_accuracy"] for row in of_seeds.values()) / len(of_seeds)
        found = best.setdefault(name, {"settings": 0, "mean": -1.0})
        found["settings"] += 1
        if mean > found["mean"]:
            found.update(mean=mean, shape=shape, rows=of_seeds)
    lines, place, leader = [], 0, None
    for name, found in sorted(best.items(), key=lambda item: (-item[1]["mean"], item[0])):
        if leader is None or told_apart(leader, found["rows"]):
            place, leader = len(lines) + 1, found["rows"]
        lines.append(line_of(name, found, place))
    return pd.DataFrame(lines)


def line_of(name, found, place):
    """Return what a table says of a method."""
    first = next(iter(found["rows"].values()))
    outcome, identity = first["outcome"], first["identity"]
    around = interval([row["outcome"]["heldout_accuracy"] for row in found["rows"].values()])
    method = identity["method"]
    return {
        "place": place,
        "method_id": name,
        "shape": found["shape"],
        "mean": found["mean"],
        "low": around.low,
        "high": around.high,
        "seeds": len(found["rows"]),
        "memory_bits": outcome["memory_bits"],
        "gates_per_epoch": outcome["gates_per_batch"] * -(-outcome["n_train"] // identity["batch_size"]),
        "floats": method_class(method).uses_floats if method in METHODS else None,
        "settings": found["settings"],
    }


def told_apart(leader, rows):
    """Return whether the seeds that two methods share tell them apart: the interval of the difference is without 0."""
    shared = sorted(set(leader) & set(rows))
    differences = [
        leader[seed]["outcome"]["heldout_accuracy"] - rows[seed]["outcome"]["heldout_accuracy"] for seed in shared
    ]
    return len(shared) >= 2 and interval(differences).low > 0
