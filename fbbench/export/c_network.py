"""A network of layers as C, to predict or to go on training."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..kernels import random
from ..network import FullyBinaryNetwork
from ..network.rules.error_propagation import ErrorPropagation
from .c_text import CHeader, State, defines, header_of, kind_of, source, table, words32
from .network_in import CannotExport
from .plain import weights_read

READERS = {"last": "bits.h", "vote": "bits.h", "preactivation": "sums.h", "perceptron": "learnt.h"}
OF_LAST = ("last", "preactivation")
"""Which file reads a network, by its read-out; and read-outs that ask the last layer's classifier alone."""


def network_header(network: FullyBinaryNetwork, batch: int = 0) -> CHeader:
    """Return a network as C, which learns from mini-batches of up to ``batch`` rows (0: it does not learn).

    Raises
    ------
    CannotExport
        If it is to learn, and its classifiers or its read-out do, too.
    """
    state = state_of(network) if batch else State()
    tables, rows = {}, []
    for number, layer in enumerate(network._layers):
        is_read = network.readout == "vote" or (network.readout in OF_LAST and number == network.n_layers - 1)
        asked = is_read or (batch > 0 and (not propagates(network) or number == network.n_layers - 1))
        names = []
        for name, bits, n_bits in (
            ("sign", layer.sign, layer.fan_in), ("mask", layer.mask, layer.fan_in),
            ("p_sign", layer.p_sign if asked else None, layer.n_read),
            ("p_mask", layer.p_mask if asked else None, layer.n_read),
        ):  # fmt: skip
            own = f"{name}_{number}"
            names.append("0" if bits is None else f"fbb_state.{own}" if own in state.arrays else f"fbb_{own}")
            if bits is not None and own not in state.arrays:
                tables[names[-1]] = words32(bits, n_bits)
        rows.append(f"    {{{layer.fan_in}, {layer.n_units}, {layer.n_read}, {', '.join(names)}, {int(is_read)}}},")
    if network.readout == "perceptron":
        tables["fbb_reader"] = weights_read(network.reader)
    most_words = max(-(-max(layer.fan_in, layer.n_units) // 32) for layer in network._layers)
    values = defines(
        FBB_INPUTS=network.n_inputs, FBB_CLASSES=network.n_classes, FBB_ROW_WORDS=-(-network.n_inputs // 32),
        FBB_LAYERS=network.n_layers, FBB_MOST_WORDS=most_words, FBB_MOST_UNITS=max(network.layer_sizes[1:]),
        FBB_ZEROS=network.ternary, FBB_READ=sum(network.layer_sizes[1:]),
    )  # fmt: skip
    classify = [source("classify.h")] if batch or network.readout in ("last", "vote") else []
    parts = [
        values, source("counting.h"), source("masked.h" if network.ternary else "unmasked.h"), source("layer.h"),
        *([state.text()] if batch else []), *(table(kind_of(array), name, array) for name, array in tables.items()),
        "\n".join(["static const fbb_layer fbb_layers[FBB_LAYERS] = {", *rows, "};"]),
        source("activate.h"), *classify, source(READERS[network.readout]), source("network.h"), source("predict.h"),
    ]  # fmt: skip
    sizes: dict[str, Any] = {
        "table_bytes": sum(array.nbytes for array in tables.values()),
        "stack_bytes": 4 * ((7 if network.ternary else 4) * most_words + network.n_classes)
        + (2 * max(network.layer_sizes[1:]) if network.readout == "preactivation" else 0),
    }
    if batch:
        parts += training_parts(network, batch)
        sizes |= {"state": state.as_bytes(), "work_bytes": work_bytes(network, batch)}
    shape = "-".join(map(str, (*network.layer_sizes, network.n_classes)))
    return header_of(network, f"{shape}, {network.arithmetic}, read-out {network.readout}", parts, **sizes)


def propagates(network: FullyBinaryNetwork) -> bool:
    """Return whether a network learns by error propagation, and not by local errors."""
    return isinstance(network.rule, ErrorPropagation)


def state_of(network: FullyBinaryNetwork) -> State:
    """Return what training changes: hidden weights, what follows from them, and the number of mini-batches."""
    if network.trained_classifier:
        raise CannotExport("training of classifiers has no rendering in C: their network can be exported to predict")
    if network.readout == "perceptron":
        raise CannotExport(
            "training with the read-out 'perceptron', which learns beside the layers, has no rendering in C: "
            "such a network can be exported to predict"
        )
    state = State(counters={"steps": ("uint64_t", network._steps)})
    for number, layer in enumerate(network._layers):
        state.arrays[f"hidden_{number}"] = network.hidden_weights(number)
        state.arrays[f"sign_{number}"] = words32(layer.sign, layer.fan_in)
        if layer.mask is not None:
            state.arrays[f"mask_{number}"] = words32(layer.mask, layer.fan_in)
    return state


def first_words(network: FullyBinaryNetwork) -> list[int]:
    """Return where the units of each layer begin, in 32-bit words, and where the last ones end."""
    return list(itertools.accumulate((-(-n // 32) for n in network.layer_sizes[1:]), initial=0))


def work_bytes(network: FullyBinaryNetwork, batch: int) -> int:
    """Return the bytes of what training holds beside its state: bits of a mini-batch, and sums of a layer."""
    of_rows = 4 * first_words(network)[-1] * (batch * (4 if network.ternary else 3) + (not network.ternary))
    layers_held = network.n_layers + 1 if propagates(network) else 1
    return (
        of_rows + 9 * batch + 2 * layers_held * max(network.layer_sizes[1:])
    )  # pointers of 4 bytes, as small cores have


def training_parts(network: FullyBinaryNetwork, batch: int) -> list[str]:
    """Return what a network needs to learn, beside what it predicts with."""
    starts, rows, cuts = first_words(network), [], []
    for number, layer in enumerate(network._layers):
        threshold = network.reinforcement_threshold(layer.fan_in, network._previous)
        cuts.append(table("uint64_t", f"fbb_cuts_{number}", np.asarray(random.hit_cuts(threshold))))
        mask = "0" if layer.mask is None else f"fbb_state.mask_{number}"
        rows.append(
            f"    {{fbb_state.hidden_{number}, fbb_state.sign_{number}, {mask}, {layer.group_size}, {layer.margin}, "
            f"{layer.gate}, 0x{layer.stream:016x}u, fbb_cuts_{number}, {starts[number]}}},"
        )
    values = defines(
        FBB_BATCH=batch, FBB_DIGITS=batch.bit_length(), FBB_ALL_WORDS=starts[-1], FBB_BOUND=network._layers[0].bound
    )
    kinds = f"typedef int{network.hidden_bits}_t fbb_hidden;"
    described = "\n".join(["static const fbb_training fbb_trained[FBB_LAYERS] = {", *rows, "};"])
    files = ("draws.h", "settle.h", "choose.h", "propagation.h" if propagates(network) else "local_errors.h", "learn.h")
    return [values, kinds, source("training.h"), *cuts, described, *map(source, files)]
