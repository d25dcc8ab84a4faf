"""What a row must hold before anything is reckoned with it; files may come from anywhere, results from any method."""

import json
from collections.abc import Mapping
from typing import Any

from ..planning.agenda import PlannedCell
from ..planning.cells import NAMES

Row = dict[str, Any]
"""What a store keeps of a cell: plain values by section (identity, outcome, run, environment, asked)."""

TEXT, WHOLE, NUMBER, LIST, DICT = (
    "text",
    "a whole number",
    "a number",
    "a list of numbers from 0",
    "numbers from 0 by name",
)

LARGEST = 1e200

IDENTITY = {
    "result_version": WHOLE, "kernel_version": WHOLE, "dataset": TEXT, "checksum": TEXT, "protocol": TEXT,
    "method": TEXT, "method_version": WHOLE, "epochs": WHOLE, "batch_size": WHOLE, "seed": WHOLE,
}  # fmt: skip
OUTCOME = {
    "train_accuracy": NUMBER, "heldout_accuracy": NUMBER, "selection": TEXT, "n_train": WHOLE, "n_heldout": WHOLE,
    "encoder": TEXT, "memory_bits": WHOLE, "memory_parts": DICT, "ledger_parts": DICT, "gates_per_batch": NUMBER,
    "gates_by_kind": DICT, "curve_train": LIST, "curve_heldout": LIST,
}  # fmt: skip
EPOCH_TIMES = ("epoch_wall_seconds", "epoch_cpu_seconds", "predict_seconds")
"""Seconds of a run that have a value per epoch."""

MEASURED_SINCE = ("predict_one_seconds", "predict_thousand_seconds", "training_memory_bytes")
"""Numbers of a run that rows of before they were measured lack."""
ROUNDED = 1e-4
"""Accuracies of curves are kept to four digits."""

RUN = {"wall_seconds": NUMBER, "seconds_per_epoch": NUMBER, **dict.fromkeys(EPOCH_TIMES, LIST)}


def check_row(row: Row) -> None:
    """Raise ValueError, with the part and what it should be, if a row lacks anything or holds something else."""
    known = {*SECTIONS, "asked"} - ({"error", "traceback"} if "outcome" in row else set())
    if unknown := set(row) - known:
        raise ValueError(f"it has parts beside it that are not known: {min(unknown)!r:.40}")
    check_section(row, "identity", IDENTITY)
    check_section(row, "asked", dict.fromkeys(NAMES, TEXT))
    for name, holder in (("identity.params", row["identity"].get("params")), ("environment", row.get("environment"))):
        if not isinstance(holder, dict):
            raise ValueError(f"{name} must be named values; got {holder!r:.60}")
    packages = row["environment"].get("packages", {})
    if not isinstance(packages, dict) or not all(is_a(TEXT, version) for version in packages.values()):
        raise ValueError(f"environment.packages must be versions by name; got {packages!r:.60}")
    check_result(row)
    for name in ("curve_train", "curve_heldout") if "outcome" in row else ():
        if len(row["outcome"][name]) != row["identity"]["epochs"]:
            raise ValueError(f"outcome.{name} must have a value for each of {row['identity']['epochs']} epochs")


def check_result(row: Row) -> None:
    """Raise ValueError if what a try at a cell gave is not as :func:`check_row` wants it."""
    if "outcome" not in row:
        for name in ("error", "traceback"):
            if not is_a(TEXT, row.get(name)):
                raise ValueError(f"{name} must be text; got {row.get(name)!r:.60}")
        check_section(row, "run", {"wall_seconds": NUMBER} if "wall_seconds" in (row.get("run") or {}) else {})
        return
    check_section(row, "outcome", OUTCOME)
    check_section(row, "run", RUN)
    check_section(row, "run", {name: NUMBER for name in MEASURED_SINCE if name in row["run"]})
    outcome = row["outcome"]
    if not isinstance(outcome.get("parameters"), dict):
        raise ValueError(f"outcome.parameters must be named values; got {outcome.get('parameters')!r:.60}")
    lengths = {name: len(row["run"][name]) for name in EPOCH_TIMES}
    if set(lengths.values()) != {len(outcome["curve_heldout"])}:
        raise ValueError(f"run must have a time for each epoch of the curves; got {lengths}")
    if row["run"]["wall_seconds"] < 0:
        raise ValueError(f"run.wall_seconds must not be negative; got {row['run']['wall_seconds']}")
    if not isinstance(outcome.get("encoder_saw_heldout", False), bool):
        raise ValueError(
            f"outcome.encoder_saw_heldout must be true or false; got {outcome['encoder_saw_heldout']!r:.60}"
        )
    for name, least in (("n_train", 1), ("n_heldout", 1), ("memory_bits", 0), ("gates_per_batch", 0)):
        if outcome[name] < least:
            raise ValueError(f"outcome.{name} must be at least {least}; got {outcome[name]!r}")
    if row["run"]["seconds_per_epoch"] < 0:
        raise ValueError(f"run.seconds_per_epoch must not be negative; got {row['run']['seconds_per_epoch']}")
    if not is_a(NUMBER, outcome.get("majority_accuracy", 0.0)):
        raise ValueError(f"outcome.majority_accuracy must be a number; got {outcome['majority_accuracy']!r:.60}")
    check_accuracies(outcome)
    if "confusion" in outcome:
        check_confusion(outcome["confusion"], outcome)
    for total, parts in (("memory_bits", "memory_parts"), ("gates_per_batch", "gates_by_kind")):
        if outcome[total] != sum(outcome[parts].values()):
            raise ValueError(f"outcome.{total} must be the sum of {parts}; got {outcome[total]!r}")


