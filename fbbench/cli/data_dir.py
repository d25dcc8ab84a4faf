"""The option ``--data-dir``, for every command that reads data."""

import os

import click


def remember(_context, _parameter, folder):
    """Have this process and the ones it starts read from a folder."""
    if folder is not None:
        os.environ["FBBENCH_DATA"] = folder


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    callback=remember,
    expose_value=False,
    is_eager=True,
    help="Folder of data sets in their official layouts, only read. Default: FBBENCH_DATA.",
)
