"""Training rules: how hidden weights are corrected. One file each, which defines one :class:`TrainingRule`."""

from ..found import found_in
from .base import TrainingRule
from .local_errors import LocalErrors

__all__ = ["LOCAL_ERRORS", "RULES", "LocalErrors", "TrainingRule", "rule_of"]

RULES = found_in(__name__, __path__, TrainingRule)
"""Kinds of rules by their name."""

LOCAL_ERRORS = LocalErrors()
"""The paper's, which networks have unless they say otherwise."""


def rule_of(header: dict) -> TrainingRule:
    """Return the rule that a network's header describes, and take out of the header what is the rule's."""
    kind = RULES[header.pop("rule", LocalErrors.name)]
    return kind(**{name: header.pop(name) for name in kind().parameters()})
