"""What the field's networks take on a microcontroller: ``python -m paper.device``.

Networks of the leaderboard on Fashion-MNIST, as large as they are there, and rivals as a developer would write them in
C. What learns has made a pass over the training rows first, so that no more is corrected than in most of a training.
Instructions of a row are counted on three cores; they are exact, and take an hour in all.
"""

import click
import numpy as np

from fbbench import FullyBinaryNetwork
from fbbench.bench import on_device
from fbbench.bench.emulated import DEVICES, NoDevice
from fbbench.costs.instructions import DATASET, SUITE, read_counts, write_counts
from fbbench.datasets import DataUnavailable, prepare
from fbbench.experiments import load_suite
from fbbench.experiments.planning.cells import plan
from fbbench.export import c_header
from fbbench.export.c_text import words32

SEED = 42
BATCH = 20
"""Rows of a mini-batch that is counted; of what learns row by row, fewer."""
RIVALS = {"sgd_fused": "float", "sgd_tuned": "float", "sgd_int8": "int8"}
BINARY = ("bmlp_binary8", "bmlp_ternary16", "bep", "single_layer_binary8", "recommended", "one_bit")


def cells():
    """Return the leaderboard's cells, one of every budget, whose networks can be written in C."""
    return plan(load_suite(SUITE).narrowed(n_seeds=1, datasets=[DATASET], methods=[*BINARY, *RIVALS])).cells


def counted(split, cell):
    """Yield (work, what it takes on a device) of a cell's network on every core."""
    rows, labels = split.bits_train, split.y_train.astype(np.int32)
    row = words32(rows[:1], split.n_features)[0]
    if cell.method_id in RIVALS:
        kind, sizes = RIVALS[cell.method_id], (split.n_features, *map(int, cell.shape.split("_")), split.n_classes)
        for device in DEVICES.values():
            yield "predict", on_device.predict_on(device, kind, on_device.written_by_hand(kind, sizes), row)
            yield "learn", on_device.rival_learns_on(device, kind, sizes, (rows[:1], labels[:1]))
        return
    network = (
        cell.make(n_bits=split.n_features, random_state=SEED)
        .partial_fit(rows, labels, classes=np.arange(split.n_classes))
        .network_
    )
    n_rows = BATCH if isinstance(network, FullyBinaryNetwork) else 2
    for device in DEVICES.values():
        found = on_device.predict_on(device, cell.method_id, c_header(network).text, row)
        assert found.said == network.predict(rows[:1])[0], f"{cell.method_id} at {cell.budget}: not the library's label"
        yield "predict", found
        yield "learn", on_device.learn_on(device, cell.method_id, network, (rows[:n_rows], labels[:n_rows]))


@click.command()
@click.option("--budgets", default="35_35,135_135,525_525", show_default=True, help="Of the leaderboard.")
def main(budgets):
    """Count what the leaderboard's networks take on a microcontroller, an emulated one; write it to
    fbbench/costs/instructions.csv. Lines that are there stay: a run that was stopped goes on."""
    try:
        split = prepare(DATASET, SEED)
        done = read_counts()
        for cell in cells():
            at = {"method_id": cell.method_id, "budget": cell.budget}
            if cell.budget not in budgets.split(",") or any(at.items() <= line.items() for line in done):
                continue
            for work, found in counted(split, cell):
                numbers = {"instructions": found.instructions // found.rows, "flash": found.flash, "ram": found.ram}
                done.append({**at, "shape": cell.shape, "device": found.device, "work": work, **numbers})
                click.echo(" ".join(str(value) for value in done[-1].values()))
            write_counts(done)
    except (NoDevice, DataUnavailable) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
