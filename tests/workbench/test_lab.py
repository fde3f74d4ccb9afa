"""A notebook of ours that JupyterLab saves after its cells were run is the file as it was."""

import subprocess

import nbformat
import pytest
from jupyter_server.services.contents.filemanager import FileContentsManager

from workbench.notebooks import OURS
from workbench.project import NOTEBOOKS, ROOT


@pytest.fixture
def manager(tmp_path):
    """The server's own way to files, with the hook as `make lab` gives it."""
    for name in OURS:
        (tmp_path / name).write_bytes((NOTEBOOKS / name).read_bytes())
    hook = next(word for word in (ROOT / "Makefile").read_text().split() if "pre_save" in word)
    assert hook.startswith("--ContentsManager.pre_save_hook=")
    return FileContentsManager(root_dir=str(tmp_path), pre_save_hook=hook.split("=")[1])


def run_and_save(manager, name):
    """What JupyterLab does: run every cell, move a slider, save."""
    model = manager.get(name)
    content = model["content"]
    content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    content["metadata"]["language_info"]["version"] = "3.12.0"
    for number, cell in enumerate(content["cells"], 1):
        cell["metadata"] |= {"scrolled": True, "execution": {"iopub.status.idle": "now"}}
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [nbformat.v4.new_output("stream", text="done\n")]
    manager.save(model, name)


@pytest.mark.parametrize("name", OURS)
def test_saving_changes_no_byte(manager, tmp_path, name):
    run_and_save(manager, name)
    assert (tmp_path / name).read_bytes() == (NOTEBOOKS / name).read_bytes()


def test_a_notebook_of_ones_own_keeps_its_outputs(manager, tmp_path):
    (tmp_path / "mine.ipynb").write_bytes((NOTEBOOKS / "explore.ipynb").read_bytes())
    run_and_save(manager, "mine.ipynb")
    saved = nbformat.read(tmp_path / "mine.ipynb", as_version=4)
    assert {len(cell.outputs) for cell in saved.cells if cell.cell_type == "code"} == {1}


def test_ours_are_those_that_git_knows():
    told = subprocess.run(
        ["git", "-C", str(NOTEBOOKS), "ls-files", "*.ipynb"], capture_output=True, text=True
    )
    assert sorted(told.stdout.split()) == sorted(OURS)
