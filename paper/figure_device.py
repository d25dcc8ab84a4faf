"""Accuracy over the instructions of a row on a microcontroller: to predict, and to learn; a column a core."""

import pandas as pd
from matplotlib import pyplot as plt

from fbbench.costs.instructions import DATASET, SUITE, read_counts

from .formats import current, decades_only, write_figure
from .marks import drawn

CORES = {
    "cortex-m4": "Cortex-M4, float unit", "cortex-m4-soft-float": "Cortex-M4, floats in software",
    "cortex-m0plus": "Cortex-M0+",
}  # fmt: skip
WORKS = {"predict": "instructions of a prediction", "learn": "instructions of learning a row"}
LOOKS = {
    "bmlp_binary8": ("#0072b2", "o", "BMLP"), "bmlp_ternary16": ("#56b4e9", "s", "BMLP, ternary"),
    "bep": ("#009e73", "D", "BEP"), "one_bit": ("#cc79a7", "^", "one-bit"),
    "single_layer_binary8": ("0.45", "v", "single layer"), "recommended": ("#d55e00", "P", "recommended"),
    "sgd_fused": ("#000000", "X", "SGD float32"), "sgd_int8": ("#e69f00", "*", "SGD int8"),
}  # fmt: skip
"""Colour, marker and name of each: methods that C was written of."""

LOWEST = 79.0
"""Accuracies below stand at the edge, with a white mark."""


def build(comparison, folder):
    """Write device.pdf, .svg and .png; nothing where nothing was counted."""
    counts = pd.DataFrame(read_counts())
    if counts.empty or comparison.suite.name != SUITE or DATASET not in comparison.datasets:
        return []
    summary = comparison.summary[comparison.summary.dataset == DATASET]
    counts = counts.merge(summary[["method_id", "budget", "accuracy"]], on=["method_id", "budget"])
    figure, panels = plt.subplots(
        2, 3, figsize=(current.width, 0.66 * current.width), sharey=True, layout="constrained"
    )
    for line, (work, label) in zip(panels, WORKS.items(), strict=True):
        for panel, (device, title) in zip(line, CORES.items(), strict=True):
            here = counts[(counts.work == work) & (counts.device == device)]
            for method_id, (colour, marker, _) in LOOKS.items():
                s = here[here.method_id == method_id].sort_values("instructions")
                panel.plot(s.instructions, s.accuracy.clip(lower=LOWEST), color=colour, marker=marker)
                below = s[s.accuracy < LOWEST]
                panel.plot(
                    below.instructions, [LOWEST] * len(below), color="w", marker="v", markersize=2.5, linestyle="none"
                )
            panel.set_xscale("log")
            panel.set_xlim(8e3, 2e8)
            panel.set_ylim(LOWEST - 0.3, counts.accuracy.max() + 0.6)
            decades_only(panel)
            panel.set_xlabel(label)
            panel.set_title(title)
        line[0].set_ylabel(f"held-out accuracy, %\n{drawn(comparison.title_of(DATASET))}")
    handles = [plt.Line2D([], [], color=colour, marker=marker, label=name) for colour, marker, name in LOOKS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return write_figure(folder, "device", figure)
