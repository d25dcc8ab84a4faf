"""``fbbench compare A B``: two methods of a suite, seed by seed."""

import json
import math
import shlex
from pathlib import Path

import click
from rich import box
from rich.table import Table

from ..costs import beside_data, in_bytes
from ..experiments import SuiteError, known_suites, load_suite
from ..experiments.analysis.measured import measured
from ..experiments.analysis.statistics import compare_all
from ..experiments.planning.budgets import FAR, budget_title
from ..experiments.rows.mixing import check_one_setting, check_same_data
from ..nearest import nearest
from .asked import errors_in_one_line, existing_rows, names_of, protocol_option, store_option
from .console import escape, make_console, print_narrowed


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@store_option
@click.option(
    "--suite", "suite_name", metavar="SUITE", help="A suite that has both. Default: the one with the most rows of them."
)
@click.option("--dataset", "--datasets", "datasets", metavar="D1,D2", callback=names_of, help="Default: all.")
@click.option("--budget", "--budgets", "budgets", metavar="M1,M2", callback=names_of, help="Default: all.")
@protocol_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@errors_in_one_line
def compare(a, b, folder, suite_name, datasets, budgets, protocol, as_json):
    """Compare methods A and B (ids of a suite) by held-out accuracy at the same budget, seed by seed.

    The difference, its 95 % interval, the p-value of a paired permutation test corrected by Holm for all lines of the
    table, and the smallest difference that so many seeds would have found in 80 of 100 cases.
    """
    if a == b:
        raise click.UsageError(f"A and B are the same method, {a}; name two")
    stored = existing_rows(folder).rows()
    suite = load_suite(suite_name) if suite_name else suite_with(a, b, stored, protocol)
    for name in (a, b):
        check(name, [entry.id for entry in suite.methods], f"method in {suite.where}")
    for name in datasets or ():
        check(name, suite.datasets, f"data set in {suite.where}")
    for name in budgets or ():
        check(name, suite.budgets, f"budget in {suite.where}")
    suite = suite.narrowed(None, datasets, protocol, [a, b], budgets)
    rows = measured(suite, stored)[1]
    found = [] if rows.empty else paired(rows, a, b, suite.budgets, suite.datasets)
    command = run_command(suite, folder, a, b, datasets, budgets, protocol)
    if not found:
        raise click.ClickException(f"{folder} has no seed at which both {a} and {b} were run; `{command}` makes rows")
    if as_json:
        click.echo(json.dumps(plain_lines(found), indent=1))
        return
    console = make_console()
    show(console, suite, a, b, found, command)
    if lacking := without_both(suite, a, b, found):
        console.print(f"[yellow]Not compared, no seed has both there:[/] {escape('; '.join(lacking))}. "
                      f"`{escape(command)}` makes rows.", highlight=False, soft_wrap=True)  # fmt: skip


def compared_of(found):
    """Return the comparison of every data set and budget, corrected for all of them."""
    return compare_all([(of_a.heldout_accuracy, of_b.heldout_accuracy) for _, _, of_a, of_b in found])


def plain_lines(found):
    """Return a line per data set and budget as plain values; nothing where there is no number."""
    lines = []
    for (dataset, budget, _, _), line in zip(found, compared_of(found), strict=True):
        numbers = {
            "a": line.mean_a, "b": line.mean_b, "difference": line.mean, "low": line.interval.low,
            "high": line.interval.high, "p": line.p, "detectable": line.detectable,
        }  # fmt: skip
        shown = {name: float(value) if math.isfinite(value) else None for name, value in numbers.items()}
        lines.append({"dataset": dataset, "budget": budget, "seeds": line.n_seeds, **shown, "verdict": line.verdict})
    return lines


def without_both(suite, a, b, found):
    """Return in words where a suite runs both methods, but no seed has both."""
    have = {(dataset, budget) for dataset, budget, _, _ in found}
    entries = {entry.id: entry for entry in suite.methods}
    lacking = []
    for dataset in suite.datasets:
        if any(dataset not in (entries[name].datasets or suite.datasets) for name in (a, b)):
            continue
        at = [set(suite.budgets_at(dataset, entries[name])) for name in (a, b)]
        missing = [budget for budget in suite.budgets if budget in at[0] & at[1] and (dataset, budget) not in have]
        lacking += [f"{dataset}, {', '.join(map(budget_title, missing))}"] if missing else []
    return lacking


def run_command(suite, folder, a, b, datasets, budgets, protocol):
    """Return the command that makes the rows that are compared, and no others."""
    options = [f"--methods {shlex.quote(f'{a},{b}')}"]
    options += [f"--datasets {','.join(datasets)}"] if datasets else []
    options += [f"--budgets {','.join(budgets)}"] if budgets else []
    options += [f"--protocol {protocol}"] if protocol else []
    is_store = (Path(folder) / "store.json").exists()  # a folder of packed rows is not run into
    options += [f"--store {folder}"] if folder != "results" and is_store else []
    return " ".join(["fbbench run", suite.called, *options])


