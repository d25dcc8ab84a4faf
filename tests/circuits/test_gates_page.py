"""The ranges that docs/gates.md shows are those of the claims that it names."""

import re
from pathlib import Path

import pytest

from fbbench.circuits import table
from fbbench.experiments.analysis.claims import load_claims
from fbbench.experiments.analysis.verdicts import Evidence, judge
from fbbench.places import REPOSITORY, shipped

PAGE = REPOSITORY / "docs" / "gates.md"
LINE = re.compile(r"\| `((?:gates|energy)-[\w-]+)` \| ([^|]+) \| ([^|]+) \|")

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs are in a clone alone")


def numbers(text):
    """Return the numbers of a cell, with the digits behind the point that they are given in."""
    found = re.findall(r"\d+(?:\.\d+)?", text)
    return [(float(number), len(number.partition(".")[2])) for number in found]


def test_ranges_are_those_of_the_claims():
    shown = {claim: (claimed, published) for claim, claimed, published in LINE.findall(PAGE.read_text())}
    claims = {claim.id: claim for claim in load_claims(shipped("paper/claims.toml"))}
    assert len(shown) >= 14
    for name, (claimed, published) in shown.items():
        verdicts = {verdict.form: verdict for verdict in judge(claims[name], Evidence(lambda suite: {}))}
        for form, text in (("claimed", claimed), ("published", published)):
            ratios = [line.value for line in verdicts[form].lines]
            ends = numbers(text)
            wanted = [min(ratios), max(ratios)] if len(ends) == 2 else ratios
            for (number, digits), ratio in zip(ends, wanted, strict=True):
                assert round(ratio, digits) == number, f"{name}, {form}: {text}, but {ratio}"


def test_the_table_of_circuits_is_that_of_the_csv():
    text = PAGE.read_text()
    for name, row in table().items():
        n = int(row["elements"])
        one = f"{int(row['gates']) / n:.2f}" if n > 1 else ""
        cells = [f"`{name}`", row["what"], row["gates"], one, f"{float(row['nand2']):.0f}", row["depth"]]
        assert f"| {' | '.join(cells)} |".replace("|  |", "|  |") in text, name


def test_the_page_is_linked():
    assert "docs/gates.md" in Path(REPOSITORY / "README.md").read_text()
