"""Snippets of the quick start run as they stand, and score on rows not trained on; the README is short."""

import contextlib
import io
import re
from pathlib import Path

from fbbench.costs.instructions import instructions_of

ROOT = Path(__file__).parents[1]
START = ROOT / "docs" / "start.md"


def test_snippets_run_and_score_on_held_out_rows():
    (snippet,) = re.findall(r"```python\n(.*?)```", START.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "train_test_split" in snippet
    for scored in re.findall(r"\.score\((.*?)\)", snippet):
        assert scored == "X_heldout, y_heldout"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(snippet, "start.md", "exec"), {})
    scores = said.getvalue().split()
    assert float(scores[0]) > 0.85 and float(scores[-2]) > 0.9


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text):
        assert (ROOT / target).exists(), target


def test_numbers_of_the_readme_about_microcontrollers_are_those_that_were_counted():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    budgets = ("35_35", "135_135", "525_525")

    def ratios(rival, device):
        of = [instructions_of(rival, b, device) / instructions_of("bmlp_binary8", b, device) for b in budgets]
        return min(of), max(of)

    low, high = ratios("sgd_fused", "cortex-m0plus")
    assert f"{low:.0f} to {high:.0f} times fewer instructions a row than float32 SGD" in text
    low, high = ratios("sgd_fused", "cortex-m4")
    assert f"{low:.1f} to {high:.1f} with one" in text
    both = [*ratios("sgd_int8", "cortex-m4"), *ratios("sgd_int8", "cortex-m0plus")]
    assert f"{min(both):.0f} to {max(both):.0f} fewer than plain int8 C" in text
