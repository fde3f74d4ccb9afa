"""The log of what is done with items."""

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.outside import ItemLog


def executed(item_log, kernel, item, at_s, ok=True):
    kernel.now = at_s
    item_log.begun(item)
    (item_log.done if ok else item_log.failed)(item)
    item_log.ended(item)


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
