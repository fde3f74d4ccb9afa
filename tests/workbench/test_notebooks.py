"""Notebooks run strictly: a parameter that does not exist never runs with the defaults."""

import pytest

from workbench import notebooks
from workbench.errors import BadInput

DECLARED = 'design = "sqs"\nitems: int = 1000'


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path):
    output = tmp_path / "out" / "benchmark.ipynb"
    with pytest.raises(BadInput, match=r"no parameter itmes\. It has design, items"):
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
