"""Handlers out of a deployed folder: their own modules, environment and clock."""

import os
import sys

import pytest

from workbench.errors import NotDeployed
from workbench.targets.local.runtime.handlers import load
from workbench.targets.local.runtime.outside import CurrentRun

FILES = {
    "lambdas/__init__.py": "",
    "lambdas/outside.py": "def client(service): raise RuntimeError\ndef now(): return 0.0\n"
    "def sleep(seconds): raise RuntimeError\ndef gather(function, values, at_once): return []\n",
    "lambdas/work.py": "from lambdas import outside\n"
    "def process(item):\n    outside.sleep(item.value)\n",
    "lambdas/toy.py": "import os\nfrom lambdas import outside, work\n"
    "from lambdas.outside import now\n"
    "name = os.environ['NAME']\nseen = []\n"
    "def handler(event, context):\n    seen.append(event)\n    return name, seen, now()\n",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lambdas").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_each_function_has_modules_and_variables_of_its_own(folder):
    variables, modules = dict(os.environ), set(sys.modules)
    first = load(folder, "lambdas.toy.handler", {"NAME": "first"}, CurrentRun())
    second = load(folder, "lambdas.toy.handler", {"NAME": "second"}, CurrentRun())
    first(1, None)
    assert first(2, None)[:2] == ("first", [1, 2])
    assert second(3, None)[:2] == ("second", [3])
    assert dict(os.environ) == variables
    assert {name for name in sys.modules if name.startswith("lambdas.toy")} <= modules


def test_the_clock_is_replaced_before_anyone_imports_it(folder):
    handler = load(folder, "lambdas.toy.handler", {"NAME": "x"}, CurrentRun())
    assert handler(1, None)[2] == 1_767_227_400.0


@pytest.mark.parametrize("handler", ["lambdas.none.handler", "lambdas.toy.none"])
def test_a_handler_that_is_not_in_the_folder_is_named(folder, handler):
    with pytest.raises(NotDeployed, match=handler):
        load(folder, handler, {"NAME": "x"}, CurrentRun())
