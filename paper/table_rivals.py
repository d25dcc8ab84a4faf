"""How many times the gates of BMLP a rival's mini-batch takes, in the numbers that a hardware designer would choose: at
the same memory, at the same shape, at the same accuracy."""

import pandas as pd
from fbbench.baselines.protocol import Task

from fbbench.costs import float_memory, float_operations, match_width, synthesized, total_bits
from fbbench.experiments.analysis.reckonings import reckoned
from fbbench.shapes import parse_shape, shape_title

from .formats import write_table

BMLP, SGD = "bmlp_binary8", "sgd_binary"

RIVALS = {
    "FP32": ("float32", False, 32),
    "FP32, ±1 used": ("float32", True, 32),
    "bf16 products": ("bfloat16 products", True, 16),
    "bf16": ("bfloat16", True, 16),
    "FP16": ("float16", True, 16),
    "int8": ("int8", True, 8),
}
"""Numbers of products and sums, whether it is used that inputs are +-1, and the bits of a weight."""

NOTES = [
    "Synthesized gates of a mini-batch of SGD, two equal hidden layers, over those of BMLP as claimed (binary, int8). "
    "FP32, ±1 used: products with inputs are sign flips; so in all columns to the right. bf16 products: summed in "
    "FP32; bf16, FP16: summed in these; int8: summed in 32 bits. Softmax and the step are in FP32 always. Weights, "
    "activations and gradients are charged 32, 16 or 8 bits: at the same memory shorter numbers have more weights.",
    "Whether a network learns as well in these numbers is another matter: rows of bf16 and int8 are in the suite "
    "`leaderboard`, where they do; FP16 is a price alone.",
    "Same accuracy: the smallest SGD on bits (FP32, ±1 used) of the suite whose mean accuracy is not below BMLP's; "
    "empty where none is.",
]


def make(comparison):
    """Return the table: numbers (all digits), what is shown (text), notes."""
    summary, lines = comparison.summary, []
    for line in summary[summary.method_id == BMLP].itertuples():
        method, task = comparison.method_and_task(line)
        own = reckoned(method, task, "synthesized")
        found = {"dataset": line.dataset, "budget": line.budget, "bmlp": own}
        for name, (numbers, signs, bits) in RIVALS.items():
            width = width_within(task, total_bits(method.memory(task)), bits)
            found[f"memory: {name}"] = gates_of(task, (width, width), numbers, signs) / own
            found[f"shape: {name}"] = gates_of(task, parse_shape(line.shape), numbers, signs) / own
        found["accuracy"] = same_accuracy(comparison, line, own)
        lines.append(found)
    numbers = pd.DataFrame(lines)
    shown = {
        "data set": numbers.dataset.map(comparison.title_of), "memory of BMLP": numbers.budget.map(shape_title),
        **{f"same memory: {name}" if n == 0 else name: numbers[f"memory: {name}"].map("{:.3g}".format)
           for n, name in enumerate(RIVALS)},
        **{f"same shape: {name}": numbers[f"shape: {name}"].map("{:.3g}".format) for name in ("FP32", "FP32, ±1 used")},
        "same accuracy": numbers.accuracy.map(lambda ratio: "" if pd.isna(ratio) else f"{ratio:.3g}"),
    }  # fmt: skip
    return numbers, pd.DataFrame(shown), [*comparison.notes()[:1], *NOTES]


def width_within(task, bits, number_bits):
    """Return the width of two equal layers whose memory in some bits a number is nearest to a budget."""

    def cost(width):
        sizes = (task.n_features, width, width)
        return total_bits(
            float_memory(task.n_samples, sizes, task.n_classes, 100, float_input=False, number_bits=number_bits)
        )

    return match_width(bits, cost)


def gates_of(task: Task, widths, numbers, signs):
    """Return the synthesized gates of a mini-batch of SGD."""
    sizes = (task.n_features, *widths)
    return sum(synthesized(float_operations(sizes, task.n_classes, 100, numbers=numbers, sign_inputs=signs)).values())


def same_accuracy(comparison, line, own):
    """Return the gates of the cheapest SGD on bits that is not behind a line of BMLP, over its own; nan if all are."""
    s = comparison.summary
    rivals = s[(s.method_id == SGD) & (s.dataset == line.dataset) & (s.accuracy >= line.accuracy)]
    gates = [reckoned(*comparison.method_and_task(rival), "synthesized") for rival in rivals.itertuples()]
    return min(gates) / own if gates else float("nan")


def build(comparison, folder):
    """Write rivals.csv, .md and .tex; data sets without rows of both methods are left out."""
    if not {BMLP, SGD} <= set(comparison.summary.method_id):
        return []
    return write_table(folder, "rivals", *make(comparison))
