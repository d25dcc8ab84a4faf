"""The report: verdicts, an explorer of all points, every table and figure, every measured number linked to its rows.

One page that needs no network; tables and rows lie beside it, a file a suite, and are loaded when they are asked for.
"""

import json
import re
from pathlib import Path
from urllib.parse import quote

import jinja2
import vl_convert
from markupsafe import Markup

from fbbench.cli.verify import claimed_text, count_text, measured_text, seeds_text
from fbbench.experiments.analysis.claims import (
    CONTRADICTED,
    NOT_RUN,
    OUTCOMES,
    REPRODUCED,
    SAID_BY,
    WITHIN_NOISE,
    load_claims,
)
from fbbench.experiments.analysis.verdicts import Evidence, judge, tallies
from fbbench.experiments.planning.budgets import budget_title
from fbbench.shapes import shape_title

from . import table_accuracy, table_costs, table_gates, table_memory
from .explorer import AXES, COLOURS, chart, points_of
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
    "pareto": "Means of all runs. On the grey line: no other method is at least as accurate with as little memory "
    "(within 3 %) and as few gates; others are pale. Larger marks: more memory.",
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


HEADLINES = (
    "single-layer-gap", "sgd-gap", "gates-sgd", "gates-built-sgd", "gates-built-signs", "binary-sgd-fashion-mnist",
    "instructions-float-unit", "instructions-no-float-unit", "one-bit-bmlp", "one-bit-sgd-int8",
)  # fmt: skip
"""Claims that the page begins with."""

FOLDER_OF_DATA = "report_data"
"""Beside the page: what it loads when it is asked for, a file a suite, and the comparisons of all claims."""


def anchor(*names):
    """Return the name of a place in the page."""
    return "-".join("".join(c if c.isalnum() else "_" for c in str(name)) for name in names)


def build_report(comparisons, figures, place, path):
    """Write the page, and a folder of data beside it.

    Parameters
    ----------
    comparisons : list of Comparison
    figures : dict of list of Path
        SVG files by suite name, in folders below that of the page, or beside it.
    place : function
        From a suite's name to its rows by key, for the claims.
    path : Path
    """
    evidence = Evidence(place)
    names = {comparison.suite.name for comparison in comparisons}
    claims = [claim for claim in load_claims(FOLDER / "claims.toml") if claim.kind != "gates" or claim.suite in names]
    verdicts = [verdict for claim in claims for verdict in judge(claim, evidence)]
    shown = [verdict_lines(verdict, comparisons) for verdict in verdicts]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    points = [point for comparison in comparisons for point in points_of(comparison)]
    page = environment.get_template("report.html.jinja").render(
        style=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),
        library=Markup(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")),
        program=Markup((FOLDER / "report.js").read_text(encoding="utf-8")),
        data=Markup(json_of(page_data(comparisons, points))),
        cards=cards_of(shown), verdicts=shown, outcomes=OUTCOMES, controls=controls_of(comparisons),
        tallies=tallies([verdict for verdict in verdicts if verdict.lines]),
        suites=[suite_on_page(comparison, figures[comparison.suite.name], path) for comparison in comparisons],
        environments=environments(comparisons),
    )  # fmt: skip
    folder = path.with_name(FOLDER_OF_DATA)
    folder.mkdir(exist_ok=True)
    write_data(folder, "claims", {key_of(verdict): lines_of(verdict) for verdict in verdicts})
    for comparison in comparisons:
        write_data(folder, comparison.suite.name, suite_data(comparison))
    write_text(path, page)


def json_of(value):
    """Return JSON that may stand within a script of a page."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")


def write_data(folder, name, data):
    """Write a file that hands data to the page: a script, as a page on a disk may load no other file."""
    write_text(folder / f"{name}.js", f"fbbench.take({json.dumps(name)},{json_of(data)});\n")


def page_data(comparisons, points):
    """Return what the explorer needs."""
    return {
        "folder": FOLDER_OF_DATA,
        "suites": {c.suite.name: {"title": c.suite.title, "protocol": c.suite.protocol} for c in comparisons},
        "datasets": {name: c.title_of(name) for c in comparisons for name in c.datasets},
        "axes": AXES,
        "chart": chart(),
        "points": points,
    }


def controls_of(comparisons):
    """Return the explorer's lists: name, label, options and what is chosen first."""
    suites = {c.suite.name: c.suite.title for c in comparisons}
    datasets = {name: c.title_of(name) for c in comparisons for name in c.datasets}
    first = "leaderboard" if "leaderboard" in suites else next(iter(suites))
    of_first = next(c for c in comparisons if c.suite.name == first).datasets
    dataset = "fashion_mnist" if "fashion_mnist" in of_first else of_first[0]
    chosen = {"suite": first, "dataset": dataset, "x": "synthesized", "within": "10"}
    known = {
        "dataset": ("data set", datasets), "suite": ("experiment", suites),
        "protocol": ("protocol", {c.suite.protocol: c.suite.protocol for c in comparisons}),
        "numbers": ("made of", {numbers: numbers for numbers in COLOURS}),
        "budget": ("budget", {}),  # those of the experiment that is chosen, which the page knows
        "x": ("across", AXES),
        "within": ("of the best", {str(points): f"within {points} points" for points in (3, 5, 10, 20)}),
    }  # fmt: skip
    return [
        {
            "name": name, "label": label, "chosen": chosen.get(name, ""),
            "options": [*([] if name == "x" else [("", "all")]), *options.items()],
        }
        for name, (label, options) in known.items()
    ]  # fmt: skip


