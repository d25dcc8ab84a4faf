"""One self-contained page: verdicts on top, then every table and figure, every measured number linked to its rows."""

import base64
from dataclasses import dataclass
from pathlib import Path

import jinja2

from fbbench.cli.verify import claimed_text, count_text, measured_text, seeds_text
from fbbench.experiments.analysis.claims import SAID_BY, load_claims
from fbbench.experiments.analysis.verdicts import Evidence, judge, tallies
from fbbench.experiments.planning.budgets import budget_title
from fbbench.shapes import shape_title

from . import table_accuracy, table_costs, table_gates, table_memory
from .figure_learning_curves import CURVES_OF
from .formats import number, scientific, write_text

FOLDER = Path(__file__).parent

KEY = 12
"""Characters of a row's key that the page shows."""

TABLES = {
    "Accuracy": (table_accuracy, ["measured %"]),
    "Memory": (table_memory, ["model MB", "really held MB"]),
    "Gates": (table_gates, ["gates per mini-batch", "seconds per epoch"]),
    "Costs beyond the paper": (table_costs, ["measured MB", "s per epoch", "s in all", "µs for one", "ms for 1000"]),
}
"""Table modules by heading, and the columns whose numbers lead to their rows."""

CAPTIONS = {
    "accuracy_over_memory": "Held-out accuracy over modelled memory of training, data included.",
    "accuracy_over_rest": "Held-out accuracy over modelled memory beside the data: weights, classifiers, activations.",
    "accuracy_over_gates": "Held-out accuracy over modelled gates of an epoch.",
    "accuracy_over_synthesized": "Held-out accuracy over gates of an epoch that were synthesized, at most.",
    "accuracy_over_energy": "Held-out accuracy over the energy of an epoch, weights in an SRAM of 1 MB.",
    "pareto": "Means of all runs. Filled and on the grey line: no other method is at least as accurate with as little "
    "memory (within 3 %) and as few gates. Larger marks: more memory.",
    "learning_curves": "Held-out accuracy after every epoch. Lines: mean over seeds; bands: lowest to highest seed.",
    "group_size": "Held-out accuracy of one hidden layer over the size of its groups, by width.",
    "committees": "Held-out accuracy of the single-layer method over the units of a group, by units in all.",
    "stacked_committees": "The same of two such layers: the units of one are the input of the next.",
    "depth": "Held-out accuracy over the number of hidden layers of 1035 units.",
    "robustness": "Held-out accuracy of one hidden layer over the margin (robustness), by width.",
    "measured_less_published": "Held-out accuracy measured less published, by table; grey: within 1.5 points.",
    "beside_bmlp": "Held-out accuracy less that of BMLP at the same memory: a dot a table, the bar their median.",
    "field": "Held-out accuracy of every method at three budgets, the best at the largest first; means over seeds.",
    "device": "Held-out accuracy over the instructions of a row on a microcontroller, counted by an emulator: C of all "
    "networks, as large as the leaderboard's budgets allow. Means over seeds.",
    "hidden_weight_bits": "Held-out accuracy over the bits that a hidden weight's bound leaves it.",
}
"""What the figures show, by file name."""


@dataclass(frozen=True)
class Shown:
    """A table of the page: columns, lines of (text, link or None), and notes."""

    heading: str
    columns: list
    lines: list
    notes: list


def anchor(*names):
    """Return the name of a place in the page."""
    return "-".join("".join(c if c.isalnum() else "_" for c in str(name)) for name in names)


def build_report(comparisons, figures, place, path):
    """Write the page.

    Parameters
    ----------
    comparisons : list of Comparison
    figures : dict of list of Path
        SVG files by suite name.
    place : function
        From a suite's name to its rows by key, for the claims.
    path : Path
    """
    evidence = Evidence(place)
    names = {comparison.suite.name for comparison in comparisons}
    claims = [claim for claim in load_claims(FOLDER / "claims.toml") if claim.kind != "gates" or claim.suite in names]
    verdicts = [verdict for claim in claims for verdict in judge(claim, evidence)]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("report.html.jinja").render(
        verdicts=[verdict_lines(verdict, comparisons) for verdict in verdicts],
        tallies=tallies([verdict for verdict in verdicts if verdict.lines]),
        suites=[
            {
                "name": comparison.suite.name,
                "title": comparison.suite.title,
                "tables": [shown_table(comparison, heading) for heading in TABLES],
                "figures": [
                    (caption(comparison, path.stem), embedded(path)) for path in figures[comparison.suite.name]
                ],
                "groups": row_groups(comparison),
            }
            for comparison in comparisons
        ],
        environments=environments(comparisons),
    )
    write_text(path, page)


