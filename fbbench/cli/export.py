"""``fbbench export``: a trained model as C, for any processor."""

from pathlib import Path

import click

from ..export import load_any, write_c


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option("--to", "form", type=click.Choice(["c"]), default="c", show_default=True, help="What to write.")
@click.option("--output", type=click.Path(file_okay=False), help="The folder to write to; default: the model's name.")
def export(model, form, output):
    """Write a saved MODEL as C99: model.h, with its tables and functions that predict, and example.c.

    No library, no floats, no memory from the heap. Rows are packed bits in words of 32; what a classifier's encoder
    makes of numbers stays outside.

    \b
    Example:
      fbbench export network.npz --output device
      cc -O2 device/example.c -o predict
    """
    folder = Path(output or Path(model).stem)
    try:
        header = write_c(load_any(model), folder)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    sizes = f"{header.table_bytes:,} bytes of tables, {header.stack_bytes:,} bytes of arrays on the stack"
    click.echo(f"{folder / 'model.h'}: {sizes}")
    click.echo(f"{folder / 'example.c'}: reads packed rows from the standard input and prints their classes")
