"""What every table and figure starts from: measured rows of a suite beside the published figures."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from fbbench.datasets import DataUnavailable, describe
from fbbench.experiments import load_suite
from fbbench.experiments.analysis.leaderboard import kind_of
from fbbench.experiments.analysis.measured import measured
from fbbench.experiments.analysis.reckonings import reckoned
from fbbench.experiments.analysis.reported import with_reported
from fbbench.experiments.analysis.summary import summarise
from fbbench.experiments.planning.budgets import task_under
from fbbench.experiments.rows.archive import ENDING, rows_at
from fbbench.shapes import shape_title

FOLDER = Path(__file__).parent
REPORTED_CURVES = FOLDER / "reported_curves.csv"
RESULTS = FOLDER / "results"
STORE = Path("results")
"""Where `fbbench run` puts rows."""

PROTOCOLS_IN_WORDS = {
    "published": "a seeded shuffle per run, the last rows held out",
    "validation": "the last fifth of the published protocol's training rows held out, to tune by",
    "stratified": "a seeded shuffle per run, of which the last rows of every class are held out, each by its share",
    "strict": "the official test set held out where there is one, else the last rows of a seeded shuffle",
}


@dataclass(frozen=True)
class Comparison:
    """A suite's outcome.

    Attributes
    ----------
    suite : Suite
    cells : dict of Cell
        One of each data set, method and budget that has rows, by these.
    environments : list of dict
        What every row was measured with.
    rows : DataFrame
        One row per finished cell.
    summary : DataFrame
        One row per data set, method and budget: mean and spread over seeds, costs, and the published figure beside
        it (``reported_accuracy``, ``reported_spread``, ``reported_runs``; missing where the paper has none).
    curves : DataFrame
        Held-out accuracy per epoch: columns dataset, method_id, budget, seed, epoch, accuracy.
    reported_curves : DataFrame
        The same, published, mean and spread over runs.
    missing : list of str
        Data sets of the suite without a row.
    absent : list of str
        Methods and budgets of the other data sets without a row, in words.
    far_off : list of str
        Shapes whose modelled memory is more than a tenth off their budget's, in words.
    """

    suite: object
    cells: dict
    environments: list[dict]
    rows: pd.DataFrame
    summary: pd.DataFrame
    curves: pd.DataFrame
    reported_curves: pd.DataFrame
    missing: list[str]
    absent: list[str]
    far_off: list[str]
    known: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def datasets(self):
        """Data sets with rows, in the suite's order."""
        return [name for name in self.suite.datasets if name not in self.missing]

    def entry(self, method_id):
        """Return the suite's entry of a method."""
        return next(entry for entry in self.suite.methods if entry.id == method_id)

    def cell_of(self, line):
        """Return a cell of a summary line: a data set, method and budget."""
        return self.cells[line.dataset, line.method_id, line.budget]

    def method_and_task(self, line):
        """Return the method of a summary line, not trained, and the task it was trained on."""
        task = task_under(describe(line.dataset), self.suite.protocol)
        return self.cell_of(line).make(), replace(task, n_samples=line.n_train)

    def reckoned(self, by):
        """Return what a mini-batch costs by a reckoning (see :mod:`fbbench.experiments.analysis.reckonings`), a value a
        line of the summary; nan of methods that do not count their operations."""
        if by not in self.known:  # tables, figures and the explorer ask for the same
            values = []
            for line in self.summary.itertuples():
                try:
                    values.append(reckoned(*self.method_and_task(line), by))
                except ValueError:
                    values.append(float("nan"))
            self.known[by] = pd.Series(values, index=self.summary.index, dtype=float)
        return self.known[by]

    def kinds(self):
        """Return of what numbers every method is made (binary, integer, float), by its id."""
        first = self.rows.drop_duplicates("method_id").set_index("method_id")
        return {
            method_id: kind_of(self.entry(method_id).method, parameters)
            for method_id, parameters in first.parameters.items()
        }

    def title_of(self, dataset):
        """Return a data set's name for a reader; as it is, where nothing but absent files would tell more."""
        try:
            return describe(dataset).title
        except DataUnavailable:
            return dataset

    def named_lines(self):
        """Return the columns that name a line of the summary, as every table begins: by heading."""
        s = self.summary
        return {
            "data set": s.dataset.map(self.title_of),
            "memory of BMLP": s.budget.map(shape_title),
            "method": s.label,
            "numbers": s.method_id.map(self.kinds()),
            "shape": s["shape"].map(shape_title),
        }

    def notes(self):
        """Return what a reader of any number here must know, one sentence each."""
        said = [
            f"{self.suite.title}. Protocol: {self.suite.protocol} ({PROTOCOLS_IN_WORDS[self.suite.protocol]}); "
            "accuracy of the last epoch, never the best; mean ± population standard deviation over runs."
        ]
        for dataset in self.datasets:
            rows = self.rows[self.rows.dataset == dataset]
            encoders = ", ".join(sorted(rows.encoder.unique()))
            said.append(f"{self.title_of(dataset)}: {rows.n_heldout.iloc[0]} samples held out; bits from {encoders}.")
        seeds = sorted(self.rows.seed.unique())
        said.append(f"Seeds: {', '.join(str(seed) for seed in seeds)}. Published: 10 runs, arXiv:2412.00119.")
        few = self.rows[self.rows.epochs != self.suite.epochs]
        for label, epochs in few[["label", "epochs"]].drop_duplicates().itertuples(index=False):
            said.append(f"{label}: {epochs} epochs, not {self.suite.epochs}.")
        if "float32" in set(self.rows.arithmetic) and not all(describe(d).table_inputs for d in self.datasets):
            said.append(
                "SGD and Adam with binary input read the same bits as the binary methods (the authors binarise theirs "
                "by each sample's own median, so their published figures are of another input); the paper has no SGD "
                "with float input on random prototypes: they are bits."
            )
        same = [entry.label for entry in self.suite.methods if entry.same_shape]
        if same:
            said.append(f"At the shape of the BMLP, whatever memory they need: {'; '.join(same)}.")
        if self.far_off:
            said.append(f"Not at the budget that they stand beside: {'; '.join(self.far_off)}.")
        for dataset in self.missing:
            said.append(f"{self.title_of(dataset)} was not run: not at hand, or left out on the command line.")
        if self.absent:
            said.append(f"Without rows, not run or failed: {'; '.join(self.absent)}.")
        return said


