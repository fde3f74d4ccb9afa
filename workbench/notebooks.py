"""Running notebooks by papermill, strictly: an unknown parameter is an error, not a log line.

Every kernel is spoken to through sockets in a temporary folder of its own, so that several run at
once, other users of the machine cannot listen, and nothing is written beside the notebooks.
"""

import ast
import builtins
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

from workbench import errors
from workbench.errors import BadInput, Incomplete, WorkbenchError
from workbench.project import NOTEBOOKS, results_folder
from workbench.temporary import temporary_folder

OURS = (
    "benchmark.ipynb",
    "compare.ipynb",
    "explore.ipynb",
    "pandas.ipynb",
    "reconcile.ipynb",
)  # `make lab` saves these stripped
INJECTED = "# Parameters"  # papermill's first line of the cell that it injects
START_MAX_S = 120  # for a kernel to answer; a busy machine takes ten
QUIET = "--IPKernelApp.log_level=50"  # errors of cells come as messages, not by its log
STOP_MAX_S = 4.0  # for a kernel to end by itself, half of it before it is interrupted
SOCKET_FOLDER_CHARS_MAX = 40  # of the folder around ours: a socket's path has 104 characters


def execute(name: str, parameters: dict[str, Any], output: Path) -> None:
    """Execute `notebooks/<name>.ipynb` with these parameters into `output`.

    Raises BadInput for an unknown parameter, the WorkbenchError that a cell raised, and Incomplete
    if the kernel does not start or dies.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    source = NOTEBOOKS / f"{name}.ipynb"
    known = papermill.inspect_notebook(str(source))
    _refuse(set(parameters) - set(known), set(known))
    output.parent.mkdir(parents=True, exist_ok=True)
    with (
        temporary_folder(_sockets_parent(), "workbench-kernel-") as folder,
        _own_kernel(folder) as manager,
    ):
        try:
            papermill.execute_notebook(
                str(source),
                str(output.resolve()),
                parameters=parameters,
                cwd=str(NOTEBOOKS),
                kernel_name="python3",
                progress_bar=False,
                start_timeout=START_MAX_S,
                kernel_manager_class=manager,
            )
        except PapermillExecutionError as error:
            raise _of_cell(name, error) from None
        except RuntimeError as error:  # nbclient's, of a kernel that died or never answered
            raise Incomplete(
                f"{name}.ipynb did not finish: {error}. Its kernel was killed, as it is when "
                "memory runs out, or could not start: take fewer items, or start it again."
            ) from None


def begin(cells: list[str], results: str | Path) -> Path:
    """What every notebook calls first, with IPython's `In`: strict parameters, literal dollars.

    Gives the results folder, and prints it.
    """
    import pandas as pd

    refuse_unknown_parameters(cells)
    pd.options.display.html.use_mathjax = False  # two dollar signs are no formula
    folder = results_folder(results)
    print(f"results: {folder}")
    return folder


def refuse_unknown_parameters(cells: list[str]) -> None:
    """The same strictness for a notebook that papermill runs by itself."""
    declared = _names(cells[1]) if len(cells) > 1 else set()
    for cell in cells[2:3]:
        if cell.startswith(INJECTED):
            _refuse(_names(cell) - declared, declared)


def keep(executed: Path, run_folder: Path) -> Path:
    """Put an executed notebook into its run folder, whole or not at all."""
    kept = run_folder / executed.name
    os.replace(executed, kept)
    return kept


@contextmanager
def _own_kernel(folder: Path) -> Iterator[type]:
    """A manager of one kernel whose connection file and sockets lie in `folder`.

    nbclient ends the kernel, but for one that is interrupted while it starts: that is ended here.
    """
    from jupyter_client import AsyncKernelManager

    class OwnKernel(AsyncKernelManager):
        transport = "ipc"
        connection_file = str(folder / "kernel.json")
        shutdown_wait_time = STOP_MAX_S

        async def _async_interrupt_kernel(self) -> None:
            """Nothing on shutdown: an idle kernel ends by itself, and would log the interrupt."""
            if not self.shutting_down:
                await super()._async_interrupt_kernel()

        async def _async_send_kernel_sigterm(self, restart: bool = False) -> None:  # noqa: ARG002
            """A busy kernel is interrupted, so that its cell cleans up; then it ends."""
            await super()._async_interrupt_kernel()

        async def _async_pre_start_kernel(self, **options: Any) -> Any:
            command, others = await super()._async_pre_start_kernel(**options)
            provisioners.append(self.provisioner)
            return [*command, QUIET], others

        async def _async_launch_kernel(self, *command: Any, **options: Any) -> None:
            """Whole: of a process whose start was interrupted nobody would know the id."""
            with _interrupts_later():
                await super()._async_launch_kernel(*command, **options)

    provisioners: list[Any] = []
    try:
        yield OwnKernel
    finally:
        for process in filter(None, (one.process for one in provisioners)):
            process.kill()
            process.wait()


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C takes effect at the end of this; off the main thread it never comes.

    A handler, as a blocked signal would stay blocked in what is started here.
    """
    if current_thread() is not main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    usual = signal.signal(signal.SIGINT, lambda *signal_: came.append(signal_))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if came and callable(usual):
            usual(*came[0])


def _sockets_parent() -> Path:
    """The folder for temporary files, or /tmp where its path is too long for sockets."""
    usual = Path(tempfile.gettempdir()).resolve()
    return usual if len(str(usual)) <= SOCKET_FOLDER_CHARS_MAX else Path("/tmp")


def _of_cell(name: str, error: Any) -> BaseException:
    """The error of a cell: ours in one line, Ctrl-C as itself, a bug with papermill's traceback."""
    if error.ename == "KeyboardInterrupt":
        return KeyboardInterrupt()
    if issubclass(getattr(builtins, error.ename, object), OSError):  # a full disk, a missing right
        return Incomplete(f"{name}.ipynb: {error.evalue}. {errors.LOOK}")
    from workbench.stacks import aws_errors  # loads botocore

    kind = getattr(errors, error.ename, None) or getattr(aws_errors, error.ename, None)
    if kind is None or not issubclass(kind, WorkbenchError):
        return error
    plain = BadInput if issubclass(kind, BadInput) else kind  # some take more than a text
    return plain(f"{name}.ipynb: {error.evalue}")


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
