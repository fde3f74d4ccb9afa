"""Notebooks run strictly: a parameter that does not exist never runs with the defaults."""

import ast
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from papermill.exceptions import PapermillExecutionError

from workbench import notebooks
from workbench.errors import BadInput, Incomplete
from workbench.project import NOTEBOOKS
from workbench.targets.local.target import LocalTarget

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
DECLARED = 'design = "sqs"\nitems: int = 1000'


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path):
    output = tmp_path / "out" / "benchmark.ipynb"
    with pytest.raises(BadInput, match=r"no parameter itmes\. It has design, fill, items, preset"):
        notebooks.execute("benchmark", {"itmes": 5}, output)
    assert not output.parent.exists()


def test_a_notebook_that_papermill_runs_by_itself_refuses_it_too():
    with pytest.raises(BadInput, match="no parameter itmes"):
        notebooks.refuse_unknown_parameters(["", DECLARED, "# Parameters\nitmes = 5\n"])


@pytest.mark.parametrize(
    "cells",
    [
        ["", DECLARED, "# Parameters\nitems = 5\n"],
        ["", DECLARED, "import math\nx = 5"],  # opened by hand: no cell was injected
        ["", DECLARED],
    ],
)
def test_known_parameters_and_notebooks_opened_by_hand_pass(cells):
    notebooks.refuse_unknown_parameters(cells)


def test_a_kept_notebook_is_moved_whole(tmp_path):
    executed, folder = tmp_path / "benchmark.ipynb", tmp_path / "run"
    folder.mkdir()
    executed.write_text("{}")
    assert notebooks.keep(executed, folder).read_text() == "{}"
    assert not executed.exists()


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_whatever_a_notebook_imports_is_there(path):
    """Without a kernel, so that a module that moves is missed at once."""
    for cell in nbformat.read(path, as_version=4).cells:
        for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
            if isinstance(node, ast.ImportFrom | ast.Import):
                exec(ast.unparse(node), {})


# What follows starts kernels, on notebooks of a cell or two.


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A function that writes a notebook `one.ipynb` and makes its folder the project's."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(notebooks, "NOTEBOOKS", folder)

    def write(code):
        cells = [nbformat.v4.new_code_cell(code, metadata={"tags": ["parameters"]})]
        made = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
        nbformat.write(made, folder / "one.ipynb")
        return folder

    return write


def started(folder, output, **to):
    """Another process that executes the notebook."""
    code = (
        "import signal; from pathlib import Path; from workbench import notebooks; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # background jobs ignore it
        f"notebooks.NOTEBOOKS = Path({str(folder)!r}); "
        f"notebooks.execute('one', {{}}, Path({str(output)!r}))"
    )
    return subprocess.Popen([sys.executable, "-c", code], text=True, **to)


