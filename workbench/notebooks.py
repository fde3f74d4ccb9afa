"""Running notebooks by papermill, strictly: an unknown parameter is an error, not a log line."""

import ast
import os
from pathlib import Path
from typing import Any

from workbench.errors import BadInput
from workbench.project import NOTEBOOKS

INJECTED = "# Parameters"  # papermill's first line of the cell that it injects


def execute(name: str, parameters: dict[str, Any], output: Path) -> None:
    """Execute `notebooks/<name>.ipynb` with these parameters into `output`."""
    import papermill
    from jupyter_client import AsyncKernelManager

    class LocalKernel(AsyncKernelManager):
        """A kernel that is spoken to through files, not through ports that others could read."""

        transport = "ipc"

    source = NOTEBOOKS / f"{name}.ipynb"
    known = papermill.inspect_notebook(str(source))
    _refuse(set(parameters) - set(known), set(known))
    output.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(
        str(source),
        str(output),
        parameters=parameters,
        cwd=str(NOTEBOOKS),
        kernel_name="python3",
        progress_bar=False,
        kernel_manager_class=LocalKernel,
    )


def refuse_unknown_parameters(cells: list[str]) -> None:
    """Called by a notebook with IPython's `In`: the same for one that papermill runs by itself."""
    declared = _names(cells[1]) if len(cells) > 1 else set()
    for cell in cells[2:3]:
        if cell.startswith(INJECTED):
            _refuse(_names(cell) - declared, declared)


def keep(executed: Path, run_folder: Path) -> Path:
    """Put an executed notebook into its run folder, whole or not at all."""
    kept = run_folder / executed.name
    os.replace(executed, kept)
    return kept


def _names(cell: str) -> set[str]:
    """The names that a cell of plain assignments gives."""
    targets = (
        target
        for node in ast.parse(cell).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    )
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _refuse(unknown: set[str], known: set[str]) -> None:
    if unknown:
        raise BadInput(
            f"the notebook has no parameter {', '.join(sorted(unknown))}. "
            f"It has {', '.join(sorted(known))}."
        )
