"""Which settings the suite `uci` has, by the rows of the suite `uci_tuning`: ``python -m paper.tuned_tables``.

SGD, which is compared with at its best, gets a learning rate of its own on every table: that of the highest mean
accuracy on validation rows. The other methods have one setting for all tables: the highest mean over the twenty smaller
ones. Prints how many were tried, then the lines of ``suites/uci.toml``.
"""

import collections
import statistics

import click

from fbbench.experiments.rows.archive import rows_at

from .comparison import RESULTS
from .tuned import toml_of, varied_in

ROWS = RESULTS / "uci_tuning.jsonl.gz"
BUDGETS = ("15_15", "55_55", "135_135")

BY_TABLE = {"sgd_bits_tuned": ("sgd_bits_one", "sgd_bits_large"), "sgd_table": ("sgd_table", "sgd_table_large")}
"""Methods of the suite, and the entries of `uci_tuning` whose settings were tried for them."""

FOR_ALL = {"adam_bits": ("adam_bits",), "bep": ("bep",), "logistic": ("logistic",)}


def tries(rows, ids):
    """Return {data set: {setting as text: mean accuracy over seeds}} of some entries, from their rows."""
    chosen = [row for row in rows.values() if row["asked"]["method_id"].split("[")[0] in ids]
    varied, found = varied_in(chosen), {}
    for row in chosen:
        params = {name: value for name, value in row["outcome"]["parameters"].items() if name in varied}
        text = ", ".join(f"{name} = {toml_of(value)}" for name, value in sorted(params.items()))
        of = found.setdefault(row["identity"]["dataset"], collections.defaultdict(list))
        of[text].append(row["outcome"]["heldout_accuracy"])
    return {name: {text: statistics.mean(values) for text, values in of.items()} for name, of in found.items()}


def best(of):
    """Return the setting of the highest accuracy; of equal ones the first by its text."""
    return min(of, key=lambda text: (-of[text], text))


def best_by_table(rows, ids):
    """Return {data set: the best setting there, as text}."""
    return {name: best(of) for name, of in sorted(tries(rows, ids).items())}


def best_for_all(rows, ids):
    """Return the setting of the highest mean over the tables, as text."""
    found = tries(rows, ids)
    texts = {text for of in found.values() for text in of}
    return best({text: statistics.mean(of[text] for of in found.values()) for text in texts})


@click.command(help=__doc__)
@click.option("--rows", "place", default=str(ROWS), show_default=True)
def main(place):
    rows = rows_at(place)
    for name, ids in BY_TABLE.items():
        n_tries = {dataset: len(of) for dataset, of in tries(rows, ids).items()}
        click.echo(f"# {name}: {min(n_tries.values())} to {max(n_tries.values())} tries a table")
        click.echo("[methods.settings]")
        for dataset, text in best_by_table(rows, ids).items():
            click.echo(f"{dataset} = {{ {', '.join(f'{budget} = {{ {text} }}' for budget in BUDGETS)} }}")
    for name, ids in FOR_ALL.items():
        n_tries = max(len(of) for of in tries(rows, ids).values())
        click.echo(f"# {name}: best of {n_tries} for all tables\nparams = {{ {best_for_all(rows, ids)} }}")


if __name__ == "__main__":
    main()
