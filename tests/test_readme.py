"""The README's snippets run as they stand, and score on rows that were not trained on."""

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_snippets_run_and_score_on_held_out_rows():
    (snippet,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "train_test_split" in snippet
    for scored in re.findall(r"\.score\((.*?)\)", snippet):
        assert scored == "X_heldout, y_heldout"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(snippet, "README.md", "exec"), {})
    scores = said.getvalue().split()
    assert float(scores[0]) > 0.85 and float(scores[-2]) > 0.9