def test_two_notebooks_run_at_once_without_a_word_and_write_only_their_output(notebook, tmp_path):
    """Each waits for a sign of the other, so that they do run at the same time."""
    folder = notebook(
        f"import os, time\nfrom pathlib import Path\nplace = Path({str(tmp_path)!r})\n"
        "(place / f'sign-{os.getpid()}').touch()\n"
        "while len(list(place.glob('sign-*'))) < 2:\n    time.sleep(0.05)"
    )
    temporary = tmp_path / "t"
    temporary.mkdir()
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    quiet["env"] = os.environ | {"TMPDIR": str(temporary)}
    both = [started(folder, tmp_path / f"{name}.ipynb", **quiet) for name in "ab"]
    told = [process.communicate(timeout=100)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert [line for text in told for line in text.splitlines() if "Interrupt" in line] == []
    assert [path.name for path in folder.iterdir()] == ["one.ipynb"]
    assert list(temporary.iterdir()) == []
    assert {path.name for path in tmp_path.glob("*.ipynb")} == {"a.ipynb", "b.ipynb"}


def test_a_killed_kernel_ends_the_notebook_with_a_line(notebook, tmp_path):
    notebook("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(Incomplete, match=r"^one\.ipynb did not finish: Kernel died\. Its kernel"):
        notebooks.execute("one", {}, tmp_path / "out.ipynb")


def test_an_error_of_ours_in_a_cell_is_ours_again_and_a_bug_keeps_its_traceback(notebook, tmp_path):
    notebook("from workbench.errors import BadKnob\nraise BadKnob('claim', 3, 'must be true')")
    with pytest.raises(BadInput) as refused:
        notebooks.execute("one", {}, tmp_path / "out.ipynb")
    assert str(refused.value) == "one.ipynb: claim=3: must be true."
    notebook("open('/nowhere/at/all')")
    with pytest.raises(Incomplete, match=r"^one\.ipynb: .*No such file.*run the same"):
        notebooks.execute("one", {}, tmp_path / "out.ipynb")
    notebook("1 / 0")
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        notebooks.execute("one", {}, tmp_path / "out.ipynb")


def test_ctrl_c_lets_the_cell_clean_up_and_leaves_no_kernel(notebook, tmp_path):
    sign, cleaned = tmp_path / "sign", tmp_path / "cleaned"
    folder = notebook(
        f"import os, time\nfrom pathlib import Path\ntry:\n"
        f"    Path({str(sign)!r}).write_text(str(os.getpid()))\n    time.sleep(300)\n"
        f"finally:\n    Path({str(cleaned)!r}).touch()"
    )
    process = started(folder, tmp_path / "out.ipynb", stderr=subprocess.PIPE)
    while not (sign.exists() and sign.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1].splitlines()[-1] == "KeyboardInterrupt"
    assert cleaned.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(sign.read_text()), 0)


def test_ctrl_c_at_the_birth_of_a_kernel_leaves_none(notebook, tmp_path, monkeypatch):
    """After its process exists, and before anybody was told its id."""
    notebook("")
    born = []
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it

    class Interrupted(subprocess.Popen):
        def __init__(self, *command, **options):
            super().__init__(*command, **options)
            born.append(self)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("jupyter_client.launcher.Popen", Interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            notebooks.execute("one", {}, tmp_path / "out.ipynb")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, usual)
    assert [kernel.returncode for kernel in born] == [-signal.SIGKILL]


def test_a_folder_of_temporary_files_with_a_long_path_is_not_taken_for_sockets(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/tmp/" + "long/" * 12)
    assert notebooks._sockets_parent() == Path("/tmp")


def test_a_notebook_begins_with_its_folder_and_with_literal_dollars(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pd.option_context("display.html.use_mathjax", True):
        assert notebooks.begin(["", DECLARED], "own") == tmp_path / "own"
        assert 'class="dataframe tex2jax_ignore mathjax_ignore"' in pd.DataFrame([1])._repr_html_()
    assert capsys.readouterr().out == f"results: {tmp_path / 'own'}\n"


class BrokenOff(LocalTarget):
    """A batch of which nothing is known but that it did not complete."""

    def run(self, design, batch, on_progress):
        data = super().run(design, batch, on_progress)
        times = dict.fromkeys(("created_s", "processed_s", "detected_s"))
        run = replace(data.run, **times, status="incomplete", reason="the token expired")
        return replace(data, run=run, timeline=data.timeline[:0], usage=data.usage[:0])


def test_the_benchmark_of_a_run_that_did_not_complete_ends_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.runs.runner.make_target", lambda *_: BrokenOff())
    found = nbformat.read(NOTEBOOKS / "benchmark.ipynb", 4)
    cells = [cell.source for cell in found.cells if cell.cell_type == "code"]
    known = {"In": [], "display": print}
    exec(f"{cells[0]}\nitems, results = 20, {str(tmp_path)!r}", known)
    for cell in cells[1:]:
        exec(cell, known)
    shown = known["one_run"].evidence(known["folder"], known["pulled"])
    assert "Not pulled: the token expired." in shown._repr_html_()
