"""Every part of every method's modelled memory, by one set of rules: what a budget is spent on."""

import pandas as pd

from .formats import write_table

RULES = [
    "One set of rules. Data: a bit a value, all rows, which every method holds while it trains. What is held is "
    "charged: weights, counters, moments and buffers at the width that training needs; random wires and item vectors "
    "at a bit or an address each, though a seed would give them again (drawing them again for every row would cost "
    "gates instead); a vector that is turned in place of many, once.",
    "Activations are those of a mini-batch where a method's step needs a mini-batch (BMLP, BEP, NITRO-D, SGD, Adam, "
    "gate networks), of one row where it takes rows one by one. A gradient is charged for the largest matrix, but "
    "where it is added as it is computed ('no gradient buffer').",
    "kB are 10^3 bytes.",
]


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    first = comparison.rows.drop_duplicates(["dataset", "budget", "method_id"])
    parts = {(row.dataset, row.budget, row.method_id): row.memory_parts for row in first.itertuples()}
    lines, shown = [], []
    named = comparison.named_lines()
    for number, line in enumerate(comparison.summary.itertuples()):
        of = parts[line.dataset, line.budget, line.method_id]
        for part, bits in of.items():
            lines.append((line.dataset, line.budget, line.method_id, line.shape, part, bits))
        rest = {part: bits for part, bits in of.items() if part != "data"}
        text = ", ".join(f"{part} {bits / 8e3:.3g}" for part, bits in sorted(rest.items(), key=lambda item: -item[1]))
        shown.append(
            {
                **{heading: column.iloc[number] for heading, column in named.items()},
                "data kB": f"{of.get('data', 0) / 8e3:.0f}",
                "beside them kB": f"{sum(rest.values()) / 8e3:.3g}",
                "parts, kB": text,
            }
        )
    numbers = pd.DataFrame(lines, columns=["dataset", "budget", "method_id", "shape", "part", "bits"])
    return numbers, pd.DataFrame(shown), [*comparison.notes()[:1], *RULES]


def build(comparison, folder):
    """Write parts.csv, .md and .tex."""
    return write_table(folder, "parts", *make(comparison))
