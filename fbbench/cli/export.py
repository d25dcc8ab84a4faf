"""``fbbench export``: a trained model as C, ONNX, or plain arrays."""

from pathlib import Path

import click

from ..export import load_any, write_c, write_npz, write_onnx
from ..export.c_header import MOST_ROWS
from ..export.c_text import told_bytes


def as_c(model, place, **learning):
    """Write a folder; say what is in it."""
    header = write_c(model, place, **learning)
    click.echo(f"{place / 'model.h'}: {told_bytes(header)}")
    click.echo(f"{place / 'example.c'}: reads packed rows from the standard input and prints their classes")
    if learning["training"]:
        click.echo(f"{place / 'learn_example.c'}: reads packed rows, each with its label, and learns from them")


def as_onnx(model, place):
    """Write a file; say what it takes and gives."""
    n_bytes = write_onnx(model, place)
    click.echo(f"{place}: {n_bytes:,} bytes; features int8 (N, {model.n_inputs}) of -1 and +1 to label and scores")


def as_npz(model, place):
    """Write a file; say what is in it."""
    arrays = write_npz(model, place)
    for name, array in arrays.items():
        click.echo(f"{place}: {name} {array if not array.ndim else f'{array.dtype} {array.shape}'}")


FORMS = {"c": (as_c, ""), "onnx": (as_onnx, ".onnx"), "npz": (as_npz, "-plain.npz")}
"""What writes a form, and how its name ends where none is given."""


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option("--to", "form", type=click.Choice(list(FORMS)), default="c", show_default=True, help="What to write.")
@click.option("--training", is_flag=True, help="C that goes on learning.")
@click.option(
    "--batch", type=click.IntRange(1, MOST_ROWS), default=20, show_default=True, help="Rows of its mini-batch."
)
@click.option("--output", type=click.Path(), help="Folder (c) or file to write; default: the model's name.")
def export(model, form, training, batch, output):
    """Write a saved MODEL for use without this library.

    \b
    c     C99: model.h, with tables and functions that predict, and example.c. No library, no floats, no memory from
          the heap; rows are packed bits in words of 32. With --training also fbb_learn, which goes on from here as
          the library would, bit for bit, and learn_example.c.
    onnx  A graph for onnxruntime and others, from features of -1 and +1 to labels and scores.
    npz   Plain arrays, one number a byte: weights of -1, 0, +1, hidden weights, classifiers, wires.

    What a classifier's encoder makes of numbers stays outside of a saved network; write_onnx of a fitted classifier
    has it in the graph.

    \b
    cc -O2 device/example.c -o predict     builds what --to c writes.
    """
    write, ending = FORMS[form]
    place = Path(output or Path(model).stem + ending)
    if training and form != "c":
        raise click.UsageError("--training is for --to c")
    try:
        write(load_any(model), place, **({"training": training, "batch": batch} if form == "c" else {}))
    except (OSError, ValueError, ImportError) as error:
        raise click.ClickException(str(error)) from None
