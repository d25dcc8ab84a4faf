"""Strict types for every parameter of every method: what is written wrongly is refused before anything is trained."""

from typing import Literal

import numpy as np
import pytest
from fbbench.baselines.parameters import checked_parameters, method, types_of
from fbbench.baselines.protocol import METHODS, Task, method_class
from stores import suite_of

from fbbench import FullyBinaryNetwork
from fbbench.experiments import SuiteError, plan
from fbbench.experiments.planning.cells import SET_BY_THE_SUITE

TASK = Task(2_000, 100, 4)


def parameters():
    for name in METHODS:
        for parameter, (default, _) in types_of(method_class(name)).items():
            yield name, parameter, default


def wrong_for(default):
    """Return values that are no such parameter as the default is, whatever else it may be."""
    if isinstance(default, bool):
        return "false", "no", 0, 1, 0.0, None, [True]
    if isinstance(default, int):
        return "8", float(default), float(default) + 0.5, True, [default], {}
    if isinstance(default, float):
        return str(default), True, [default], {}, float("nan")
    if isinstance(default, str):
        return True, 1.5, {}, "no such word", [1.5]
    if isinstance(default, tuple):
        return "35_35", 1.5, [35.0, 35], ["35", "35"], [True, True], []
    return "text", True, {}, [1.5], float("nan")


@pytest.mark.parametrize(("method", "parameter", "default"), list(parameters()))
def test_wrong_types_are_refused(method, parameter, default):
    cls = method_class(method)
    for value in wrong_for(default):
        if value is None and default is None:
            continue
        with pytest.raises(ValueError, match=parameter):
            checked_parameters(cls, {parameter: value})
        if parameter not in SET_BY_THE_SUITE and hasattr(cls, "check"):
            with pytest.raises((ValueError, TypeError)):
                cls(**{parameter: value}).check(TASK)


@pytest.mark.parametrize(("method", "parameter", "default"), list(parameters()))
def test_defaults_are_what_they_should_be(method, parameter, default):
    found = checked_parameters(method_class(method), {parameter: default})[parameter]
    assert found == (default if not isinstance(default, tuple) else checked_parameters(
        method_class(method), {parameter: found})[parameter])  # fmt: skip


def test_a_value_has_one_way_to_be_written():
    cls = method_class("bmlp")
    for written in (0, 0.0, -0.0, np.float64(0)):
        assert str(checked_parameters(cls, {"robustness": written})["robustness"]) == "0.0"
    assert checked_parameters(cls, {"hidden_layers": np.array([35, 35])}) == {"hidden_layers": [35, 35]}
    assert checked_parameters(method_class("float_mlp"), {"learning_rate": 1}) == {"learning_rate": 1.0}
    assert type(checked_parameters(cls, {"hidden_bits": np.int64(16)})["hidden_bits"]) is int


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("bmlp", 'trained_classifier = "false"'), ("bmlp", "hidden_bits = 8.0"), ("bmlp", "hidden_bits = true"),
        ("bmlp", 'clip = "1"'), ("bmlp", 'robustness = "0.5"'), ("bmlp", "group_size = 35.0"),
        ("float_mlp", 'all_samples = "no"'), ("qat", 'batch_norm = "false"'), ("sbpi", "theta = 1.5"),
        ("tsetlin", "threshold = 2.5"), ("logistic", "alpha = true"), ("ensemble", "n_members = 3.0"),
        ("random_features", "group_size = []"),
    ],
)  # fmt: skip
def test_a_suite_with_a_wrong_type_is_refused(tmp_path, method, params):
    """As `trained_classifier = "false"`, which trained the classifier, and 8.0, which made a second cell of 8."""
    suite = suite_of(
        tmp_path, 'method = "bmlp"\nparams = { arithmetic = "ternary" }',
        f'method = "{method}"\nparams = {{ {params} }}',
    )  # fmt: skip
    with pytest.raises(SuiteError, match=params.split(" = ")[0]):
        plan(suite)


@pytest.mark.parametrize(
    "wrong",
    [{"committee": "no"}, {"committee": 0}, {"trained_classifier": "false"}, {"hidden_bits": 8.0},
     {"robustness": "0.5"}, {"robustness": True}, {"reinforcement": "1"}, {"seed": 1.0}, {"n_threads": True}],
)  # fmt: skip
def test_networks_take_no_wrong_type_either(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FullyBinaryNetwork((64, 4), 2, **{"group_size": 2, "seed": 1, **wrong})


def test_literals_are_of_their_own_type():
    """pydantic takes true and 1.0 for Literal[1]; that would make two cells of one training."""

    @method
    class Bits:
        width: Literal[1, 2, 8] = 2

    assert checked_parameters(Bits, {"width": 8}) == {"width": 8}
    for wrong in (True, 1.0, "2", 3):
        with pytest.raises(ValueError, match="width must be 1 or 2 or 8"):
            checked_parameters(Bits, {"width": wrong})
