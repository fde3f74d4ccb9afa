"""A few seeds of the swarm; runs are the same every time, both ways, and in any order."""

from dataclasses import replace

import pytest

from workbench.designs import DESIGNS
from workbench.swarm.cases import draw_case
from workbench.swarm.checks import CHECKS, breaches
from workbench.swarm.harness import Arena
from workbench.swarm.swarm import swarm

SEEDS = 10


def story(evidence):
    """All of a run that can be compared."""
    calls = [(call.t_s, call.role, call.operation, call.error) for call in evidence.calls]
    tries = [(one.item, one.begun_s, one.ended_s, one.outcome) for one in evidence.executions]
    told = [(one.t_s, one.notice) for one in evidence.told]
    usage = evidence.usage.values.tolist()
    return calls, tries, told, sorted(evidence.records), usage, evidence.plan.hits


@pytest.mark.parametrize("design", DESIGNS)
def test_no_promise_is_broken(design):
    assert swarm(SEEDS, 0, (design,), processes=1) == []


@pytest.mark.parametrize("design", DESIGNS)
def test_a_seed_gives_the_same_story_whatever_ran_before(design):
    with Arena(design) as arena:
        first = story(arena.run(draw_case(3, design)))
        for seed in (4, 5):
            arena.run(draw_case(seed, design))
        assert story(arena.run(draw_case(3, design))) == first
    with Arena(design) as arena:
        assert story(arena.run(draw_case(3, design))) == first


def test_a_meter_that_forgets_a_call_is_seen(monkeypatch):
    from workbench.targets.local.sqs.calls import Sqs

    monkeypatch.setattr(Sqs, "settle", lambda *_: None)
    with Arena("sqs") as arena:
        case = draw_case(1, "sqs")
        case = replace(case, design=replace(case.design, batch_window_s=0))
        assert "billing" in breaches(arena.run(case))


def test_a_run_that_miscounts_is_seen(monkeypatch):
    from workbench.targets.local.runtime.item_log import ItemLog

    monkeypatch.setattr(ItemLog, "failed", lambda *_: None)
    monkeypatch.setattr(ItemLog, "done", lambda *_: None)
    with Arena("sfn") as arena:
        assert "counts" in breaches(arena.run(draw_case(0, "sfn")))


def test_there_is_a_control_for_every_judge():
    from tests.swarm.controls.sfn_rules import RULES
    from tests.swarm.controls.test_sqs_controls import CONTROLS

    controls = [*RULES, *CONTROLS]
    shown = {judge for control in controls for judge in control.judges}
    assert shown | {"billing", "counts"} == CHECKS.keys()
