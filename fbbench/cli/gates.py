"""``fbbench gates``: what a mini-batch of a method takes in gates that were synthesized, and in energy."""

import click
from rich import box
from rich.table import Table

from .asked import check_method_name, errors_in_one_line, parameters_of, parameters_option
from .console import escape, make_console

UNITS = {"area": "NAND2"}
"""What a reckoning is in, where it is neither gates nor energy."""

BATCH_SIZE = 100
"""Rows of the mini-batch that is reckoned, as in the paper."""


def known_or_none(context, parameter, name):
    """Return the name of a method, None where none is given."""
    return name and check_method_name(context, parameter, name)


@click.command("gates")
@click.argument("name", required=False, callback=known_or_none, metavar="[METHOD]")
@click.option("--dataset", default="fashion_mnist", show_default=True, help="Whose shape it is reckoned at.")
@click.option("--memory", default="135_135", show_default=True, metavar="BUDGET",
              help="By the paper's model: a size (5MB), or the shape of the BMLP that takes as much.")  # fmt: skip
@click.option("--protocol", type=click.Choice(("published", "strict")), default="published", show_default=True)
@parameters_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for other programs.")
@errors_in_one_line
def gates(name, dataset, memory, protocol, pairs, as_csv):
    """Show what one mini-batch of METHOD takes at most: every operation, how often, and the gates of the circuit that
    was built for it; beside the paper's model, and energy. Without METHOD, all circuits.

    Nothing is trained: the counts follow from shapes. docs/gates.md, in the repository, says how circuits were built
    and tested, and what is left out.
    """
    if name is None:
        show_circuits(as_csv)
        return
    from fbbench.baselines.parameters import checked_parameters
    from fbbench.baselines.protocol import method_class

    from ..datasets import describe
    from ..experiments.analysis.reckonings import operations_of
    from ..experiments.planning.budgets import matched_shape, parse_budget, task_under

    task = task_under(describe(dataset), protocol)
    kind = method_class(name)
    params = checked_parameters(kind, parameters_of(pairs))
    of_shape = kind.shape_params(kind.shape_of_width(kind.width_step)) if kind.width_step else {}
    if taken := [one for one in params if one in ("batch_size", *of_shape)]:
        raise click.UsageError(f"--param {taken[0]}: --memory gives the shape, and a mini-batch has {BATCH_SIZE} rows")
    shape = matched_shape(name, params, task, parse_budget(memory), BATCH_SIZE)
    made = kind(**{**params, **kind.shape_params(shape)}, batch_size=BATCH_SIZE)
    operations = operations_of(made, task)
    if as_csv:
        click.echo(frame_of(operations).to_csv(index=False), nl=False)
        return
    show_method(name, shape, dataset, memory, made, task, operations)


def frame_of(operations):
    """Return operations with their circuits and gates as a data frame, the costliest first."""
    import pandas as pd

    from ..costs.operations import circuits_read, price

    circuits = circuits_read()
    lines = [
        {"operation": name, "times": count, "circuit": circuits[name], "gates each": price(name),
         "gates": count * price(name)}
        for name, count in operations.items()
    ]  # fmt: skip
    return pd.DataFrame(lines).sort_values("gates", ascending=False)


def show_method(name, shape, dataset, memory, made, task, operations):
    """Print the operations of a method, and its costs in every reckoning beside the BMLP's at the same memory."""
    from fbbench.baselines.protocol import method_class

    from ..experiments.analysis.reckonings import RECKONINGS, reckoned
    from ..experiments.planning.budgets import matched_shape, parse_budget

    console, frame = make_console(), frame_of(operations)
    total = frame.gates.sum()
    table = Table(
        title=f"{escape(name)} {escape(shape)}, a mini-batch of {BATCH_SIZE} rows of {escape(dataset)}, "
        f"at the memory of {escape(memory)}", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("operation", overflow="fold")
    for heading in ("times", "gates each", "gates", "share"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("circuit", overflow="fold")
    for line in frame.to_dict("records"):
        table.add_row(
            line["operation"], f"{line['times']:.3g}", f"{line['gates each']:.4g}", f"{line['gates']:.3g}",
            f"{line['gates'] / total:.1%}", line["circuit"],
        )  # fmt: skip
    console.print(table)
    bmlp = method_class("bmlp")
    asked = parse_budget(memory)
    beside = bmlp(**bmlp.shape_params(matched_shape("bmlp", {}, task, asked, BATCH_SIZE)), batch_size=BATCH_SIZE)
    summary = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    summary.add_column("reckoned by", no_wrap=True)
    summary.add_column("a mini-batch", justify="right", no_wrap=True)
    summary.add_column("times BMLP (binary, int8)", justify="right")
    for by in RECKONINGS:
        try:
            value = reckoned(made, task, by)
        except ValueError:
            summary.add_row(by, "not reckoned", "")
            continue
        text = f"{value / 1e6:.3g} µJ" if by.startswith("energy") else f"{value:.3g} {UNITS.get(by, 'gates')}"
        summary.add_row(by, text, f"{value / reckoned(beside, task, by):.3g}")
    console.print(summary)
    if "XNOR" in operations and made.uses_floats:
        console.print("The model multiplies by inputs that are ±1; all else uses that they are.", highlight=False)


def show_circuits(as_csv):
    """Print all circuits: gates of one operation, area in NAND2, depth."""
    import pandas as pd

    from ..circuits import table

    found = pd.DataFrame(table().values())
    if as_csv:
        click.echo(found.to_csv(index=False), nl=False)
        return
    shown = Table(
        title=f"Circuits, by {escape(found.yosys.iloc[0])}; any gate of two inputs, or an inverter, is one",
        title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    shown.add_column("circuit", no_wrap=True)
    shown.add_column("what it does", overflow="fold")
    for heading in ("gates", "of one", "NAND2", "depth"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for line in found.itertuples():
        gates_of_all, n = int(line.gates), int(line.elements)
        shown.add_row(
            line.circuit, escape(line.what), str(gates_of_all), f"{gates_of_all / n:.4g}", f"{float(line.nand2):.0f}",
            line.depth,
        )  # fmt: skip
    make_console().print(shown)