def compare(suite_name, place=None):
    """Return the :class:`Comparison` of a suite's rows.

    Parameters
    ----------
    suite_name : str
    place : path, optional
        A store, a file of rows, or a folder of such files; default: see :func:`rows_of_suite`.

    Raises
    ------
    ValueError
        If there is no row of the suite, or there are rows that must not be averaged.
    """
    suite = load_suite(suite_name)
    stored = rows_of_suite(suite.name) if place is None else rows_at(place)
    planned, rows = measured(suite, stored)
    if rows.empty:
        raise ValueError(f"{place or RESULTS} has no rows of suite {suite.name}; `fbbench run {suite.name}` makes them")
    missing = [name for name in suite.datasets if name not in set(rows.dataset)]
    return Comparison(
        suite=suite,
        cells={(cell.dataset, cell.method_id, cell.budget): cell for cell in planned.cells},
        environments=[stored[key]["environment"] for key in rows.key],
        rows=rows,
        summary=with_reported(suite, in_order(suite, summarise(rows)), rows),
        curves=curves_of(rows),
        reported_curves=pd.read_csv(REPORTED_CURVES),
        missing=missing,
        absent=without_rows(planned.cells, rows, missing),
        far_off=planned.far_off,
    )


def committed_rows(suite_name):
    """Return the rows of a suite that are committed, by key; none where its file is not there."""
    path = RESULTS / f"{suite_name}{ENDING}"
    return rows_at(path) if path.exists() else {}


def rows_of_suite(suite_name):
    """Return the rows of a suite that are committed, else those in the store that `fbbench run` writes by default."""
    found = committed_rows(suite_name)
    return found or (rows_at(STORE) if STORE.exists() else {})


def without_rows(cells, rows, missing):
    """Return what of a plan has no row, as texts: data set, method, budgets."""
    have = set(zip(rows.dataset, rows.method_id, rows.budget, strict=True))
    absent = {}
    for cell in cells:
        if cell.dataset not in missing and (cell.dataset, cell.method_id, cell.budget) not in have:
            absent.setdefault((describe(cell.dataset).title, cell.label), {})[cell.budget] = None
    return [f"{dataset}, {label}, memory of {', '.join(budgets)}" for (dataset, label), budgets in absent.items()]


def in_order(suite, summary):
    """Return the summary sorted by the suite's data sets, then budgets, then methods."""
    order = {
        "dataset": {name: i for i, name in enumerate(suite.datasets)},
        "budget": {name: i for i, name in enumerate(suite.budgets)},
        "method_id": {entry.id: i for i, entry in enumerate(suite.methods)},
    }
    return summary.sort_values(list(order), key=lambda column: column.map(order[column.name])).reset_index(drop=True)


def curves_of(rows):
    """Return held-out accuracy per epoch in long form."""
    columns = ["dataset", "method_id", "label", "budget", "seed"]
    long = rows[[*columns, "curve_heldout"]].explode("curve_heldout").rename(columns={"curve_heldout": "accuracy"})
    long["epoch"] = long.groupby(columns).cumcount() + 1
    return long.astype({"accuracy": float}).reset_index(drop=True)
