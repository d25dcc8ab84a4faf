"""Boolean gates of training by the paper's model and as synthesized, energy, and measured seconds beside them."""

import pandas as pd
from fbbench.baselines.protocol import zeros_of

from .formats import scientific, write_table

NOTES = [
    "Gates: section 4.2 of the paper, for one mini-batch (XNOR 1, popcount 10 per element, increment 10, float "
    "multiply and add 10^4 each). An epoch has ceil(samples / batch) mini-batches; SGD on N/32 samples has fewer.",
    "With zeros: what ternary arithmetic takes beside that model is charged in its spirit: ANDs with the planes of "
    "non-zeros, and the count of what is not 0 (fbbench/costs/gates.py). Empty where there are no zeros.",
    "Synthesized: the most a mini-batch takes in gates of circuits that were built (docs/gates.md), nothing left out; "
    "SGD uses that bits are +-1. Energy: the same with published joules, weights and rows in an SRAM of 1 MB.",
    "Times BMLP: relative to the first BMLP row at the same memory, by the model and as synthesized.",
    "Seconds per epoch: median over epochs, mean over runs, one thread per process, other processes beside it; for "
    "comparisons of speed use `fbbench bench`.",
]


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary.copy()
    s["zero_gates"] = [zeros_of(*comparison.method_and_task(line)) for line in s.itertuples()]
    s["batches"] = -(-s.n_train // comparison.suite.batch_size)
    s["gates_per_epoch"] = s.gates * s.batches
    s["synthesized"], s["energy"] = comparison.reckoned("synthesized"), comparison.reckoned("energy with SRAM")
    s["times_bmlp"], s["synthesized_times_bmlp"] = times_bmlp(s, "gates"), times_bmlp(s, "synthesized")
    shown = pd.DataFrame(
        {
            **comparison.named_lines(),
            "gates per mini-batch": s.gates.map(scientific),
            "with zeros": [
                scientific(sum(pair)) if pair[1] else "" for pair in zip(s.gates, s.zero_gates, strict=True)
            ],
            "times BMLP": s.times_bmlp.map("{:.3g}".format),
            "synthesized": s.synthesized.map(known(scientific)),
            "of that, times BMLP": s.synthesized_times_bmlp.map(known("{:.3g}".format)),
            "µJ": (s.energy / 1e6).map(known("{:.3g}".format)),
            "gates per epoch": s.gates_per_epoch.map(scientific),
            "seconds per epoch": s.seconds_per_epoch.map("{:.2g}".format),
        }
    )
    columns = [
        "dataset", "budget", "method_id", "shape", "gates", "zero_gates", "times_bmlp", "synthesized",
        "synthesized_times_bmlp", "energy", "batches", "gates_per_epoch", "seconds_per_epoch",
    ]  # fmt: skip
    return s[columns], shown, [*comparison.notes()[:1], *NOTES]


def times_bmlp(lines, column):
    """Return a column relative to the first BMLP line at the same data set and memory."""
    first = lines[lines.method == "bmlp"].groupby(["dataset", "budget"])[column].first()
    return [
        value / first.get((dataset, budget), float("nan"))
        for dataset, budget, value in zip(lines.dataset, lines.budget, lines[column], strict=True)
    ]


def known(shown):
    """Return a function that shows a number, and nothing where there is none."""
    return lambda value: "" if pd.isna(value) else shown(value)


def build(comparison, folder):
    """Write gates.csv, .md and .tex."""
    return write_table(folder, "gates", *make(comparison))
