"""Pollers: both targets grow them alike; provisioned ones are held to their polls, and billed."""

from dataclasses import replace

import pytest

from workbench.designs import make_design
from workbench.platform.profile import load_profile
from workbench.platform.services import POLLER_HOURS
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget, Settings
from workbench.targets.model.target import ModelTarget

RESTED = {"pollers_min": None}  # none provisioned
ONE = {"items_per_message": 1, "messages_per_invocation": 1}
CASES = {
    "polls bind": ("counters", 1_500, ONE | {"value_max": 50, "pollers_max": 20}),
    "two pollers' polls bind": ("counters", 800, ONE | {"value_max": 100, "pollers_max": 2}),
    "places bind": ("counters", 4_000, {"messages_per_invocation": 1, "pollers_max": 20}),
    "they grow all the time": ("counters", 4_000, {"messages_per_invocation": 1}),
    "a rested source grows after a short batch": ("counters", 1_500, RESTED | ONE),
    "a rested source grows before a long batch is done": ("counters", 9_000, RESTED),
    "many from the start": ("sqs", 3_000, {"messages_per_invocation": 1, "pollers_min": 90}),
}


def poller_hours(folder):
    usage = folder.usage
    return float(usage.loc[usage["usage_type"] == POLLER_HOURS, "quantity"].sum())


@pytest.mark.parametrize("case", CASES)
def test_local_and_model_agree(case):
    name, items, knobs = CASES[case]
    design = make_design(name, settings={"max_concurrency": None, "pollers_min": 2} | knobs)
    batch = Batch(items, 7, "pollers")
    with LocalTarget() as target:
        local = target.run(design, batch, lambda _: None)
    model = ModelTarget().run(design, batch, lambda _: None)
    assert model.run.invocations == local.run.invocations
    assert model.run.processed_s == pytest.approx(local.run.processed_s, rel=0.05)
    assert poller_hours(model) == pytest.approx(poller_hours(local), rel=0.06)


def test_both_lower_a_mapping_that_meets_the_accounts_limit():
    entries = load_profile().entries | {"lambda_account_concurrency": {"value": 40}}
    entries["esm_back_off_percent"] = {"value": 50}
    profile = replace(load_profile(), entries=entries)
    design = make_design("counters", settings=ONE | {"max_concurrency": None})
    batch = Batch(1_500, 7, "pollers")
    with LocalTarget(Settings(profile=profile)) as target:
        local = target.run(design, batch, lambda _: None)
    model = ModelTarget(profile).run(design, batch, lambda _: None)
    unheld = replace(profile, entries=entries | {"esm_back_off_percent": {"value": 1}})
    sooner = ModelTarget(unheld).run(design, batch, lambda _: None)
    assert model.run.processed_s == pytest.approx(local.run.processed_s, rel=0.05)
    assert model.run.processed_s > 1.1 * sooner.run.processed_s
