"""Advice: no cheaper design in time is left out, promises are kept, what cannot be is said."""

from decimal import Decimal
from itertools import product

import pytest

from workbench.advice.answer import advise, front_of, month_usd
from workbench.advice.flips import offers
from workbench.advice.question import NO_TWO_OWNERS, Question
from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, BadKnob
from workbench.tuning.goal import score
from workbench.workload.durations import Durations

TAIL = Durations.read("0:20 50:300 90:1500 99:6000 99.9:20000 100:60000")
ASKED = Question(4_000, TAIL, cpu_ms=5, deadline_s=1_800, batches_per_month=Decimal(30))
TUNED_WITHIN = 1.005  # what `tune` holds of the cheapest there is


@pytest.fixture(scope="module")
def answer():
    return advise(ASKED, processes=1)


def small_grid(name):
    """Some settings of a design, of every kind."""
    search = DESIGNS[name].search
    most = {name: values[:: len(values) - 1] for name, values in search.axes.items() if values[1:]}
    for lot, *values in product((1, 5, 25, 100, 200), *most.values()):
        settings = {search.lot: lot} | dict(zip(most, values, strict=True)) | ASKED.workload_knobs
        try:
            yield make_design(name, settings=settings)
        except BadKnob:
            continue


def test_nothing_of_a_small_grid_is_cheaper_in_time(answer):
    tried = 0
    for name in DESIGNS:
        for design in small_grid(name):
            found = score(design, ASKED.items, (1, 2))
            tried += 1
            if found.completes and found.mean_s <= ASKED.deadline_s:
                assert answer.best.month_usd <= month_usd(ASKED, design) * TUNED_WITHIN, design
    assert tried > 60


def test_choices_come_cheapest_first_each_in_time_and_on_the_front(answer):
    months = [one.month_usd for one in answer.choices]
    assert months == sorted(months)
    assert {one.name for one in answer.choices} | set(answer.refused) == set(DESIGNS)
    assert all(one.tuned.cheapest.mean_s <= ASKED.deadline_s for one in answer.choices)
    front = front_of(answer)
    assert [one.mean_usd for one in front] == sorted((one.mean_usd for one in front), reverse=True)
    assert (answer.over_budget_usd, answer.overlapping) == (0, False)


def test_only_designs_that_claim_are_asked_where_no_item_may_have_two_owners():
    asked = Question(1_000, promise=NO_TWO_OWNERS, batches_per_month=Decimal(1))
    found = advise(asked, processes=1)
    assert [one.design.claims for one in found.choices] == [True] * len(found.choices)
    assert set(found.refused) == {n for n in DESIGNS if not asked.keeps(n)}


def test_a_deadline_that_no_design_keeps_is_refused_with_what_is_possible():
    with pytest.raises(BadInput, match="the fastest take"):
        advise(Question(2_000, TAIL, deadline_s=5), processes=1)


def test_a_month_that_cannot_hold_its_batches_is_said_and_not_billed():
    asked = Question(2_000, TAIL, batches_per_month=Decimal(300_000))
    with pytest.raises(BadInput) as refused:
        advise(asked, processes=1)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(DESIGNS)
    for line in lines:
        assert "300,000 batches a month leave each 0.1 minutes: no knobs of" in line
        assert "the fastest take" in line


def test_every_choice_and_offer_fits_into_the_month_and_a_small_budget_is_said():
    asked = Question(4_000, TAIL, batches_per_month=Decimal(8_000), budget_usd_per_month=Decimal(5))
    found = advise(asked, processes=1)
    assert asked.within_s == asked.batch_every_s < 400
    assert all(one.tuned.cheapest.mean_s <= asked.batch_every_s for one in found.choices)
    assert all(one.deadline_s <= asked.batch_every_s for one in offers(found))
    assert {one.name for one in offers(found)} == {one.name for one in found.choices}
    assert found.over_budget_usd == pytest.approx(found.take.month_usd - 5)


@pytest.mark.parametrize(
    "wrong", [{"items": 0}, {"promise": "never"}, {"deadline_s": -1}, {"memory_mb": 64}]
)
def test_a_question_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadInput):
        Question(**{"items": 10} | wrong)
