"""Packages that only some users need: imported when they are, with a sentence where they are missing."""

import importlib


def require(module, said, extra):
    """Return an optional module.

    Parameters
    ----------
    module : str
        Its full name, e.g. ``"PIL.Image"``.
    said : str
        Who needs what, the beginning of the message, e.g. ``"pictures need Pillow"``.
    extra : str
        The extra of fbbench that installs it.

    Raises
    ------
    ImportError
        If it is not installed; the message says how it is.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(f"{said}, which is not installed; pip install 'fbbench[{extra}]'") from None