def check_accuracies(outcome: Mapping[str, Any]) -> None:
    """Raise ValueError unless accuracies are percent, and those of the whole run the ends of their curves."""
    for name in ("train", "heldout"):
        last, curve = outcome[f"{name}_accuracy"], outcome[f"curve_{name}"]
        if not 0 <= last <= 100 or not all(value <= 100 for value in curve):
            raise ValueError(f"outcome.{name}_accuracy and curve_{name} must be percent; got {last!r}")
        if not curve or abs(last - curve[-1]) > ROUNDED:
            raise ValueError(f"outcome.{name}_accuracy must be the end of curve_{name}; got {last!r}")


def check_confusion(confusion: Any, outcome: Mapping[str, Any]) -> None:
    """Raise ValueError unless a confusion matrix is one of the held-out rows, with the accuracy that is said."""
    if not isinstance(confusion, list) or not all(
        isinstance(line, list) and len(line) == len(confusion) and all(is_a(WHOLE, n) and n >= 0 for n in line)
        for line in confusion
    ):
        raise ValueError("outcome.confusion must be as many lists of as many counts as there are classes")
    counted, right = sum(map(sum, confusion)), sum(line[number] for number, line in enumerate(confusion))
    if counted > outcome["n_heldout"]:
        raise ValueError(f"outcome.confusion must count {outcome['n_heldout']} held-out rows; it counts {counted}")
    if abs(100 * right / outcome["n_heldout"] - outcome["heldout_accuracy"]) > ROUNDED:
        raise ValueError(f"outcome.confusion must have the accuracy that is said; {right} of its rows are right")


MOST_CHARACTERS = 16_000_000

SECTIONS = ("identity", "outcome", "error", "traceback", "run", "environment")
"""What an answer may bring; the names that a row is asked for under are the runner's own."""


def checked_answer(planned: PlannedCell, answer: object) -> Row:
    """Return the row that is stored of an answer to a cell, from whatever machine: of what is known, and nothing else.

    Raises
    ------
    ValueError
        If it is no row, or of another cell, or lacks anything; the message says what.
    """
    if not isinstance(answer, dict):
        raise ValueError(f"it must be named values; got {answer!r:.60}")
    row = {name: answer[name] for name in SECTIONS if name in answer}
    if json.dumps(row.get("identity"), sort_keys=True) != json.dumps(planned.identity, sort_keys=True):
        raise ValueError("it is of another cell")
    if ("outcome" in row) == ("error" in row):
        raise ValueError("it must have an outcome or an error")
    row["asked"] = planned.cell.names()
    written = json.dumps(row, allow_nan=False)
    if len(written) > MOST_CHARACTERS:
        raise ValueError(f"it has {len(written):,} characters; at most {MOST_CHARACTERS:,} are stored")
    row = json.loads(written)  # what is read again: names are texts, tuples lists
    check_row(row)
    if "outcome" in row:
        given = row["outcome"]["parameters"]
        for name, value in planned.identity["params"].items():
            if json.dumps(given.get(name)) != json.dumps(value):
                raise ValueError(f"its parameter {name} is {given.get(name)!r:.60}, the cell's {value!r:.60}")
    return row


def check_section(row: Row, section: str, kinds: Mapping[str, str]) -> None:
    """Raise ValueError if a section of a row is none, or a value in it is not of its kind."""
    values = row.get(section)
    if not isinstance(values, dict):
        raise ValueError(f"{section} must be named values; got {values!r:.60}")
    for name, kind in kinds.items():
        if not is_a(kind, values.get(name)):
            raise ValueError(f"{section}.{name} must be {kind}; got {values.get(name)!r:.60}")


def is_a(kind: str, value: Any) -> bool:
    """Return whether a value is of a kind."""
    if kind is TEXT:
        return isinstance(value, str)
    if kind is WHOLE:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63
    if kind is NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST
    if kind is LIST:
        return isinstance(value, list) and all(is_a(NUMBER, item) and item >= 0 for item in value)
    return isinstance(value, dict) and all(is_a(NUMBER, item) and item >= 0 for item in value.values())
