"""``python -m fbbench`` is the ``fbbench`` command."""

from .cli import main

main(prog_name="fbbench")
