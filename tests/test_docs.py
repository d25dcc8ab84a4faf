"""The examples of the site run, and print what they should; pages lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
SAID = {
    "plot_1_own_data.py": r"sixteen: 0\.9",
    "plot_2_budget.py": r"200 kB: +\d+ units, 9\d\.\d % of held-out rows\n.*are the least for 1347 rows",
    "plot_3_saved_model.py": r"after a fourth epoch: True\n.*by NumPy alone: True",
    "plot_4_pipeline.py": r"of five folds.*mean distance 0\.0",
}


def test_every_example_is_known():
    assert {path.name for path in (DOCS / "examples").glob("plot_*.py")} == SAID.keys()


@pytest.mark.parametrize("name", SAID)
def test_examples_run(name, tmp_path):
    done = subprocess.run(
        [sys.executable, DOCS / "examples" / name], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "MPLBACKEND": "agg"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(SAID[name], done.stdout, flags=re.DOTALL), done.stdout


def pages():
    return sorted(DOCS.glob("*.md"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)", text):
        made = target.removeprefix("gallery/").replace(".rst", ".py")
        found = (DOCS / target).exists() or (DOCS / "examples" / made).exists() or target == "gallery/index.rst"
        assert found, f"{page.name} leads to {target}"


def test_every_page_is_in_a_list_of_contents():
    listed = set(re.findall(r"^([a-z-]+)$", (DOCS / "index.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {page.stem for page in pages()} - {"index"} <= listed