def suite_with(a, b, stored, protocol):
    """Return the known suite that has both methods, and the most rows of them."""
    ids, found = set(), []
    for name in known_suites():
        try:
            suite = load_suite(name)
        except SuiteError:  # `fbbench list` says what is wrong with it
            continue
        names = {entry.id for entry in suite.methods}
        ids |= names
        if {a, b} <= names:
            narrow = suite.narrowed(protocol=protocol, methods=[a, b])
            rows = measured(narrow, stored)[1]
            both = paired(rows, a, b, suite.budgets, suite.datasets) if len(rows) else []
            found.append((sum(len(of_a) for _, _, of_a, _ in both), suite))
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    wrong = next((name for name in (a, b) if name not in ids), a)
    raise SuiteError(
        f"no known suite has both {a!r} and {b!r}{nearest(wrong, ids)}; name one, or the file of one, with --suite"
    )


def check(name, known, what):
    """Raise SuiteError, with the nearest name, if a name is not known."""
    if name not in known:
        raise SuiteError(f"there is no {what} called {name!r}{nearest(name, known)}; there are: {', '.join(known)}")


def paired(rows, a, b, budgets, datasets):
    """Return (data set, budget, rows of A, rows of B) with the seeds that both have, in the suite's order."""
    found = []
    for dataset in datasets:
        for budget in budgets:
            here = rows[(rows.dataset == dataset) & (rows.budget == budget)].set_index("seed").sort_index()
            of_a, of_b = here[here.method_id == a], here[here.method_id == b]
            both = of_a.index.intersection(of_b.index)
            if len(both):
                for name, rows_of in ((a, of_a), (b, of_b)):
                    check_one_setting(rows_of, f"rows of {name} on {dataset}")
                check_same_data(of_a, of_b)
                found.append((dataset, budget, of_a.loc[both], of_b.loc[both]))
    return found


def show(console, suite, a, b, found, command):
    """Print a line per data set and budget; ``command`` makes more rows."""
    compared = compared_of(found)
    table = Table(
        title=f"A = {escape(a)}, B = {escape(b)}\n"
        f"{escape(suite.name)}, {suite.protocol} protocol: held-out accuracy in %, last epoch",
        title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("data set", overflow="fold")
    for column in ("budget", "seeds", "A", "B", "A - B", "95 % interval", "p", "shows"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    words = {"A": "A is ahead", "B": "B is ahead"}
    for (dataset, budget, _, _), line in zip(found, compared, strict=True):
        low, high = line.interval.low, line.interval.high
        table.add_row(
            escape(dataset), escape(budget_title(budget)), str(line.n_seeds),
            f"{line.mean_a:.2f}", f"{line.mean_b:.2f}",
            f"{line.mean:+.2f}", "" if math.isnan(low) or low == high else f"{low:+.2f} .. {high:+.2f}",
            f"{line.p:.2g}",
            shows_text(line.detectable),
            words.get(line.verdict, line.verdict),
        )  # fmt: skip
    spare = [["shows"], ["p"], ["seeds"], ["A", "B"]]
    if len({budget for _, budget, _, _ in found}) == 1:
        spare.append(["budget"])
    print_narrowed(console, table, spare)
    together = "1 comparison" if len(found) == 1 else f"{len(found)} comparisons"
    console.print(
        f"Paired by seed. p: permutation test, corrected by Holm for {together}. shows: the smallest true difference "
        "that would be found in 80 of 100 cases. tie: not told apart.", highlight=False, soft_wrap=True,
    )  # fmt: skip
    for text in unlike(found):
        console.print(f"[yellow]Note:[/] {escape(text)}", highlight=False, soft_wrap=True)
    if short := [line.seeds_needed for line in compared if line.verdict == "too few seeds"]:
        console.print(
            f"[yellow]{len(short)} of {together} can show nothing with so few seeds, whatever comes out; "
            f"`{escape(command)} --seeds {max(short)}` makes enough.[/]", highlight=False, soft_wrap=True,
        )  # fmt: skip


def shows_text(detectable):
    """Return the smallest difference that would be found as text."""
    return "nothing" if math.isinf(detectable) else "-" if math.isnan(detectable) else f"{detectable:.2f}"


def unlike(found):
    """Yield what else differs between the methods that are compared, or that nothing does."""
    for dataset, budget, of_a, of_b in found:
        where = f"{dataset}, {budget_title(budget)}"
        if (of_a.key == of_b.key).all():
            yield f"{where}: A and B are the very same cells."
        memory_a, memory_b = (beside_data(of.memory_parts.iloc[0]) for of in (of_a, of_b))
        if max(memory_a, memory_b) > (1 + FAR) * min(memory_a, memory_b):
            yield (
                f"{where}: not at the same memory, A takes {in_bytes(memory_a)} beside the data, B "
                f"{in_bytes(memory_b)}."
            )
        if of_a.epochs.iloc[0] != of_b.epochs.iloc[0]:
            yield f"{where}: not equally long, A is trained {of_a.epochs.iloc[0]} epochs, B {of_b.epochs.iloc[0]}."
