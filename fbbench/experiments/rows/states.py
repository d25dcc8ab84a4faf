"""How far the cells of a plan are."""

from collections.abc import Iterable

from .archive import Archive
from .locks import locked_elsewhere
from .store import Store


def states_of(keys: Iterable[str], store: Store | Archive) -> dict[str, str]:
    """Return by key whether a cell is done, running (in another process), failed or missing."""
    done, failed = store.done(), store.failures_known()
    found = {key: "done" if key in done else "failed" if key in failed else "missing" for key in keys}
    for key in locked_elsewhere(store, [key for key, state in found.items() if state != "done"]):
        found[key] = "running"
    return found
