"""Memory of training: the paper's model beside what this implementation really holds."""

import pandas as pd

from .formats import write_table

NOTES = [
    "Model: section 4.2 of the paper (8-bit hidden weights and pre-activations, one local classifier at a time, 32 "
    "bits for a float). MB are 10^6 bytes.",
    "Really held: every buffer of this implementation's training at its width. Hidden weights of 16 bits cost 16, "
    "visible weights and the planes of zeros are counted; SGD and Adam on binary input hold packed bits and unpack a "
    "mini-batch at a time.",
]


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    s = comparison.summary
    shown = pd.DataFrame(
        {
            **comparison.named_lines(),
            "model MB": (s.memory_bits / 8e6).map("{:.3f}".format),
            "of it data": (s.data_bits / 8e6).map("{:.3f}".format),
            "rest": ((s.memory_bits - s.data_bits) / 8e6).map("{:.3f}".format),
            "really held MB": (s.ledger_bits / 8e6).map("{:.3f}".format),
        }
    )
    columns = ["dataset", "budget", "method_id", "shape", "memory_bits", "data_bits", "ledger_bits"]
    return s[columns], shown, [*comparison.notes()[:1], *NOTES]


def build(comparison, folder):
    """Write memory.csv, .md and .tex."""
    return write_table(folder, "memory", *make(comparison))
