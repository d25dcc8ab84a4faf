"""The notebook runs from top to bottom, and prints what it says."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]


def test_the_tour_runs_from_top_to_bottom():
    notebook = nbformat.read(ROOT / "docs" / "tour.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # what it prints is made anew
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    said = "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    assert "of rows it has not seen" in said and "gates a mini-batch by the model" in said
    assert "contradicted" in said and "reproduced" in said
