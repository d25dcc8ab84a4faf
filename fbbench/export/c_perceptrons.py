"""Networks on random units as C, to predict or to go on training."""

from __future__ import annotations

import numpy as np

from ..perceptron import MajorityPerceptron
from ..random_units import OnRandomUnits
from ..sign_perceptron import SignPerceptron
from .c_text import CHeader, State, defines, header_of, source, table, words32
from .plain import weights_read


def sums_header(perceptron: MajorityPerceptron, training: bool) -> CHeader:
    """Return the recommended network as C: the sums of its weights, or the weights where there are no sums yet.

    With training, the weights of 8 bits alone: what learns predicts, and nothing is summed. The margin is that of the
    library's next pass."""
    if training:
        state = state_of_sums(perceptron)
        weights = ["typedef int8_t fbb_weight;", state.text(), "#define fbb_weights fbb_state.weights"]
        more = {"FBB_BOUND": perceptron.bound, "FBB_MARGIN": perceptron.next_margin()}
        return on_units(perceptron, weights, "perceptron.h", state, 0, "correct_sums.h", more)
    sums = weights_read(perceptron)
    weights = ["typedef int16_t fbb_weight;", table("int16_t", "fbb_weights", sums)]
    return on_units(perceptron, weights, "perceptron.h", None, sums.nbytes, "", {})


def signs_header(perceptron: SignPerceptron, training: bool) -> CHeader:
    """Return the one-bit network as C: its planes of weights, most often one.

    With training, the signs of its hidden weights: what learns predicts, and nobody votes."""
    planes = perceptron.sign[None] if training else perceptron.prediction_planes()
    more = {"FBB_PLANES": len(planes), "FBB_INPUT_WEIGHT": perceptron.input_weight, "FBB_BOUND": perceptron.bound}
    if training:
        state = state_of_signs(perceptron)
        weights = [source("counting.h"), state.text(), "#define fbb_weights fbb_state.sign"]
        return on_units(perceptron, weights, "signs.h", state, 0, "correct_signs.h", more)
    bits = packed(perceptron, planes)
    weights = [source("counting.h"), table("uint32_t", "fbb_weights", bits)]
    return on_units(perceptron, weights, "signs.h", None, bits.nbytes, "", more)


def state_of_sums(perceptron: MajorityPerceptron) -> State:
    """Return what training of the recommended network changes."""
    return State({"weights": perceptron._read(perceptron.weights)})


def state_of_signs(perceptron: SignPerceptron) -> State:
    """Return what training of the one-bit network changes."""
    arrays = {"hidden": perceptron._read(perceptron.hidden), "sign": packed(perceptron, perceptron.sign[None])}
    return State(arrays, {"margin": ("int32_t", perceptron.margin)})


def packed(perceptron: SignPerceptron, planes: np.ndarray) -> np.ndarray:
    """Return planes of weights, one below the other, as words of 32 bits: those of inputs, then those of units."""
    first = -(-perceptron.n_inputs // 64)
    rows = planes.reshape(-1, planes.shape[-1])
    inputs, units = words32(rows[:, :first], perceptron.n_inputs), words32(rows[:, first:], perceptron.n_units)
    return np.concatenate([inputs, units], axis=1)


def on_units(
    perceptron: OnRandomUnits,
    weights: list[str],
    scores: str,
    state: State | None,
    weight_bytes: int,
    correct: str,
    more: dict[str, int],
) -> CHeader:
    """Return a network on random units as C.

    Parameters
    ----------
    perceptron : MajorityPerceptron or SignPerceptron
    weights : list of str
        C that has ``fbb_weights``.
    scores, correct : str
        Files that score units, and that correct weights where it learns.
    state : State, optional
        What training changes; None: it does not learn.
    weight_bytes : int
        Of constants.
    more : dict
        Definitions by name.
    """
    narrow = 2 * perceptron.n_inputs <= 1 << 16
    wires = perceptron.wires.astype(np.uint16 if narrow else np.uint32)
    if not wires.size:  # C has no arrays of nothing
        wires = np.zeros((1, 1), dtype=wires.dtype)
    kind = f"uint{8 * wires.dtype.itemsize}_t"
    values = defines(
        FBB_INPUTS=perceptron.n_inputs, FBB_CLASSES=perceptron.n_classes, FBB_ROW_WORDS=-(-perceptron.n_inputs // 32),
        FBB_UNITS=perceptron.n_units, FBB_PAIRS=perceptron.n_pairs, FBB_FAN_IN=perceptron.fan_in, **more,
    )  # fmt: skip
    learning = [source(correct), source("learn_row.h")] if state else []
    parts = [
        values, f"typedef {kind} fbb_wires;", table(kind, "fbb_wires_of_units", wires), source("units.h"), *weights,
        source(scores), source("of_units.h"), source("predict.h"), *learning,
    ]  # fmt: skip
    about = (
        f"{perceptron.n_inputs} inputs, {perceptron.n_units} units, {perceptron.n_pairs} of them pairs, "
        f"{perceptron.n_classes} classes"
    )
    return header_of(
        perceptron, about, parts, table_bytes=wires.nbytes + weight_bytes,
        stack_bytes=4 * (-(-perceptron.n_units // 32) + 1 + perceptron.n_classes),
        state=state.as_bytes() if state else b"",
    )  # fmt: skip
