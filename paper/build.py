"""Write every table and figure of a suite: ``python -m paper.build quick``."""

from pathlib import Path

import click

from . import figure_accuracy_cost, figure_learning_curves, table_accuracy, table_costs, table_gates, table_memory
from .comparison import FOLDER, compare


@click.command()
@click.argument("suite")
@click.option("--store", metavar="PLACE", help="A store or a file of rows. Default: the committed rows.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: paper/out/SUITE.")
def main(suite, store, out):
    """Write the tables (CSV, Markdown, LaTeX) and figures (PNG, SVG) of SUITE from the rows in a store."""
    try:
        comparison = compare(suite, store)
        folder = out or FOLDER / "out" / comparison.suite.name
        folder.mkdir(parents=True, exist_ok=True)
        paths = [
            *table_accuracy.build(comparison, folder),
            *table_memory.build(comparison, folder),
            *table_gates.build(comparison, folder),
            *table_costs.build(comparison, folder),
            *figure_accuracy_cost.build(comparison, folder, "memory"),
            *figure_accuracy_cost.build(comparison, folder, "gates"),
            *figure_learning_curves.build(comparison, folder),
        ]
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Tables and figures in {folder}:")
    for stem in dict.fromkeys(path.stem for path in paths):
        endings = ", ".join(path.suffix for path in paths if path.stem == stem)
        click.echo(f"  {stem} ({endings})")
    for name in comparison.missing:
        click.echo(f"Without {comparison.title_of(name)}: no rows of it in {store}.")
    for text in comparison.absent:
        click.echo(f"Without {text}: no rows of it in {store}.")


if __name__ == "__main__":
    main()
