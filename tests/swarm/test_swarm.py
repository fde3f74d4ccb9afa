"""A few seeds of the swarm; runs are the same every time, both ways, and in any order."""

from dataclasses import replace

import pytest

from workbench.designs import DESIGNS
from workbench.swarm.cases import draw_case
from workbench.swarm.checks import CHECKS, violations
from workbench.swarm.harness import FaultHarness
from workbench.swarm.swarm import swarm

SEEDS = 10


def story(seen):
    """All of a run that can be compared."""
    calls = [(call.t_s, call.role, call.operation, call.error) for call in seen.calls]
    tries = [(one.item, one.begun_s, one.ended_s, one.outcome) for one in seen.executions]
    told = [(one.t_s, one.message) for one in seen.notified]
    usage = seen.usage.values.tolist()
    return calls, tries, told, sorted(seen.records), usage, seen.plan.hits


@pytest.mark.parametrize("design", DESIGNS)
def test_no_promise_is_broken(design):
    assert swarm(SEEDS, 0, (design,), processes=1) == []


@pytest.mark.parametrize("design", DESIGNS)
def test_a_seed_gives_the_same_story_whatever_ran_before(design):
    with FaultHarness(design) as harness:
        first = story(harness.run(draw_case(3, design)))
        for seed in (4, 5):
            harness.run(draw_case(seed, design))
        assert story(harness.run(draw_case(3, design))) == first
    with FaultHarness(design) as harness:
        assert story(harness.run(draw_case(3, design))) == first


def test_a_meter_that_forgets_a_call_is_seen(monkeypatch):
    from workbench.targets.local.sqs.calls import SqsService

    monkeypatch.setattr(SqsService, "meter", lambda *_: None)
    with FaultHarness("sqs") as harness:
        case = draw_case(1, "sqs")
        case = replace(case, design=replace(case.design, batch_window_s=0))
        assert "billing" in violations(harness.run(case))


def test_a_run_that_miscounts_is_seen(monkeypatch):
    from workbench.targets.local.runtime.outside import ItemLog

    monkeypatch.setattr(ItemLog, "failed", lambda *_: None)
    monkeypatch.setattr(ItemLog, "done", lambda *_: None)
    with FaultHarness("sfn") as harness:
        assert "counts" in violations(harness.run(draw_case(2, "sfn")))


def test_there_is_a_control_for_every_check():
    from tests.swarm.controls import counters_rules
    from tests.swarm.controls.raising import ROLES, raising
    from tests.swarm.controls.sfn_rules import RULES
    from tests.swarm.controls.test_sqs_controls import CONTROLS

    controls = [*RULES, *counters_rules.RULES, *CONTROLS, *(raising(*one) for one in ROLES)]
    shown = {check for control in controls for check in control.checks}
    assert shown | {"billing", "counts"} == CHECKS.keys()
