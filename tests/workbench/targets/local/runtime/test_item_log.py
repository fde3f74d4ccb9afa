"""The truth about items."""

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.item_log import Witness


def executed(witness, kernel, item, at_s, ok=True):
    kernel.now = at_s
    witness.begun(item)
    (witness.done if ok else witness.failed)(item)
    witness.ended(item)


def test_an_item_is_done_once_and_repeats_are_counted():
    kernel, seen = Kernel(), []
    witness = Witness(kernel, seen.append)
    executed(witness, kernel, "a", 1.0, ok=False)
    executed(witness, kernel, "b", 2.0)
    executed(witness, kernel, "a", 3.0)
    executed(witness, kernel, "b", 4.0)
    executed(witness, kernel, "b", 5.0, ok=False)
    assert (witness.done_s, witness.failed_s) == ({"b": 2.0, "a": 3.0}, {})
    assert (witness.repeated, witness.overlaps, seen) == (1, 0, [1, 2, 2])
    assert witness.last_s({"a", "b"}) == 3.0


def test_an_item_that_only_failed_is_over_at_its_last_try():
    kernel = Kernel()
    witness = Witness(kernel, lambda over: None)
    for at_s in (1.0, 9.0):
        executed(witness, kernel, "a", at_s, ok=False)
    executed(witness, kernel, "stranger", 20.0, ok=False)
    assert witness.failed_s == {"a": 9.0, "stranger": 20.0}
    assert (witness.last_s({"a"}), witness.last_s(set())) == (9.0, None)


def test_two_live_executions_of_an_item_are_an_overlap():
    witness = Witness(Kernel(), lambda over: None)
    witness.begun("a")
    witness.begun("b")
    witness.begun("a")
    witness.ended("a")
    witness.ended("a")
    witness.begun("a")
    assert witness.overlaps == 1
