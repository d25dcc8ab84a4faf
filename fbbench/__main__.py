"""``python -m fbbench`` is the ``fbbench`` command."""

import sys

try:
    from .cli import main
except ModuleNotFoundError as error:
    if (error.name or "").startswith("fbbench"):
        raise
    sys.exit(f"{error.name} is missing in {sys.executable}: run `make install` in the clone, then .venv/bin/fbbench")

main(prog_name="fbbench")
