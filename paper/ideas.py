"""Ideas beyond the paper, tried one by one on a validation part of the training rows: ``python -m paper.ideas``.

Prints a Markdown table of the validation accuracy that every idea gives; ``docs/beyond.md`` and ``docs/binary.md`` keep
what came out. The held-out part is never read. Ten to fifteen minutes on two cores.
"""

import functools
import itertools
from dataclasses import replace

import click
import numpy as np

from fbbench import FullyBinaryNetwork, MajorityPerceptron, SignPerceptron
from fbbench.bits import pack, unpack
from fbbench.costs import bmlp_memory, perceptron_memory, sign_memory, total_bits
from fbbench.datasets import DataUnavailable, prepare
from fbbench.estimators import group_sizes_of
from fbbench.network.rules.error_propagation import equiangular
from fbbench.random_units import units_within

TRAIN_SHARE = 0.8
EPOCHS = 50
CHECKPOINTS = 10
SIDE = 28


def network_of(data, shape, seed, **parameters):
    """Return a BMLP in binary arithmetic, not trained."""
    groups = group_sizes_of("published", shape)
    sizes = (data["n_bits"], *shape)
    return FullyBinaryNetwork(sizes, data["n_classes"], **{"group_size": groups, "seed": seed, **parameters})


def trained(network, data, before_epoch=lambda network, epoch: None, rows_of=None):
    """Train a network and return its accuracy on the validation part."""
    for epoch in range(EPOCHS):
        before_epoch(network, epoch)
        rows = data["rows"] if rows_of is None else rows_of(epoch)
        network.train_epoch(rows, data["labels"])
    return accuracy(network, data)


def accuracy(model, data):
    """Return the accuracy in % on the validation part."""
    return 100 * float(np.mean(model.predict(data["validation_rows"]) == data["validation_labels"]))


def published(data, shape, seed, **parameters):
    """Return what the BMLP gives as it is, or with other parameters."""
    return trained(network_of(data, shape, seed, **parameters), data)


def near_orthogonal(data, shape, seed):
    """Give every layer a near-equiangular classifier in place of a random one."""
    drawn = network_of(data, shape, seed)
    layers = range(drawn.n_layers)
    network = FullyBinaryNetwork.from_arrays(
        [drawn.hidden_weights(number) for number in layers],
        [equiangular(drawn.classifier(number), seed + number) for number in layers],
        group_size=drawn.group_size, seed=seed,
    )  # fmt: skip
    return trained(network, data)


def constant_input(data, shape, seed):
    """Add an input that is always +1, which makes an even fan-in odd, so that no pre-activation is 0."""
    wider = dict(data, n_bits=data["n_bits"] + 1)
    for name in ("rows", "validation_rows"):
        values = unpack(data[name], data["n_bits"])
        wider[name] = pack(np.hstack([values, np.ones((len(values), 1), dtype=np.int8)]))
    return trained(network_of(wider, shape, seed), wider)


def annealed_reinforcement(data, shape, seed):
    """Let the reinforcement fall to 0 over the epochs."""

    def anneal(network, epoch):
        network.parameters = replace(network.parameters, reinforcement=0.5 * (1 - epoch / EPOCHS))

    return trained(network_of(data, shape, seed), data, anneal)


def checkpoint_vote(data, shape, seed):
    """Add up the scores of the last epochs' networks."""
    network, scores = network_of(data, shape, seed), 0
    for epoch in range(EPOCHS):
        network.train_epoch(data["rows"], data["labels"])
        if epoch >= EPOCHS - CHECKPOINTS:
            scores = scores + network.decision_function(data["validation_rows"])
    return 100 * float(np.mean(scores.argmax(axis=1) == data["validation_labels"]))


def shifted_rows(data, shape, seed):
    """Shift the pictures by up to one pixel, another way every epoch (Fashion-MNIST alone)."""
    if data["n_bits"] != SIDE * SIDE:
        return float("nan")
    values, random = unpack(data["rows"], data["n_bits"]).reshape(-1, SIDE, SIDE), np.random.default_rng(seed)

    def shifted(epoch):
        return pack(np.roll(values, random.integers(-1, 2, 2), axis=(1, 2)).reshape(len(values), -1))

    return trained(network_of(data, shape, seed), data, rows_of=shifted)


def perceptron(data, shape, seed, *, share=0.25, fan_in=5):
    """Train the recommended network at the memory of a BMLP of this shape."""
    budget = total_bits(bmlp_memory(data["n_rows"], (data["n_bits"], *shape), data["n_classes"], 100))
    n_units = units_within(
        perceptron_memory,
        budget,
        data["n_rows"],
        data["n_bits"],
        data["n_classes"],
        pairs_of=lambda n: int(n * share),
        fan_in=fan_in,
    )
    model = MajorityPerceptron(
        data["n_bits"], data["n_classes"], n_units=n_units, n_pairs=int(n_units * share), fan_in=fan_in, seed=seed
    )
    for _ in range(model.epochs):
        model.train_epoch(data["rows"], data["labels"])
    return accuracy(model, data)


