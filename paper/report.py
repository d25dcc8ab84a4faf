"""One self-contained page: verdicts on top, then every table and figure, every measured number linked to its rows."""

import base64
from dataclasses import dataclass
from pathlib import Path

import jinja2

from fbbench.cli.verify import claimed_text, count_text, measured_text
from fbbench.experiments.budgets import budget_title
from fbbench.experiments.verdicts import Evidence, judge, load_claims

from . import table_accuracy, table_costs, table_gates, table_memory
from .formats import write_text

FOLDER = Path(__file__).parent
TABLES = {
    "Accuracy": (table_accuracy, "measured %"),
    "Memory": (table_memory, None),
    "Gates": (table_gates, "seconds per epoch"),
    "Costs beyond the paper": (table_costs, "s per epoch"),
}
"""Table modules by heading, and the column whose numbers lead to their rows."""


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
    verdicts = [verdict for claim in load_claims(FOLDER / "claims.toml") for verdict in judge(claim, evidence)]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("report.html.jinja").render(
        verdicts=[verdict_lines(verdict, comparisons) for verdict in verdicts],
        counts={name: sum(v.outcome == name for v in verdicts) for name in dict.fromkeys(v.outcome for v in verdicts)},
        suites=[
            {
                "name": comparison.suite.name,
                "title": comparison.suite.title,
                "tables": [shown_table(comparison, heading) for heading in TABLES],
                "figures": [(path.stem.replace("_", " "), embedded(path)) for path in figures[comparison.suite.name]],
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
        "form": {"published": "as published", "claimed": "as claimed", "only": ""}[verdict.form],
        "outcome": verdict.outcome,
        "measured": measured,
        "interval": interval,
        "claimed": claimed_text(verdict.claim),
        "count": count_text(verdict),
        "link": f"#{anchor('suite', verdict.claim.suite)}" if verdict.claim.suite in names else None,
        "lines": [
            (line.where, *measured_text(verdict.claim, line), line.n_seeds, " ".join(key[:8] for key in line.keys))
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
        [(text, link if name == linked else None) for name, text in zip(shown.columns, line, strict=True)]
        for line, link in zip(shown.itertuples(index=False), links, strict=True)
    ]
    return Shown(heading, list(shown.columns), lines, notes)


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
                "title": f"{comparison.title_of(line.dataset)}, {line.label}, {line.shape} "
                f"(memory of {budget_title(line.budget)})",
                "rows": [
                    (
                        r.key[:12],
                        r.seed,
                        f"{r.heldout_accuracy:.2f}",
                        f"{r.train_accuracy:.2f}",
                        f"{r.wall_seconds:.2f}",
                    )
                    for r in rows.itertuples()
                ],
            }
        )
    return groups


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
