"""``fbbench plan``: what a suite would run, what is done already, and how long the rest takes."""

import json
from pathlib import Path

import click
from rich import box
from rich.table import Table

from ..cores import available_cores
from ..experiments import Store
from ..experiments.planning.budgets import budget_title
from ..experiments.rows.states import states_of
from ..experiments.running.forecast import Forecast, Work, few_of_each_kind, in_words
from . import completion
from .asked import agenda_of, errors_in_one_line, existing_rows, say_what_is_left_out, store_option, suite_options
from .console import escape, harmless, make_console
from .data_dir import data_dir_option


@click.command("plan")
@click.argument("suite_name", metavar="SUITE", shell_complete=completion.suites)
@store_option
@suite_options
@data_dir_option
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes to reckon with. Default: usable cores.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--cells", "every_cell", is_flag=True, help="One line per cell, for other programs: state, key, cell.")
@errors_in_one_line
def plan_suite(suite_name, folder, n_seeds, protocol, datasets, methods, budgets, jobs, every_cell, as_json):
    """Show the cells of SUITE, what is done, and an estimate of time from the rows in the store. Runs nothing."""
    store = existing_rows(folder) if Path(folder).exists() else Store(folder)
    agenda = agenda_of(suite_name, n_seeds, protocol, datasets, methods, budgets)
    found = states_of([planned.key for planned in agenda.planned], store)
    if as_json:
        names = ("dataset", "method_id", "budget", "shape", "epochs", "seed")
        cells = [
            {"state": found[planned.key], "key": planned.key, **{name: getattr(planned.cell, name) for name in names}}
            for planned in agenda.planned
        ]
        click.echo(json.dumps(cells, indent=1))
        return
    if every_cell:
        for planned in agenda.planned:
            click.echo(f"{found[planned.key]}\t{planned.key}\t{harmless(planned.cell.title)}")
        return
    console = make_console()
    say_what_is_left_out(console, agenda)
    if not agenda.planned:
        raise click.ClickException("nothing of this suite can be run here; what is said above tells why")
    todo = [planned.cell for planned in agenda.different if found[planned.key] == "missing"]
    forecast = Forecast()
    if todo:
        told_from = few_of_each_kind([planned for planned in agenda.planned if found[planned.key] == "done"])
        forecast.learn_rows(told_from, store.rows([planned.key for planned in told_from]))
    for dataset in dict.fromkeys(planned.cell.dataset for planned in agenda.planned):
        planned_cells = [planned for planned in agenda.planned if planned.cell.dataset == dataset]
        console.print(table_of(agenda.suite, dataset, planned_cells, found, forecast))
    counts = {state: list(found.values()).count(state) for state in ("done", "running", "failed", "missing")}
    text = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    console.print(f"{len(found)} different cells: {text or 'none'}.", highlight=False, soft_wrap=True)
    console.print(
        time_text(agenda.suite, todo, counts, forecast, jobs or available_cores()), highlight=False, soft_wrap=True
    )


def table_of(suite, dataset, planned_cells, found, forecast):
    """Return the table of a data set: a line per method, per budget its shape and how many of its seeds are done."""
    table = Table(
        title=f"{escape(dataset)}, {suite.protocol} protocol: shape, cells done", title_justify="left",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("method", overflow="fold")
    budgets = [budget for budget in suite.budgets if any(planned.cell.budget == budget for planned in planned_cells)]
    for budget in budgets:
        table.add_column(escape(budget_title(budget)), justify="right")
    table.add_column("epochs", justify="right")
    table.add_column("time left", justify="right")
    lines = {}
    for planned in planned_cells:
        lines.setdefault((planned.cell.method_id, planned.cell.epochs), []).append(planned)
    for (method_id, epochs), of_method in lines.items():
        todo = [planned.cell for planned in of_method if found[planned.key] == "missing"]
        seconds, unknown = forecast.total(Work(todo))
        left = "" if not todo else "unknown" if unknown else in_words(seconds)
        shown = [shown_at(budget, of_method, found) for budget in budgets]
        table.add_row(escape(method_id), *shown, str(epochs), left)
    return table


def shown_at(budget, planned_cells, found):
    """Return the shape of a method at a budget, and how many of its cells are done and have failed."""
    here = [planned for planned in planned_cells if planned.cell.budget == budget]
    if not here:
        return "-"
    of_cells = [found[planned.key] for planned in here]
    failed = f" [red]{of_cells.count('failed')} failed[/]" if "failed" in of_cells else ""
    return f"{escape(here[0].cell.shape)} {of_cells.count('done')}/{len(here)}{failed}"


def time_text(suite, todo, counts, forecast, jobs):
    """Return in a sentence how long the cells that are missing will take."""
    if not todo:
        others = [f"{counts['running']} are being run"] if counts["running"] else []
        others += [f"{counts['failed']} have failed (`fbbench run --retry-failed`)"] if counts["failed"] else []
        return f"Nothing is left to start: {', '.join(others)}." if others else "Nothing is left to run."
    work = Work(todo)
    seconds, unknown = forecast.total(work)
    said = [f"{len(todo)} cells to run"]
    if unknown < len(todo):
        known = "" if not unknown else f" for {len(todo) - unknown} of them"
        said.append(
            f"{in_words(max(seconds / jobs, forecast.longest(work)))}{known} with -j {jobs}, as rows in the store took"
        )
    if unknown:
        said.append(f"nothing in the store tells how long {unknown} of them take")
        if suite.expected_core_minutes:
            said.append(
                f"the suite's author saw {in_words(60 * suite.expected_core_minutes)} on one core for all of it"
            )
    return "; ".join(said) + "."
