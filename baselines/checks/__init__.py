"""Conformance: what a method must do to be compared. ``fbbench check-baseline NAME``, or in pytest
``@parametrize_with_checks(["mine"])``.

Every check takes a :class:`Subject` and raises AssertionError with what was wrong and what was expected, or
:class:`Skipped` with a reason.
"""

import warnings
from dataclasses import dataclass

from ..protocol import METHODS, method_class, needs_of
from .behaviour import (
    check_bad_input,
    check_checkpoint,
    check_epochs_one_at_a_time,
    check_fit_starts_anew,
    check_honest,
    check_inputs_unchanged,
    check_labels_of_any_kind,
    check_learns,
    check_packed_rows,
    check_predict_only_predicts,
    check_same_seed_same_result,
)
from .costs import check_gates, check_kinds_of_gates, check_ledger, check_memory
from .floats import check_float_claim
from .form import check_parameter_types, check_parameters, check_shapes, check_source
from .subject import Skipped, Subject, Warned

CHECKS = (
    check_parameters,
    check_source,
    check_same_seed_same_result,
    check_fit_starts_anew,
    check_epochs_one_at_a_time,
    check_inputs_unchanged,
    check_predict_only_predicts,
    check_packed_rows,
    check_labels_of_any_kind,
    check_honest,
    check_learns,
    check_memory,
    check_gates,
    check_kinds_of_gates,
    check_parameter_types,
    check_shapes,
    check_bad_input,
    check_checkpoint,
    check_float_claim,
    check_ledger,
)


def asks(check):
    """Return in a sentence what a check asks; its name, where docstrings were dropped (``python -OO``)."""
    return (check.__doc__ or check.__name__.replace("_", " ")).strip().splitlines()[0]


def results_of(name, params=None):
    """Yield (check, "ok", "warning", "failed" or "skipped", why) of every check of a method."""
    try:
        subject = Subject(name, params or {})
    except Exception as error:
        how = "with these parameters" if params else "without arguments"
        yield check_parameters, "failed", f"it cannot be made {how}: {type(error).__name__}: {error}"
        return
    for check in CHECKS:
        try:
            check(subject)
        except Skipped as reason:
            yield check, "skipped", str(reason)
        except Warned as warning:
            yield check, "warning", str(warning)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a method that calls sys.exit() fails its checks, and no more
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            yield check, "failed", f"{kind}{error}"
        else:
            yield check, "ok", ""


def parametrize_with_checks(names=None):
    """Return a pytest decorator that runs a test once per method and check: ``def test_mine(check): check()``.

    names: methods; default all that are known. A method may be given as (name, parameters).
    """
    import pytest

    cases = []
    for name in names or METHODS:
        name, params = (name, {}) if isinstance(name, str) else name
        for check in CHECKS:
            cases.append(pytest.param(Case(name, params, check), id=f"{name}-{check.__name__.removeprefix('check_')}"))
    return pytest.mark.parametrize("check", cases)


@dataclass
class Case:
    """A check of a method that is run when it is called; what does not apply is a skipped test."""

    name: str
    params: dict
    check: object

    def __call__(self):
        import pytest

        for module in needs_of(method_class(self.name)):
            pytest.importorskip(module)
        try:
            self.check(Subject(self.name, self.params))
        except Skipped as reason:
            pytest.skip(str(reason))
        except Warned as warning:
            warnings.warn(str(warning), stacklevel=2)
