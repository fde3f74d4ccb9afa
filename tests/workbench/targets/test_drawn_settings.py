"""Settings drawn over every knob: identities of bill, usage, counts and times, and agreement.

Both simulated targets keep the same identities, and lie no further apart than `differences` says. A
failure names its number, which draws the same settings again.
"""

import pytest

from tests.workbench.targets.drawn_settings import broken, differences, drawn, ran
from workbench.designs import DESIGNS
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

TOGETHER = 10  # settings of a test, on one deployed stack
QUICK, WHOLE = 1, 10  # tests of each design
LARGE_ITEMS = 1_000_000
EVERY = [(name, first * TOGETHER) for name in DESIGNS for first in range(WHOLE)]
FIRST = [(name, first) for name, first in EVERY if first < QUICK * TOGETHER]


def told(name, number, design, batch, found):
    """What does not hold, with the settings that show it."""
    head = f"{name} {number}: {batch.items} items, {design.changed_knobs()}"
    return [f"{head}: {what}" for what in found]


def both(name, first):
    """What does not hold of either target, or between them, over some settings."""
    model, found = ModelTarget(), []
    with LocalTarget() as local:
        for number in range(first, first + TOGETHER):
            design, batch = drawn(name, number)
            runs = [ran(target, design, batch) for target in (local, model)]
            wrong = [f"{run.run.target}: {what}" for run in runs for what in broken(batch, run)]
            found += told(name, number, design, batch, [*wrong, *differences(design, *runs)])
    return found


@pytest.mark.parametrize(("name", "first"), FIRST)
def test_identities_hold_and_the_targets_agree_over_some_settings(name, first):
    assert both(name, first) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "first"), EVERY)
def test_identities_hold_and_the_targets_agree_over_a_hundred_settings(name, first):
    assert both(name, first) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_identities_hold_of_large_batches_on_the_model(name):
    found = []
    for number in range(1_000, 1_100):
        design, batch = drawn(name, number, LARGE_ITEMS)
        found += told(name, number, design, batch, broken(batch, ran(ModelTarget(), design, batch)))
    assert found == []