def one_bit(data, shape, seed, *, share=0.25, fan_in=5, epochs=20, planes=1, trained_layers=()):
    """Train the one-bit network at the memory of a BMLP of this shape; with ``trained_layers``, on the input bits and
    the bits of a BMLP of these widths, which is trained first and paid for: hidden weights, the largest classifier."""
    n_bits, n_classes = data["n_bits"], data["n_classes"]
    left = total_bits(bmlp_memory(0, (n_bits, *shape), n_classes, 100))
    if trained_layers:
        network = network_of(data, trained_layers, seed)
        trained(network, data)
        units = sum(trained_layers)
        data = data | {
            name: pack(np.concatenate([unpack(x, n_bits), unpack(network.activation_bits(x), units)], axis=1))
            for name, x in data.items()
            if name in ("rows", "validation_rows")
        }
        weights = sum(a * b for a, b in itertools.pairwise((n_bits, *trained_layers)))
        left -= 8 * weights + n_classes * max(trained_layers)
        n_bits += units
    pairs_of = lambda n: int(n * share)  # noqa: E731
    try:
        n_units = units_within(sign_memory, left, 0, n_bits, n_classes, pairs_of=pairs_of, fan_in=fan_in)
    except ValueError:  # not even the trained layers fit
        return float("nan")
    model = SignPerceptron(
        n_bits, n_classes, n_units=n_units, n_pairs=pairs_of(n_units), fan_in=fan_in, epochs=epochs, planes=planes,
        seed=seed,
    )  # fmt: skip
    for _ in range(epochs):
        model.train_epoch(data["rows"], data["labels"])
    return accuracy(model, data)


IDEAS = {
    "BMLP as claimed (binary, int8)": published,
    "all layers vote": functools.partial(published, readout="vote"),
    "read from pre-activations": functools.partial(published, readout="preactivation"),
    "perceptron on all layers' bits": functools.partial(published, readout="perceptron"),
    "near-orthogonal classifiers": near_orthogonal,
    "a constant input": constant_input,
    "robustness 0.5": functools.partial(published, robustness=0.5),
    "reinforcement falls to 0": annealed_reinforcement,
    "no reinforcement": functools.partial(published, reinforcement=0.0),
    "the last ten epochs vote": checkpoint_vote,
    "shifted pictures": shifted_rows,
    "recommended": perceptron,
    "recommended, majorities alone": functools.partial(perceptron, share=0.0),
    "recommended, half XNOR": functools.partial(perceptron, share=0.5),
    "recommended, majorities of 3": functools.partial(perceptron, fan_in=3),
    "recommended, majorities of 9": functools.partial(perceptron, fan_in=9),
    "one bit": one_bit,
    "one bit, 15 votes summed": functools.partial(one_bit, planes=15),
    "one bit, 10 passes": functools.partial(one_bit, epochs=10),
    "one bit, 40 passes": functools.partial(one_bit, epochs=40),
    "one bit, majorities alone": functools.partial(one_bit, share=0.0),
    "one bit, half XNOR": functools.partial(one_bit, share=0.5),
    "one bit, majorities of 3": functools.partial(one_bit, fan_in=3),
    "one bit, majorities of 9": functools.partial(one_bit, fan_in=9),
    "one bit, over a BMLP of 35": functools.partial(one_bit, trained_layers=(35,)),
    "one bit, over a BMLP of 35_35": functools.partial(one_bit, trained_layers=(35, 35)),
}


def validation_data(dataset, seed):
    """Return packed training rows of a data set in two parts, one to train on and one to choose by."""
    split = prepare(dataset, seed)
    n = int(TRAIN_SHARE * len(split.y_train))
    return {
        "n_bits": split.n_features, "n_classes": split.n_classes, "n_rows": len(split.y_train),
        "rows": split.bits_train[:n], "labels": split.y_train[:n],
        "validation_rows": split.bits_train[n:], "validation_labels": split.y_train[n:],
    }  # fmt: skip


@click.command()
@click.option("--datasets", default="random_prototypes,fashion_mnist,imagenette", show_default=True)
@click.option("--widths", default="35,135,525", show_default=True, help="Of two equal hidden layers.")
@click.option(
    "--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="From 1 on; not those of suites."
)
@click.option("--only", default="", help="Ideas whose name has this in it.")
def main(datasets, widths, seeds, only):
    """Try ideas beyond the paper on a validation part of the training rows."""
    try:
        places = [(name, int(width)) for name in datasets.split(",") for width in widths.split(",")]
        data = {(name, seed): validation_data(name, seed) for name, _ in places for seed in range(1, seeds + 1)}
        click.echo("| idea | " + " | ".join(f"{name} {width}_{width}" for name, width in places) + " |")
        click.echo("|---" * (len(places) + 1) + "|")
        for idea in [idea for idea in IDEAS if only in idea]:
            means = [
                np.mean([IDEAS[idea](data[name, seed], (width, width), seed) for seed in range(1, seeds + 1)])
                for name, width in places
            ]
            click.echo(f"| {idea} | " + " | ".join("" if np.isnan(mean) else f"{mean:.1f}" for mean in means) + " |")
    except (ValueError, DataUnavailable) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
