"""What `workbench` lists is there for people and type checkers, and nothing of it is loaded."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import workbench


def test_the_package_by_itself_loads_nothing():
    code = "import sys; before = set(sys.modules); import workbench; print(*sys.modules - before)"
    code = code.replace("*sys.modules - before", "*sorted(set(sys.modules) - before)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["workbench"]


@pytest.mark.parametrize("name", workbench.HOMES)
def test_every_name_is_there_and_lives_where_the_list_says(name):
    assert getattr(workbench, name).__module__ == f"workbench.api.{workbench.HOMES[name]}"
    assert name in dir(workbench)
    assert getattr(workbench, name).__doc__


def test_type_checkers_are_told_the_same_names():
    tree = ast.parse(Path(workbench.__file__).read_text())
    told = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "importlib"
        for alias in node.names
    }
    assert told == {name: f"workbench.api.{home}" for name, home in workbench.HOMES.items()}
    assert set(workbench.__all__) == set(told)


def test_no_name_is_also_a_module_which_would_take_its_place():
    modules = {one.name for one in pkgutil.iter_modules(workbench.__path__)}
    assert modules & set(workbench.HOMES) == set()


def test_another_name_is_an_error_that_names_it():
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = workbench.nothing
