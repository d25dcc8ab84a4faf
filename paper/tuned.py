"""Which settings the suite `leaderboard` has, by the rows of the suite `tuning`: ``python -m paper.tuned``.

For every method and place, the setting with the highest accuracy on validation rows; of equal ones the first by name.
Prints how many were tried and what came of the best, then the lines of ``suites/leaderboard.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from fbbench.experiments.rows.archive import rows_at
from fbbench.experiments.rows.schema import Row

from .comparison import RESULTS

ROWS = RESULTS / "tuning.jsonl.gz"

TUNED_BY = {
    "sgd_tuned": ("sgd_one", "sgd_two", "sgd_one_cifar", "sgd_two_cifar"),
    "sgd_fused": ("sgd_fused", "sgd_fused_cifar"),
    "sgd_bfloat16": ("sgd_bfloat16", "sgd_bfloat16_cifar"),
    "sgd_int8": ("sgd_int8",),
    "adam_tuned": ("adam_one",),
    "softmax": ("softmax",),
    "nitro": ("nitro", "nitro_one"),
    "nitro_fused": ("nitro_fused", "nitro_fused_one"),
    "hdc": ("hdc_stored",),
    "hdc_rotated": ("hdc_rotated",),
    "wisard": ("wisard",),
    "bloom_wisard": ("bloom_wisard",),
    "neighbours": ("neighbours",),
    "logic_gates": ("logic_gates",),
    "bep": ("bep",),
    "sbpi": ("sbpi",),
    "tsetlin": ("tsetlin",),
}
"""Methods of the leaderboard, and the entries of the suite `tuning` whose settings were tried for them."""

STANDS_FOR = {"random_prototypes": "fashion_mnist", "cifar10": "imagenette"}
"""Data sets that a method was not tuned on take the settings of another. CIFAR-10 is AlexNet features, too; prototypes
are kept for reproduction alone."""

BUDGETS = ("35_35", "135_135", "525_525")
SHAPED = ("sgd_tuned", "nitro", "nitro_fused")
"""Methods whose number of layers was tuned, so that shapes are named."""


@dataclass(frozen=True)
class Tuned:
    """The best setting of a method at a place: its parameters, shape, accuracy on validation rows, number of tries."""

    params: dict[str, Any]
    shape: str
    accuracy: float
    n_tries: int


def tuned(rows: Mapping[str, Row], name: str) -> dict[tuple[str, str], Tuned]:
    """Return the :class:`Tuned` settings of a method of the leaderboard by data set and budget.

    Parameters
    ----------
    rows : dict
        Of the suite `tuning`, by key.
    name : str
        See TUNED_BY.
    """
    places: dict[tuple[str, str], list[Row]] = {}
    for row in rows.values():
        if row["asked"]["method_id"].split("[")[0] in TUNED_BY[name]:
            places.setdefault((row["identity"]["dataset"], row["asked"]["budget"]), []).append(row)
    return {place: best_of(tried) for place, tried in sorted(places.items())}


def best_of(tried: list[Row]) -> Tuned:
    """Return the best of some settings that were tried at one place."""
    first = sorted(tried, key=lambda row: (-row["outcome"]["heldout_accuracy"], row["asked"]["method_id"]))[0]
    varied = varied_in(tried)
    params = {name: value for name, value in first["outcome"]["parameters"].items() if name in varied}
    return Tuned(params, first["asked"]["shape"], first["outcome"]["heldout_accuracy"], len(tried))


def varied_in(tried: list[Row]) -> set[str]:
    """Return the parameters, but for those of the shape, that ids of some settings name."""
    named = [part.split("=")[0] for row in tried for part in row["asked"]["method_id"].partition("[")[2].split(",")]
    return {name.rstrip("]") for name in named if name}


def toml_of(value: Any) -> str:
    """Return a plain value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def settings_of(found: Mapping[tuple[str, str], Tuned], budgets: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return tuned settings as a suite has them, data set -> budget -> parameters, those of STANDS_FOR among them.

    What was tuned at one budget alone, as its size does not change, holds at all.
    """
    settings: dict[str, dict[str, dict[str, Any]]] = {}
    for (dataset, budget), one in found.items():
        of = settings.setdefault(dataset, {})
        alone = sum(known == dataset for known, _ in found) == 1
        of.update({name: one.params for name in (budgets if alone else [budget])})
    for other, known in STANDS_FOR.items():
        if known in settings and other not in settings:
            settings[other] = settings[known]
    return {name: {b: of[b] for b in budgets if b in of} for name, of in settings.items()}


def shapes_of(found: Mapping[tuple[str, str], Tuned]) -> dict[str, dict[str, str]]:
    """Return the shapes of tuned settings, data set -> budget -> shape: of the data sets that were tuned on."""
    shapes: dict[str, dict[str, str]] = {}
    for (dataset, budget), one in found.items():
        shapes.setdefault(dataset, {})[budget] = one.shape
    return shapes


def lines_of(found: Mapping[tuple[str, str], Tuned], name: str, budgets: Sequence[str]) -> list[str]:
    """Return the lines of a suite that give the tuned settings of a method, and shapes where layers were tuned."""
    lines = ["[methods.settings]"]
    for dataset, of in settings_of(found, budgets).items():
        texts = [
            f"{budget} = {{ {', '.join(f'{name} = {toml_of(value)}' for name, value in sorted(params.items()))} }}"
            for budget, params in of.items()
        ]
        lines.append(f"{dataset} = {{ {', '.join(texts)} }}")
    if name in SHAPED:
        lines.append("[methods.shapes]")
        for dataset, of_shapes in shapes_of(found).items():
            texts = [f'{budget} = "{of_shapes[budget]}"' for budget in budgets if budget in of_shapes]
            lines.append(f"{dataset} = {{ {', '.join(texts)} }}")
    return lines


@click.command(help=__doc__)
@click.option("--rows", "place", default=str(ROWS), show_default=True)
def main(place):
    rows = rows_at(place)
    for name in TUNED_BY:
        found = tuned(rows, name)
        for (dataset, budget), one in found.items():
            click.echo(f"# {name}, {dataset}, {budget}: best of {one.n_tries}, {one.accuracy:.2f} %, shape {one.shape}")
        click.echo("\n".join([f"# {name}", *lines_of(found, name, BUDGETS)]) + "\n")


if __name__ == "__main__":
    main()
