"""Write every table and figure, and one page with all of them: ``python -m paper.build``."""

import functools
from pathlib import Path

import click

from fbbench.experiments import load_suite
from fbbench.experiments.rows.archive import ENDING, rows_at

from . import (
    figure_accuracy_cost,
    figure_committees,
    figure_depth,
    figure_device,
    figure_field,
    figure_group_size,
    figure_learning_curves,
    figure_pareto,
    figure_robustness,
    figure_tables,
    figure_weight_clip,
    table_accuracy,
    table_agreement,
    table_costs,
    table_gates,
    table_measures,
    table_memory,
    table_over_datasets,
    table_parts,
    table_ranks,
    table_rivals,
)
from .comparison import FOLDER, RESULTS, committed_rows, compare, rows_of_suite
from .formats import STYLES, use_style
from .report import build_report

TABLES = (table_accuracy.build, table_memory.build, table_gates.build, table_costs.build)
FIGURES = {
    "exp2_group_size": (figure_group_size.build,),
    "exp3_single_layer": (figure_committees.build,),
    "exp4_depth": (figure_depth.build,),
    "robustness": (figure_robustness.build,),
    "weight_clip": (figure_weight_clip.build,),
}
COMPARISON_FIGURES = (
    functools.partial(figure_accuracy_cost.build, cost="memory"),
    functools.partial(figure_accuracy_cost.build, cost="rest"),
    functools.partial(figure_accuracy_cost.build, cost="gates"),
    functools.partial(figure_accuracy_cost.build, cost="synthesized"),
    functools.partial(figure_accuracy_cost.build, cost="energy with SRAM"),
    figure_pareto.build,
    figure_learning_curves.build,
)
"""Of a suite that compares methods at budgets."""


OF_THE_FIELD = (table_ranks.build, table_parts.build, figure_field.build, figure_device.build)
"""Of the suite that has all methods."""


OF_TABLES = (
    table_accuracy.build, table_memory.build, table_gates.build, table_agreement.build, table_over_datasets.build,
    table_measures.build, table_ranks.build, figure_tables.build_published, figure_tables.build_beside_bmlp,
)  # fmt: skip
"""Of the suite of many small data sets, which a panel each would not show."""


def makers_of(suite):
    """Return the functions that write the tables and figures of a suite."""
    if suite.name == "uci":
        return OF_TABLES
    own = {"leaderboard": OF_THE_FIELD, "exp1_budget": (table_rivals.build,)}.get(suite.name, ())
    return (*TABLES, *own, *FIGURES.get(suite.reported, COMPARISON_FIGURES))


@click.command()
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option("--store", metavar="PLACE", help="A store or a file of rows. Default: committed rows, else results.")
@click.option("--style", type=click.Choice(list(STYLES)), default="paper", show_default=True,
              help="Figures for a page's width, one of its two columns, or a talk.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: paper/out.")
def main(suites, store, style, out):
    """Write tables (CSV, Markdown, LaTeX) and figures (PDF, SVG, PNG) of SUITEs, and a report.html with all of them.

    Without SUITE: of all that have committed rows, the report beside their folders; of named ones it lies in the folder
    of the first. Rows are the committed ones, else those that `fbbench run` has put into ./results.
    """
    use_style(style)
    try:
        comparisons = [compare(name, store) for name in suites or committed_suites()]
        if not comparisons:
            raise ValueError(f"there are no committed rows in {RESULTS}; name a SUITE and --store")
        out = out or FOLDER / "out"
        figures = {}
        for comparison in comparisons:
            paths = build_suite(comparison, out / comparison.suite.name)
            figures[comparison.suite.name] = [path for path in paths if path.suffix == ".svg"]
        report = (out / comparisons[0].suite.name if suites else out) / "report.html"
        build_report(comparisons, figures, place_of_rows(suites, store), report)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"All on one page: {report}")


def place_of_rows(suites, store):
    """Return a function from a suite's name to its rows, for the claims: those of the store, else of the named suites
    alone, as a report says nothing of rows that it does not show; committed ones, where none is named."""
    if store is not None:
        return lambda name: rows_at(store)
    if not suites:
        return committed_rows
    shown = {key: row for name in suites for key, row in rows_of_suite(load_suite(name).name).items()}
    return lambda name: shown


def committed_suites():
    """Return the suites whose rows are committed, those of the paper's main comparison first; none that tunes."""
    names = sorted(path.name.removesuffix(ENDING) for path in RESULTS.glob(f"*{ENDING}"))
    names = [name for name in names if load_suite(name).protocol != "validation"]
    return sorted(names, key=lambda name: not name.startswith("exp1"))


def build_suite(comparison, folder):
    """Write the tables and figures of a suite, say what is there and what is missing; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [path for make in makers_of(comparison.suite) for path in make(comparison, folder)]
    click.echo(f"Tables and figures in {folder}:")
    for stem in dict.fromkeys(path.stem for path in paths):
        endings = ", ".join(path.suffix for path in paths if path.stem == stem)
        click.echo(f"  {stem} ({endings})")
    for name in comparison.missing:
        click.echo(f"Without {name}: no rows of it.")
    for text in comparison.absent:
        click.echo(f"Without {text}: no rows of it.")
    return paths


if __name__ == "__main__":
    main()
