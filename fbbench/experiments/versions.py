"""Whether a row is one that this version of fbbench would make."""

from .. import kernels
from .cells import RESULT_VERSION


def is_outdated(identity):
    """Return whether fbbench, its kernels or the method have changed in what they give since a row was made."""
    from baselines.protocol import METHODS, method_class

    if identity["result_version"] != RESULT_VERSION or identity["kernel_version"] != kernels.VERSION:
        return True
    name = identity["method"]
    return name in METHODS and method_class(name).version != identity["method_version"]
