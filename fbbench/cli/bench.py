"""``fbbench bench``: kernels and epochs on this machine, torch beside them."""

import itertools
import json

import click
from click.core import ParameterSource
from rich import box
from rich.console import Console
from rich.table import Table

from .. import kernels
from ..bench import Problem, prototypes_of, run_bench
from ..bench.emulated import DEVICES, NoDevice
from ..bench.on_device import measure_learning, measure_predictions
from ..datasets import DATASETS, DataUnavailable, prepare
from ..experiments.rows.environment import cpu_model, environment
from ..network import thread_count
from ..shapes import parse_shape


def widths(_context, _parameter, value):
    """Return "525_525" as a tuple of widths."""
    try:
        return tuple(parse_shape(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def duration(seconds):
    """Return seconds as a short text with its unit."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def ratio_told(ratio):
    """Return a ratio as a short text, nothing where there is none."""
    return "" if ratio is None else f"{ratio:.3g}"


def table_of(title, lines):
    """Return the table of one path's lines."""
    columns = {
        "cores": [str(line.threads) for line in lines],
        "time": [duration(line.seconds) for line in lines],
        "rate": [f"{line.rate:.3g} {line.unit}" for line in lines],
        "roof": ["" if line.roof_share is None else f"{100 * line.roof_share:.0f} %" for line in lines],
        "x torch": [ratio_told(line.times_torch) for line in lines],
        "x best": [ratio_told(line.times_fastest) for line in lines],
        "x GPU": [ratio_told(line.times_gpu) for line in lines],
    }
    return titled_table(title, [line.what for line in lines], columns)


def titled_table(title, what, columns):
    """Return a table of what there is and of columns of text, but for those that are empty."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False
    )
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table.add_column("what", no_wrap=True)
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for row in zip(what, *shown.values(), strict=True):
        table.add_row(*row)
    return table


def told_on_device(name, as_json):
    """Print what predictions and training take on a microcontroller, an emulated one."""
    lines = []
    try:
        for line in itertools.chain(measure_predictions(DEVICES[name]), measure_learning(DEVICES[name])):
            lines.append(line)
            click.echo(f"{line.model}: {line.instructions // line.rows:,} instructions a row", err=True)
    except NoDevice as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps([line.as_dict() for line in lines], indent=1))
        return
    columns = {
        "instructions": [f"{line.instructions // line.rows:,}" for line in lines],
        "flash, bytes": [f"{line.flash:,}" for line in lines],
        "RAM, bytes": [f"{line.ram:,}" for line in lines],
    }
    Console().print(titled_table(f"one row on {name}", [line.model for line in lines], columns))


def problem_of(dataset):
    """Return a data set as a :class:`Problem`."""
    split = prepare(dataset, 42)
    return Problem(dataset, split.bits_train, split.y_train, split.n_features, split.n_classes)


@click.command()
@click.option("--dataset", type=click.Choice(list(DATASETS)), help="Rows of this data set, not generated ones.")
@click.option(
    "--fan-in", type=click.IntRange(1, 32767), default=784, show_default=True, help="Of the rows that are generated."
)
@click.option("--samples", type=click.IntRange(min=2), default=50_000, show_default=True, help="How many of them.")
@click.option("--shape", default="525_525", show_default=True, callback=widths, help="Widths of the hidden layers.")
@click.option("--path", "paths", multiple=True, help="Only this kernel path; may be repeated.")
@click.option("--batch-size", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Epochs on so many, too.")
@click.option("--device", type=click.Choice(list(DEVICES)), help="A row on this microcontroller, emulated.")
@click.option("--no-torch", is_flag=True, help="Leave torch out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def bench(dataset, fan_in, samples, shape, paths, batch_size, threads, device, no_torch, as_json):
    """Time the kernels and training epochs, with torch of the same shapes in the same run: float32 as users write it
    (x torch), and the fastest that it is here, compiled or with bfloat16, on the CPU (x best), and on a GPU if there
    is one (x GPU).

    Needs no data: rows are generated, random prototypes of the shape of Fashion-MNIST. Best of 3 epochs after one to
    warm up. Tbop/s are 10^12 bit operations, an XNOR and an addition each; an epoch's are those of its forward pass
    alone. The roof is the fastest path's innermost step on registers. Compare ratios within one run: other load on the
    machine moves every time.

    With --device: instructions a row, flash and RAM of models exported as C that predict and learn, and of rivals in C,
    counted by an emulator. All else but --json is ignored then.
    """
    given = click.get_current_context().get_parameter_source
    if dataset and ParameterSource.COMMANDLINE in (given("fan_in"), given("samples")):
        raise click.UsageError("--dataset has rows of its own: give no --fan-in and --samples beside it")
    if device:
        told_on_device(device, as_json)
        return
    try:
        for name in paths:
            kernels.load(name)
        thread_count(threads)
        problem = problem_of(dataset) if dataset else prototypes_of(fan_in, samples)
    except (ValueError, DataUnavailable) as error:
        raise click.ClickException(str(error)) from None
    console = Console(stderr=as_json)
    options = {"batch_size": batch_size, "n_threads": threads, "paths": paths, "with_torch": not no_torch}
    lines = []
    try:
        with console.status("measuring ...") as status:
            for line in run_bench(problem, shape, **options):
                lines.append(line)
                status.update(f"measuring ... {line.path}: {line.what}, {duration(line.seconds)}")
    except ImportError:
        raise click.ClickException(
            "torch is not installed; install fbbench[float] to have it measured, or give --no-torch"
        ) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    about = {"data": problem.name, "n_train": len(problem.bits), "shape": list(shape), "batch_size": batch_size}
    if as_json:
        report = {**about, "environment": environment(), "measurements": [line.as_dict() for line in lines]}
        click.echo(json.dumps(report, indent=1))
        return
    names = "_".join(str(width) for width in shape)
    console.print(f"{names} on {problem.name}, {len(problem.bits):,} samples, batches of {batch_size}, {cpu_model()}\n")
    for path in dict.fromkeys(line.path for line in lines):
        console.print(table_of(path, [line for line in lines if line.path == path]))
