"""Boolean gates of training by the paper's model, and measured seconds beside them."""

import pandas as pd
from fbbench.baselines.protocol import zeros_of

from .formats import scientific, write_table

NOTES = [
    "Gates: section 4.2 of the paper, for one mini-batch (XNOR 1, popcount 10 per element, increment 10, float "
    "multiply and add 10^4 each). An epoch has ceil(samples / batch) mini-batches; SGD on N/32 samples has fewer.",
    "With zeros: what ternary arithmetic takes beside that model is charged in its spirit: ANDs with the planes of "
    "non-zeros, and the count of what is not 0 (fbbench/costs/gates.py).",
    "Times BMLP: gates of a mini-batch relative to the first BMLP row at the same memory.",
    "Seconds per epoch: median over epochs, mean over runs, one thread per process, other processes beside it; for "
    "comparisons of speed use `fbbench bench`.",
]


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary.copy()
    s["zero_gates"] = [zeros_of(*comparison.method_and_task(line)) for line in s.itertuples()]
    s["batches"] = -(-s.n_train // comparison.suite.batch_size)
    s["gates_per_epoch"] = s.gates * s.batches
    first_bmlp = s[s.method == "bmlp"].groupby(["dataset", "budget"]).gates.first()
    s["times_bmlp"] = [
        gates / first_bmlp.get((dataset, budget), float("nan"))
        for dataset, budget, gates in zip(s.dataset, s.budget, s.gates, strict=True)
    ]
    shown = pd.DataFrame(
        {
            **comparison.named_lines(),
            "gates per mini-batch": s.gates.map(scientific),
            "with zeros": [
                scientific(sum(pair)) if pair[1] else "" for pair in zip(s.gates, s.zero_gates, strict=True)
            ],
            "times BMLP": s.times_bmlp.map("{:.3g}".format),
            "gates per epoch": s.gates_per_epoch.map(scientific),
            "seconds per epoch": s.seconds_per_epoch.map("{:.2g}".format),
        }
    )
    columns = [
        "dataset", "budget", "method_id", "shape", "gates", "zero_gates", "times_bmlp", "batches", "gates_per_epoch",
        "seconds_per_epoch",
    ]  # fmt: skip
    return s[columns], shown, [*comparison.notes()[:1], *NOTES]


def build(comparison, folder):
    """Write gates.csv, .md and .tex."""
    return write_table(folder, "gates", *make(comparison))
