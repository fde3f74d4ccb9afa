"""Handlers out of a deployed zip: their own modules, environment and clock."""

import os
import sys
from io import BytesIO
from zipfile import ZipFile

import pytest

from workbench.errors import NotDeployed
from workbench.targets.local.runtime.handlers import Unpacked, load
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
def unpacked():
    made = Unpacked()
    yield made
    made.close()


def zipped(files):
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_each_function_has_modules_and_variables_of_its_own(unpacked):
    folder = unpacked.path(zipped(FILES))
    variables, modules = dict(os.environ), set(sys.modules)
    first = load(folder, "lambdas.toy.handler", {"NAME": "first"}, CurrentRun())
    second = load(folder, "lambdas.toy.handler", {"NAME": "second"}, CurrentRun())
    first(1, None)
    assert first(2, None)[:2] == ("first", [1, 2])
    assert second(3, None)[:2] == ("second", [3])
    assert dict(os.environ) == variables
    assert {name for name in sys.modules if name.startswith("lambdas.toy")} <= modules


def test_the_clock_is_replaced_before_anyone_imports_it(unpacked):
    folder = unpacked.path(zipped(FILES))
    handler = load(folder, "lambdas.toy.handler", {"NAME": "x"}, CurrentRun())
    assert handler(1, None)[2] == 1_767_227_400.0


def test_the_same_content_is_unpacked_once(unpacked):
    assert unpacked.path(zipped(FILES)) == unpacked.path(zipped(FILES))


@pytest.mark.parametrize("handler", ["lambdas.none.handler", "lambdas.toy.none"])
def test_a_handler_that_is_not_in_the_zip_is_named(unpacked, handler):
    folder = unpacked.path(zipped(FILES))
    with pytest.raises(NotDeployed, match=handler):
        load(folder, handler, {"NAME": "x"}, CurrentRun())
