"""What JupyterLab saves of the project's notebooks: their words and code, as `make lab` sets it."""

import json
from typing import Any

from workbench.project import NOTEBOOKS

OURS = ("benchmark.ipynb", "compare.ipynb", "explore.ipynb", "reconcile.ipynb")


def strip(model: dict[str, Any], path: str, **_server: object) -> None:
    """Before a notebook of ours is saved: no outputs, counts or widgets; metadata as stored.

    So a slider that was moved and saved changes no file. One's own notebooks keep everything.
    """
    name = path.strip("/")
    if model["type"] != "notebook" or name not in OURS:
        return
    content, stored = model["content"], json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    content["metadata"] = stored["metadata"]
    kept = {cell.get("id"): cell["metadata"] for cell in stored["cells"]}
    for cell in content["cells"]:
        cell["metadata"] = kept.get(cell.get("id"), {})
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
