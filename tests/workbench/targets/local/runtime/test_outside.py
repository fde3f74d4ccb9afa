"""Handlers have modules, environment and clock of their own; the log of what is done with items."""

import os
import sys

import pytest

from workbench.engine.kernel import Kernel
from workbench.errors import NotDeployed
from workbench.targets.local.runtime.outside import CurrentRun, ItemLog, load

FILES = {
    "lambdas/__init__.py": "",
    "lambdas/outside.py": "def client(service): raise RuntimeError\ndef now(): return 0.0\n"
    "def sleep(seconds): raise RuntimeError\ndef gather(function, values, at_once): return []\n",
    "lambdas/work.py": "from lambdas import outside\n"
    "def work(item, failing):\n    outside.sleep(item.value)\n",
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


def executed(item_log, kernel, item, at_s, ok=True):
    kernel.now = at_s
    item_log.begun(item)
    (item_log.done if ok else item_log.failed)(item)
    item_log.ended(item)


def test_what_the_runtime_of_aws_has_and_this_machine_lacks_is_said_with_what_to_do(folder):
    (folder / "lambdas" / "away.py").write_text("import not_here\n")
    with pytest.raises(NotDeployed, match=r"No module named 'not_here'\. Install it here too"):
        load(folder, "lambdas.away.handler", {}, CurrentRun())
    with pytest.raises(NotDeployed) as missing:
        load(folder, "lambdas.nothing.handler", {}, CurrentRun())
    assert "Install" not in str(missing.value)


def test_an_item_is_done_once_and_repeats_are_counted():
    kernel, seen = Kernel(), []
    item_log = ItemLog(kernel, seen.append)
    executed(item_log, kernel, "a", 1.0, ok=False)
    executed(item_log, kernel, "b", 2.0)
    executed(item_log, kernel, "a", 3.0)
    executed(item_log, kernel, "b", 4.0)
    executed(item_log, kernel, "b", 5.0, ok=False)
    assert (item_log.done_s, item_log.failed_s) == ({"b": 2.0, "a": 3.0}, {})
    assert (item_log.repeated, item_log.overlaps, seen) == (1, 0, [1, 2, 2])
    assert item_log.last_s({"a", "b"}) == 3.0


def test_an_item_that_only_failed_is_over_at_its_last_try():
    kernel = Kernel()
    item_log = ItemLog(kernel, lambda over: None)
    for at_s in (1.0, 9.0):
        executed(item_log, kernel, "a", at_s, ok=False)
    executed(item_log, kernel, "stranger", 20.0, ok=False)
    assert item_log.failed_s == {"a": 9.0, "stranger": 20.0}
    assert (item_log.last_s({"a"}), item_log.last_s(set())) == (9.0, None)


def test_two_live_executions_of_an_item_are_an_overlap():
    item_log = ItemLog(Kernel(), lambda over: None)
    item_log.begun("a")
    item_log.begun("b")
    item_log.begun("a")
    item_log.ended("a")
    item_log.ended("a")
    item_log.begun("a")
    assert item_log.overlaps == 1
