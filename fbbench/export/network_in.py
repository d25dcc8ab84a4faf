"""What of a model is exported."""

from __future__ import annotations

from typing import Any

from ..network import FullyBinaryNetwork
from ..perceptron import MajorityPerceptron
from ..sign_perceptron import SignPerceptron


class CannotExport(ValueError):
    """Says why a model cannot leave the library so."""


def exported(model: Any) -> FullyBinaryNetwork | MajorityPerceptron | SignPerceptron:
    """Return a model itself, or the network of a fitted FullyBinaryClassifier; CannotExport if it is neither."""
    network = getattr(model, "network_", model)
    if isinstance(network, FullyBinaryNetwork | MajorityPerceptron | SignPerceptron):
        return network
    raise CannotExport(
        f"a FullyBinaryNetwork, MajorityPerceptron, SignPerceptron or a fitted FullyBinaryClassifier can be exported; "
        f"got {type(model).__name__}"
    )