def verdict_lines(verdict, comparisons):
    """Return what the page shows of a verdict."""
    measured, interval = measured_text(verdict.claim, verdict.decisive)
    names = {comparison.suite.name for comparison in comparisons}
    return {
        "claim": verdict.claim,
        "said_by": "" if verdict.claim.of == "paper" else f" ({SAID_BY[verdict.claim.of]})",
        "form": {"published": "as published", "claimed": "as claimed", "only": ""}[verdict.form],
        "outcome": verdict.outcome,
        "measured": measured,
        "interval": interval,
        "claimed": claimed_text(verdict.claim),
        "count": count_text(verdict),
        "link": f"#{anchor('suite', verdict.claim.suite)}" if verdict.claim.suite in names else None,
        "lines": [
            (line.where, *measured_text(verdict.claim, line), seeds_text(line), [key[:KEY] for key in line.keys])
            for line in verdict.lines
        ],
        "missing": verdict.missing,
    }


def shown_table(comparison, heading):
    """Return a :class:`Shown` table of a suite."""
    module, linked = TABLES[heading]
    _, shown, notes = module.make(comparison)
    links = [
        f"#{anchor('rows', comparison.suite.name, line.dataset, line.method_id, line.budget)}"
        for line in comparison.summary.itertuples()
    ]
    lines = [
        [(text, link if name in linked else None) for name, text in zip(shown.columns, line, strict=True)]
        for line, link in zip(shown.itertuples(index=False), links, strict=True)
    ]
    return Shown(heading, list(shown.columns), lines, notes)


def caption(comparison, stem):
    """Return what a figure shows, and what of the published figures is in it."""
    said = [CAPTIONS[stem]]
    if stem not in ("pareto", "learning_curves", "field", "measured_less_published", "beside_bmlp"):
        said.append("Bars are the standard deviation over seeds.")
        if comparison.summary.reported_accuracy.notna().any():
            said.append("Hollow: published, mean of ten runs.")
    if stem == "learning_curves" and comparison.suite.reported == CURVES_OF:
        said.append("Dots: published means.")
    return " ".join(said)


def row_groups(comparison):
    """Return the rows behind every line of a suite's tables."""
    groups = []
    for line in comparison.summary.itertuples():
        rows = comparison.rows
        rows = rows[
            (rows.dataset == line.dataset) & (rows.method_id == line.method_id) & (rows.budget == line.budget)
        ].sort_values("seed")
        groups.append(
            {
                "id": anchor("rows", comparison.suite.name, line.dataset, line.method_id, line.budget),
                "title": f"{comparison.title_of(line.dataset)}, {line.label}, {shape_title(line.shape)} "
                f"(memory of {shape_title(budget_title(line.budget))})",
                "costs": f"{len(rows)} rows, {line.memory_bits / 8e6:.3f} MB by the model, "
                f"{line.ledger_bits / 8e6:.3f} MB held, {scientific(line.gates)} gates a mini-batch",
                "rows": [row_texts(row) for row in rows.to_dict("records")],
            }
        )
    return groups


def row_texts(row):
    """Return what the page shows of a row."""
    return (
        row["key"][:KEY],
        row["seed"],
        f"{row['heldout_accuracy']:.2f}",
        f"{row['train_accuracy']:.2f}",
        f"{row['wall_seconds']:.2f}",
        f"{row['seconds_per_epoch']:.4f}",
        number("{:.2f}", 1e-6)(row.get("training_memory_bytes")),
        number("{:.1f}", 1e6)(row.get("predict_one_seconds")),
        number("{:.2f}", 1e3)(row.get("predict_thousand_seconds")),
    )


def embedded(path):
    """Return an SVG file as a data address; inlined, the parts of two figures could take each other's names."""
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}"


def environments(comparisons):
    """Return in words where the rows come from, one sentence per machine and version."""
    found = {}
    for comparison in comparisons:
        for row in comparison.environments:
            packages = ", ".join(f"{name} {version}" for name, version in row["packages"].items())
            text = (
                f"{row['cpu']}, {row['cores']} cores, kernel path {row['kernel_path']}; {row['platform']}, Python "
                f"{row['python']}, {row['compiler']}; {packages}; commit {str(row['commit'])[:12]}"
                f"{' with changes' if row['dirty'] else ''}"
            )
            found[text] = found.get(text, 0) + 1
    return [f"{count} rows: {text}." for text, count in sorted(found.items(), key=lambda item: -item[1])]
