"""The report: `notebooks/compare.ipynb` executed on the runs, as one page that opens offline.

Only the notebook's words and displayed outputs go into the page. It has no script and names no
address: charts lie in it as data.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from analysis.html_page import whole_page
from workbench.runs.results_folder import published
from workbench.temporary import temporary_folder, written_whole

Execute = Callable[[str, dict[str, Any], Path], None]  # workbench.notebooks.execute

TITLE = "What does it cost to know that a batch is done?"


def render(results: Path, execute: Execute) -> Path:
    """Execute the notebook on a set of runs and write `report.html` where its charts go."""
    path = published(results) / "report.html"
    with temporary_folder(Path(gettempdir()), "workbench-report-") as folder:
        executed = folder / "compare.ipynb"
        execute("compare", {"results": str(results.resolve())}, executed)
        text = page(executed)
    with written_whole(path) as written:
        written.write_text(text, encoding="utf-8")
    return path


def page(executed: Path) -> str:
    """An executed notebook as a page without code, scripts or addresses."""
    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        require_js_url="",
        mathjax_url="",
        mermaid_js_url="",
    )
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:  # printed lines name folders of the machine that made the page
        kept = [one for one in cell.get("outputs", []) if one.output_type != "stream"]
        cell.update({"outputs": kept} if cell.cell_type == "code" else {})
    body, _ = exporter.from_notebook_node(notebook)
    return whole_page(TITLE, body)