def cards_of(shown):
    """Return the verdicts that the page begins with, those of a claim together; the first ones where it has none."""
    with_lines = [verdict for verdict in shown if verdict["n_lines"]]
    ids = [name for name in HEADLINES if any(v["claim"].id == name for v in with_lines)]
    ids = ids or list(dict.fromkeys(v["claim"].id for v in with_lines))[:6]
    cards = []
    for name in ids:
        of = [verdict for verdict in with_lines if verdict["claim"].id == name]
        worst = max((v["outcome"] for v in of), key=lambda outcome: WORSE.index(outcome))
        said_by = SAID_BY[of[0]["claim"].of]
        cards.append({"claim": of[0]["claim"], "verdicts": of, "outcome": worst, "said_by": said_by})
    return cards


WORSE = (REPRODUCED, NOT_RUN, WITHIN_NOISE, CONTRADICTED)
"""Outcomes from the best to the worst: a card has the worst of its forms."""


def suite_on_page(comparison, paths, page):
    """Return what the page shows of a suite before it is asked for more."""
    return {
        "name": comparison.suite.name, "place": anchor(comparison.suite.name), "title": comparison.suite.title,
        "headings": list(TABLES), "figures": [figure_on_page(comparison, path, page) for path in paths],
    }  # fmt: skip


def figure_on_page(comparison, path, page):
    """Return a figure's place, size in pixels, and what it shows."""
    begins = path.read_text(encoding="utf-8")[:2000]
    size = {name: round(float(re.search(rf' {name}="([\d.]+)pt"', begins)[1])) for name in ("width", "height")}
    address = quote(path.relative_to(page.parent).as_posix())
    found = {"stem": path.stem, "caption": caption(comparison, path.stem), "address": address}
    return {**found, **size}


def suite_data(comparison):
    """Return the tables of a suite, and the rows behind every line of them."""
    return {
        "tables": [shown_table(comparison, heading) for heading in TABLES],
        "groups": {group.pop("id"): group for group in row_groups(comparison)},
    }


def key_of(verdict):
    """Return what the comparisons of a verdict are found by."""
    return f"{verdict.claim.id} {verdict.form}"


def lines_of(verdict):
    """Return the comparisons of a verdict: where, value, interval, seeds, keys of rows."""
    return [
        (line.where, *measured_text(verdict.claim, line), seeds_text(line), [key[:KEY] for key in line.keys])
        for line in verdict.lines
    ]


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
        "n_lines": len(verdict.lines),
        "key": key_of(verdict),
        "missing": verdict.missing,
    }


def shown_table(comparison, heading):
    """Return a table of a suite as plain values: columns, lines of texts, and where some columns lead to."""
    module, linked = TABLES[heading]
    _, shown, notes = module.make(comparison)
    links = [
        anchor("rows", comparison.suite.name, line.dataset, line.method_id, line.budget)
        for line in comparison.summary.itertuples()
    ]
    columns = list(shown.columns)
    return {
        "heading": heading, "columns": columns, "lines": [list(line) for line in shown.itertuples(index=False)],
        "linked": [number for number, name in enumerate(columns) if name in linked], "links": links,
        "notes": list(notes),
    }  # fmt: skip


def caption(comparison, stem):
    """Return what a figure shows, and what of the published figures is in it."""
    said = [CAPTIONS[stem]]
    if stem not in ("pareto", "learning_curves", "field", "measured_less_published", "beside_bmlp"):
        said.append("Bars are the standard deviation over seeds.")
        if comparison.summary.reported_accuracy.notna().any():
            said.append("Grey strokes: published, mean of ten runs.")
    if stem == "learning_curves" and comparison.suite.reported == CURVES_OF:
        said.append("Dots: published means.")
    return " ".join(said)


SHOWN = (
    "key", "seed", "heldout_accuracy", "train_accuracy", "wall_seconds", "seconds_per_epoch", "training_memory_bytes",
    "predict_one_seconds", "predict_thousand_seconds",
)  # fmt: skip
"""Of a row."""


def row_groups(comparison):
    """Return the rows behind every line of a suite's tables."""
    groups, rows = [], comparison.rows.sort_values("seed", kind="stable")
    shown = rows[[name for name in SHOWN if name in rows]].to_dict("records")
    by_line = {}
    for at, row in zip(zip(rows.dataset, rows.method_id, rows.budget, strict=True), shown, strict=True):
        by_line.setdefault(at, []).append(row)
    for line in comparison.summary.itertuples():
        of_line = by_line[line.dataset, line.method_id, line.budget]
        groups.append(
            {
                "id": anchor("rows", comparison.suite.name, line.dataset, line.method_id, line.budget),
                "title": f"{comparison.title_of(line.dataset)}, {line.label}, {shape_title(line.shape)} "
                f"(memory of {shape_title(budget_title(line.budget))})",
                "costs": f"{len(of_line)} rows, {line.memory_bits / 8e6:.3f} MB by the model, "
                f"{line.ledger_bits / 8e6:.3f} MB held, {scientific(line.gates)} gates a mini-batch",
                "rows": [row_texts(row) for row in of_line],
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
