"""Costs beyond the paper: what training and prediction take here, beside what the models say."""

import pandas as pd
from fbbench.baselines.protocol import Predicting

from fbbench.costs import total_bits, total_gates

from .formats import number, scientific, write_table

NOTES = [
    "Training. Memory by the models stands in the table of memory, gates in that of gates. Measured (10^6 bytes): the "
    "training rows and labels, and by how much the process's resident memory grew at most during the first epoch, "
    "torch's own workings included (the least of all runs, as libraries load parts meanwhile; no number: rows of "
    "before it was measured); what a method first touches later, as the recommended network its sums, is not in it.",
    "Seconds: wall time of one process with one thread, other processes beside it; medians over epochs, means over "
    "runs. For comparisons of speed use `fbbench bench`.",
    "Prediction. Memory and gates of one sample by a model in the spirit of the paper's: visible weights (two planes "
    "in ternary arithmetic) and the last classifier, or 32-bit weights. One sample, and a thousand at once: measured, "
    "median, one thread, the call from Python included.",
]


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary.copy()
    s["inference_bits"], s["inference_gates"] = zip(
        *(inference_costs(comparison, line) for line in s.itertuples()), strict=True
    )
    shown = pd.DataFrame(
        {
            **comparison.named_lines(),
            "measured MB": s.training_memory_bytes.map(number("{:.2f}", 1e-6)),
            "s per epoch": s.seconds_per_epoch.map("{:.2g}".format),
            "s in all": s.wall_seconds.map("{:.3g}".format),
            "prediction kB": s.inference_bits.map(number("{:.3g}", 1 / 8e3)),
            "gates of one": s.inference_gates.map(lambda gates: "" if pd.isna(gates) else scientific(gates)),
            "µs for one": s.predict_one_seconds.map(number("{:.3g}", 1e6)),
            "ms for 1000": s.predict_thousand_seconds.map(number("{:.3g}", 1e3)),
        }
    )
    if s.training_memory_bytes.isna().all():
        shown = shown.drop(columns="measured MB")
    columns = [
        "dataset", "budget", "method_id", "shape", "memory_bits", "ledger_bits", "training_memory_bytes", "gates",
        "seconds_per_epoch", "wall_seconds", "inference_bits", "inference_gates", "predict_one_seconds",
        "predict_thousand_seconds", "n_seeds",
    ]  # fmt: skip
    return s[columns], shown, [*comparison.notes()[:1], *NOTES]


def inference_costs(comparison, line):
    """Return (bits, gates) of predicting one sample with the method of a summary line; nan of what it does not say."""
    method, task = comparison.method_and_task(line)
    if not isinstance(method, Predicting):
        return float("nan"), float("nan")
    bits, gates = method.inference_memory(task), method.inference_gates(task)
    return total_bits(bits) if bits else float("nan"), total_gates(gates) if gates else float("nan")


def build(comparison, folder):
    """Write costs.csv, .md and .tex."""
    return write_table(folder, "costs", *make(comparison))
