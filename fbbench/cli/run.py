"""``fbbench run``: run what is missing of a suite, store every cell as it ends, show the accuracies."""

import contextlib
import shlex
import signal
from pathlib import Path

import click
import pandas as pd
from rich.table import Table

from ..cores import available_cores
from ..experiments import Store
from ..experiments.analysis.reported import FILE, with_reported
from ..experiments.analysis.summary import cell_rows, summarise
from ..experiments.planning.budgets import budget_title
from ..experiments.rows.checkpoint import CHECKPOINT_SECONDS
from ..experiments.rows.states import states_of
from ..experiments.running.dask_engine import DaskEngine
from ..experiments.running.forecast import Forecast
from ..experiments.running.local_engine import LocalEngine
from ..experiments.running.run import run_cells
from ..places import shipped
from . import completion
from .asked import agenda_of, errors_in_one_line, say_what_is_left_out, store_option, suite_options
from .console import escape, make_console
from .data_dir import data_dir_option
from .progress import progress_view


@click.command()
@click.argument("suite_name", metavar="SUITE", shell_complete=completion.suites)
@store_option
@suite_options
@data_dir_option
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes, one thread each. Default: usable cores.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster of this scheduler, tcp://HOST:8786.")
@click.option("--retry-failed", is_flag=True, help="Run cells again that failed before.")
@click.option(
    "--checkpoint-every", type=click.FloatRange(min=0), default=CHECKPOINT_SECONDS, show_default=True,
    metavar="SECONDS", help="Save a checkpoint of every training this often, to go on from there after a stop.",
)  # fmt: skip
@click.option("--cell-seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="End a cell that takes longer; it counts as failed. Default: the suite's.")  # fmt: skip
@errors_in_one_line
def run(
    suite_name, folder, n_seeds, protocol, datasets, methods, budgets, jobs, scheduler, retry_failed, checkpoint_every,
    cell_seconds,
):  # fmt: skip
    """Run SUITE: a name (see `fbbench list`) or a TOML file. Cells that are in the store are not run again.

    Every cell is stored as it ends; Ctrl-C at any time, and the same command goes on from there. Several runs on one
    store share the work. Wall times of different --jobs are not comparable; every row says which it was.
    """
    if scheduler == "":
        raise click.UsageError("--scheduler is empty; an address looks like tcp://HOST:8786")
    if jobs and scheduler:
        raise click.UsageError("--jobs is for this machine, --scheduler for a cluster; give one of them")
    console = make_console()
    store = Store(folder)
    agenda = agenda_of(suite_name, n_seeds, protocol, datasets, methods, budgets)
    say_what_is_left_out(console, agenda)
    if not agenda.planned:
        raise click.ClickException("nothing of this suite can be run here; what is said above tells why")
    found = states_of([planned.key for planned in agenda.planned], store)
    wanted = ("missing", "running", "failed") if retry_failed else ("missing", "running")
    todo = [planned for planned in agenda.different if found[planned.key] in wanted]
    done = store.rows([key for key, state in found.items() if state == "done"])
    n_failed = list(found.values()).count("failed")
    console.print(
        f"{escape(agenda.suite.title)}: {len(agenda.different)} cells, {len(done)} done already"
        f"{f', {n_failed} failed before (--retry-failed runs them again)' if n_failed and not retry_failed else ''}.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    jobs = None if scheduler else jobs or available_cores()
    if todo:
        warn_about_times(console, done, jobs)
    forecast = Forecast()
    forecast.learn_rows(agenda.planned, done)
    before = len(store.done())
    limit = cell_seconds or agenda.suite.cell_seconds
    if todo:
        engine = (
            DaskEngine(scheduler, checkpoint_every, limit) if scheduler
            else LocalEngine(jobs, store.checkpoints, checkpoint_every, limit)
        )  # fmt: skip
        store.prepare()
        work_off(console, todo, store, engine, forecast, retry_failed)
    show_accuracies(console, agenda, store)
    console.print(f"Rows: {escape(folder)} ({before} before, {len(store.done())} now)", highlight=False, soft_wrap=True)
    n_failed = show_failures(console, agenda, store)
    if agenda.missing:
        console.print(f"Left out: {', '.join(agenda.missing)} (said at the top)", highlight=False)
    lost = [planned for planned in todo if not store.has(planned.key) and not store.has_failed(planned.key)]
    for planned in lost:
        console.print(f"[red]no outcome[/] {escape(planned.cell.title)}: removed meanwhile?", highlight=False)
    show_next(console, agenda.suite, folder)
    named = set(datasets or ()) & set(agenda.missing)  # whoever names a set wants it
    if n_failed or agenda.damaged or lost or named:
        raise SystemExit(1)


def show_next(console, suite, folder):
    """Print three commands that go on from here."""
    store = "" if folder == "results" else f" --store {folder}"
    commands = [f"python -m paper.build {suite.called}{store}"] if (Path("paper") / "build.py").exists() else []
    if len(suite.methods) > 1:
        a, b = (shlex.quote(entry.id) for entry in suite.methods[:2])
        commands.append(f"fbbench compare {a} {b} --suite {suite.called}{store}")
    if suite.budgets:
        memory = suite.budgets[len(suite.budgets) // 2]
        commands.append(f"fbbench leaderboard {suite.datasets[0]} --memory {memory} --rows {folder}")
    commands += [f"fbbench results {suite.called}{store} --csv rows.csv", f"fbbench status{store}"]
    console.print("Next:", highlight=False)
    for command in commands[:3]:
        console.print(f"  {escape(command)}", highlight=False, soft_wrap=True)


def work_off(console, todo, store, engine, forecast, retry_failed):
    """Run cells and show how it goes."""
    try:
        with stopped_by_signals(), progress_view(console, todo, forecast, engine) as view:
            for event in run_cells(todo, store, engine, retry_failed):
                view.show(event)
    except KeyboardInterrupt:
        console.print("Stopped. What had ended is stored; the same command goes on from there.")
        raise SystemExit(130) from None
    finally:
        console.show_cursor()  # a stop in the middle of drawing leaves it hidden
        engine.close()


@contextlib.contextmanager
def stopped_by_signals():
    """Have a request to end, or a terminal that closes, end the block in order, its exit status as the shell's."""

    def stop(number, _frame):
        raise SystemExit(128 + number)

    stoppers = [number for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")) if number]
    before = {number: signal.signal(number, stop) for number in stoppers if signal.getsignal(number) == signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def warn_about_times(console, done, jobs):
    """Say so if times will mean little: more processes than cores, or rows made with another number of processes.

    jobs is None on a cluster.
    """
    if jobs and jobs > available_cores():
        console.print(
            f"[yellow]Note:[/] -j {jobs} is more than the {available_cores()} cores that may be used: wall times will "
            "mean little.", highlight=False, soft_wrap=True,
        )  # fmt: skip
    others = sorted({how_text(row["run"].get("jobs")) for row in done.values()} - {how_text(jobs)})
    if others:
        console.print(
            f"[yellow]Note:[/] rows here were run {', '.join(others)}, these are run {how_text(jobs)}: their wall "
            "times are not comparable. Every row says which it was.", highlight=False, soft_wrap=True,
        )  # fmt: skip


def how_text(jobs):
    """Return in words how cells are run."""
    return "on a cluster" if jobs is None else f"with -j {jobs}"


def show_failures(console, agenda, store):
    """Print the error of every cell of a suite that failed; return how many there are."""
    keys = {planned.key for planned in agenda.planned} & store.failures_known()
    failures = store.failures(keys)
    for planned in agenda.planned:
        if planned.key in failures:
            console.print(
                f"[red]failed[/] {escape(planned.cell.title)}: {escape(failures[planned.key]['error'])}",
                highlight=False, soft_wrap=True,
            )  # fmt: skip
    if failures:
        console.print(
            f"{len(failures)} failed; tracebacks: {escape(store.failed)}; --retry-failed runs them again.",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    return len(failures)


AT_FLOOR = "* no better than always saying the most frequent class: nothing was learnt there."


def accuracy_text(row):
    """Return a mean, its spread if there is one, what is published, and a mark where nothing was learnt."""
    text = f"{row.accuracy:.1f}" if row.n_seeds == 1 else f"{row.accuracy:.1f} ± {row.spread:.1f}"
    if pd.notna(getattr(row, "reported_accuracy", None)):
        text += f" ({row.reported_accuracy:.1f}, {row.difference:+.1f})"
    return f"[yellow]{text} *[/]" if row.at_floor else text


def show_accuracies(console, agenda, store):
    """Print held-out accuracies (mean and population standard deviation over seeds), one table per data set."""
    suite = agenda.suite
    rows = store.rows({planned.key for planned in agenda.planned} & store.done())
    frame = cell_rows(agenda.cells, rows)
    summary = summarise(frame)
    if not summary.empty and shipped(FILE):
        summary = with_reported(suite, summary, frame)
    for name in suite.datasets:
        rows = summary if summary.empty else summary[summary.dataset == name]
        if rows.empty:
            continue
        low, high = rows.n_seeds.min(), rows.n_seeds.max()
        seeds = f"{low}" if low == high else f"{low}-{high}"
        of_seeds = "one seed" if high == 1 else f"mean ± std (population) of {seeds} seeds"
        table = Table(
            "method",
            *(f"memory of {escape(budget_title(budget))}" for budget in suite.budgets),
            title=f"{escape(name)}, {suite.protocol} protocol: held-out accuracy in %, last epoch, {of_seeds}",
            title_justify="left",
        )
        for entry in suite.methods:
            line = [escape(entry.label)]
            for budget in suite.budgets:
                row = rows[(rows.method_id == entry.id) & (rows.budget == budget)]
                line.append("-" if row.empty else accuracy_text(row.iloc[0]))
            if set(line[1:]) != {"-"}:
                table.add_row(*line)
        console.print(table)
    if "reported_accuracy" in summary and summary.reported_accuracy.notna().any():
        console.print("In brackets: published (arXiv:2412.00119, mean of ten runs), and measured minus published.",
                      highlight=False, soft_wrap=True)  # fmt: skip
    if not summary.empty and summary.at_floor.any():
        console.print(AT_FLOOR, highlight=False, soft_wrap=True)
