"""Counted instructions of a row on microcontrollers: instructions.csv, which ``python -m paper.device`` writes.

Networks of the leaderboard on Fashion-MNIST; see that program, and ``docs/device.md``.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import Any

from ..files import replacing

COUNTS = Path(__file__).with_name("instructions.csv")
SUITE, DATASET = "leaderboard", "fashion_mnist"
NUMBERS = ("instructions", "flash", "ram")
COLUMNS = ("method_id", "budget", "shape", "device", "work", *NUMBERS)


def read_counts() -> list[dict[str, Any]]:
    """Return the lines of instructions.csv, numbers as integers; none where it is missing."""
    if not COUNTS.exists():
        return []
    with COUNTS.open(newline="", encoding="utf-8") as file:
        return [{**line, **{name: int(line[name]) for name in NUMBERS}} for line in csv.DictReader(file)]


def write_counts(lines: list[dict[str, Any]]) -> None:
    """Write instructions.csv, whole or not at all."""
    with replacing(COUNTS, "w") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


@functools.cache
def counts_by_place() -> dict[tuple[str, str, str, str], int]:
    """Return the instructions by method, budget, device and work; the file is read once."""
    names = ("method_id", "budget", "device", "work")
    return {tuple(line[name] for name in names): line["instructions"] for line in read_counts()}


def instructions_of(method_id: str, budget: str, device: str, work: str = "learn") -> int:
    """Return the instructions of a row of the leaderboard's network; ValueError if they were not counted."""
    if found := counts_by_place().get((method_id, budget, device, work)):
        return found
    raise ValueError(f"instructions of {method_id} at {budget} on {device} were not counted; see paper/device.py")
