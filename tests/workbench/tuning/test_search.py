"""Tuning finds knobs near the floor, keeps what it was told to keep, and refuses the impossible."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.bill import total_usd
from workbench.bill.terms import Terms
from workbench.designs import DESIGNS, BadKnob, make_design
from workbench.errors import BadInput
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import modelled
from workbench.tuning import search
from workbench.tuning.goal import Goal, Score, candidates, floor_usd, front, hurry, score
from workbench.tuning.search import tune
from workbench.workload.duration import read_duration
from workbench.workload.durations import Uniform
from workbench.workload.workload import Workload

MILLION = 1_000_000


def test_the_floor_is_the_work_alone_on_the_smallest_arm_function():
    assert floor_usd(MILLION, 500, load_book()) == pytest.approx(0.8333, abs=5e-5)
    assert floor_usd(MILLION, 1_000, load_book()) == pytest.approx(1.6667, abs=5e-5)


def test_the_floor_inside_the_free_tier_is_what_of_the_work_is_beyond_it():
    assert floor_usd(MILLION, 500, load_book(), {}) == 0  # 62,500 of 400,000 GB-s
    listed, free = (floor_usd(10 * MILLION, 500, load_book(), month) for month in (None, {}))
    assert listed - free == pytest.approx(400_000 * 0.0000133334)
    used = {"Lambda-GB-Second-ARM": 400_000}
    assert floor_usd(MILLION, 500, load_book(), used) == pytest.approx(0.8333, abs=5e-5)


def test_tuning_is_on_the_terms_of_an_account_and_ranks_small_batches_by_their_share_of_it():
    """At list prices requests to Lambda count; free ones do not, and a ratio to nothing is none."""
    terms = Terms(month={}, discounts={"dynamodb": Decimal(100)})
    found = tune(Goal("sqs", MILLION, terms=terms), processes=1)
    bill = modelled(found.cheapest.design, Batch(MILLION, 1, "b"), terms.book(), month={}).bill
    assert float(total_usd(bill)) == pytest.approx(found.cheapest.usd[0])
    assert (
        found.cheapest.mean_usd <= score(make_design("sqs", "tuned"), MILLION, terms=terms).mean_usd
    )
    assert (found.floor_per_million_usd, found.ratio) == (0, None)
    assert found.line.endswith("ratio none, the work is free")
    half = tune(Goal("sqs", 30_000, terms=Terms(discounts={"": Decimal(50)})), processes=1)
    listed = tune(Goal("sqs", 30_000), processes=1)
    assert half.cheapest.mean_usd == pytest.approx(listed.cheapest.mean_usd / 2)
    assert half.ratio == pytest.approx(listed.ratio)


@pytest.mark.parametrize(
    ("design", "preset", "floors_max"),
    [("sqs", "tuned", 1.03), ("sfn", "tuned", 1.10)],
)
def test_a_tuned_design_comes_close_to_the_floor_within_an_hour(design, preset, floors_max):
    tuned = make_design(design, preset)
    found = score(tuned, MILLION)
    assert found.completes
    assert tuned.item_concurrency == 1
    assert found.per_million_usd.high / floor_usd(MILLION, 500, load_book()) <= floors_max
    assert found.minutes.high <= 60


@pytest.mark.parametrize("design", ["sqs", "sfn"])
def test_several_items_at_a_time_cost_at_most_ten_cents_a_million(design):
    found = score(make_design(design, "tuned-concurrent"), MILLION)
    assert found.completes
    assert found.per_million_usd.high <= 0.10
    assert found.minutes.high <= 60


def test_tuned_sqs_knows_completion_as_surely_as_published():
    tuned, published = make_design("sqs", "tuned"), make_design("sqs", "published")
    assert (tuned.claim, tuned.track) == (True, "message")
    assert tuned.claim == published.claim


def test_express_children_cannot_hold_as_many_items():
    make_design("sfn", "tuned")
    with pytest.raises(BadKnob, match="Express child ends at 300 s"):
        make_design("sfn", "tuned", {"child_type": "EXPRESS"})


def test_tuning_beats_the_preset_or_finds_it_and_says_so_on_one_line():
    found = tune(Goal("sqs", 30_000), processes=1)
    preset = score(make_design("sqs", "tuned"), 30_000)
    assert found.tried >= 500
    assert found.cheapest.mean_usd <= preset.mean_usd
    assert found.cheapest.design.claim
    assert found.fastest.mean_s <= found.cheapest.mean_s
    assert found.line.startswith("floor $0.8333 tuned $")
    assert found.line.endswith(f"ratio {found.ratio:.4f}")


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DESIGNS))
def test_the_tuned_preset_is_the_cheapest_that_is_found_to_half_a_percent(name):
    found = tune(Goal(name, MILLION)).cheapest
    preset = score(make_design(name, "tuned"), MILLION)
    assert found.mean_usd <= preset.mean_usd <= found.mean_usd * 1.005
    assert preset.mean_s <= found.mean_s * 1.005


def test_time_and_budget_bound_the_choices_and_the_front_has_both_ends():
    free = tune(Goal("sfn", 2_000, fixed={"memory_mb": 128}), processes=1)
    soon_s = free.fastest.mean_s * 1.2
    budget_usd = free.cheapest.mean_usd * 1.1
    goal = Goal("sfn", 2_000, within_s=soon_s, budget_usd=budget_usd, fixed={"memory_mb": 128})
    bound = tune(goal, processes=1)
    assert bound.cheapest.mean_s <= soon_s
    assert bound.cheapest.mean_usd > free.cheapest.mean_usd
    assert bound.fastest.mean_usd <= budget_usd
    assert bound.fastest.mean_s > free.fastest.mean_s
    assert free.front[0].mean_s == free.fastest.mean_s
    assert free.front[-1].mean_usd <= free.cheapest.mean_usd


def test_own_pollers_buy_time_and_not_cheapness():
    kept = {"items_per_message": 10, "messages_per_invocation": 1, "memory_mb": 128}
    goal = Goal("sqs", 300_000, fixed=kept | {"track": "message", "batcher_memory_mb": 1_024})
    found = tune(goal, processes=1)
    assert found.cheapest.design.pollers is None
    assert found.fastest.design.pollers == (2, 100)
    assert found.fastest.mean_s < found.cheapest.mean_s
    soon_s = found.fastest.mean_s * 1.02  # sooner than Lambda's own pollers can
    hurried = tune(replace(goal, within_s=soon_s), processes=1)
    assert hurried.cheapest.design.pollers is not None
    assert hurried.cheapest.mean_usd > found.cheapest.mean_usd


def test_a_goal_that_keeps_a_maximum_gets_no_pollers_of_its_own():
    kept = Goal("sqs", 1_000, fixed={"max_concurrency": 100})
    assert hurry(kept, [make_design("sqs", settings={"max_concurrency": 100})]) == []
    assert hurry(Goal("sfn", 1_000), [make_design("sfn")]) == []


def test_a_front_holds_what_nothing_beats():
    def at(usd, seconds):
        return Score(make_design("sqs"), 10, (usd,), (0.0,), (seconds,), "", True)

    scores = [at(3, 1), at(2, 2), at(2.5, 3), at(1, 4), at(1, 5), at(3, 1.5)]
    assert [(s.mean_usd, s.mean_s) for s in front(scores)] == [(3, 1), (2, 2), (1, 4)]


def test_every_candidate_keeps_what_is_fixed_and_holds_the_largest_lot():
    found = candidates(Goal("sqs", 1_000, fixed={"poll_s": "60", "memory_mb": 256}))
    assert {d.poll_s for d in found} == {60}
    assert {d.memory_mb for d in found} == {256}
    assert {d.item_concurrency for d in found} == {1}
    largest = max(d.items_per_message for d in found)
    with pytest.raises(BadKnob):
        make_design("sqs", settings={"items_per_message": largest + 1} | {
            "messages_per_invocation": 1, "claim": True, "track": "message"})  # fmt: skip


@pytest.mark.parametrize(
    ("goal", "says"),
    [
        ({"item_ms": Uniform(0)}, "have no floor"),
        ({"fixed": {"items_per_message": 10_000}}, "no knobs of sqs can work"),
        ({"fixed": {"colour": "red"}}, "knob 'colour' is not one of sqs"),
        ({"within_s": 5.0, "fixed": {"memory_mb": 128}}, "Give it as long with --within"),
        ({"budget_usd": 1e-6, "fixed": {"memory_mb": 128}}, "Raise --budget"),
        ({"items": 0}, "items=0"),
    ],
)
def test_a_goal_that_no_knobs_reach_is_refused_with_what_to_change(goal, says):
    with pytest.raises(BadInput, match=says):
        tune(Goal(**{"design": "sqs", "items": 1_000} | goal), processes=1)


@pytest.mark.parametrize("wrong", [{"within_s": 0}, {"budget_usd": -1}, {"design": "moon"}])
def test_a_goal_that_says_nothing_is_refused(wrong):
    with pytest.raises(BadInput):
        Goal(**{"design": "sqs", "items": 10} | wrong)


def test_a_workload_is_tuned_with_all_that_it_says(monkeypatch):
    asked = []
    found = SimpleNamespace(cheapest=SimpleNamespace(design=make_design("sqs", "tuned")))
    monkeypatch.setattr(search, "tune", lambda goal, processes: asked.append(goal) or found)
    content = {"items": 5, "duration": read_duration({"constant_ms": 300}, Path())}
    work = Workload.model_validate(
        content
        | {"cpu_ms": 20, "poison_per_million": 3, "fails_per_million": 7, "item_bytes": 90}
        | {"memory_mb": 512}
    )
    terms = Terms(month={})
    assert search.tuned_design("sqs", 700, work, 90, terms, 4) == make_design("sqs", "tuned")
    assert asked == [
        Goal(
            "sqs",
            700,
            item_ms=work.item_ms,
            cpu_ms=20,
            within_s=90,
            item_concurrency=4,
            terms=terms,
            fixed={"poison_per_million": 3, "fails_per_million": 7, "item_bytes": 90},
            memory_least_mb=512,
        )
    ]
