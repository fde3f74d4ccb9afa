"""The examples in the docstrings of the Python API do what they say."""

import doctest

import pytest

import workbench
from workbench.api import batches, stored
from workbench.project import ROOT

FUNCTIONS = {name: home for name, home in workbench.HOMES.items() if name.islower()}
SLOW = {"advise"}  # it tunes every design
NAMES = [pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in FUNCTIONS]
MODULES = {"stored": stored, "batches": batches}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the project's runs and workloads in it, as the examples have them."""
    for name in ("results", "workloads"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "build").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_function_gives_what_it_says(name, place):
    module = MODULES[FUNCTIONS[name]]
    [found] = doctest.DocTestFinder(recurse=False).find(
        getattr(module, name), name, globs={one: getattr(workbench, one) for one in FUNCTIONS}
    )
    assert found.examples
    told = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found, out=told.append)
    assert "".join(told) == ""
