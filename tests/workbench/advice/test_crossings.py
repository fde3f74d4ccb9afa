"""What would change an answer: on both sides of a crossing the model says what it says."""

from decimal import Decimal
from itertools import pairwise

import pytest

from workbench.advice.answer import advise
from workbench.advice.crossings import NEAR, SEEDS, crossings, heavier, longer
from workbench.advice.flips import batch_flips, deadline_steps, price_flips
from workbench.advice.question import Question
from workbench.advice.unsure import least_sure
from workbench.tuning.goal import score
from workbench.workload.durations import Durations, Uniform

ASKED = Question(
    20_000, Durations.read("0:20 50:300 99:3000 100:9000"), batches_per_month=Decimal(30)
)


@pytest.fixture(scope="module")
def answer():
    return advise(ASKED, processes=1)


def cheapest_in_time(answer, items):
    """The model is asked of each choice, as it is."""
    months = {}
    for one in answer.choices:
        told = score(one.design, items, SEEDS, ASKED.terms)
        if told.completes and told.mean_s <= ASKED.within_s:
            months[one.name] = 30 * told.mean_usd + one.standing_usd
    return min(months, key=months.__getitem__, default=None)


def test_who_is_named_on_each_side_is_who_the_model_has_there(answer):
    found = [one for one in crossings(answer) if one.axis == "items"]
    assert found
    for one in found:
        for factor, name in ((one.factor / NEAR**2, one.before), (one.factor * NEAR**2, one.after)):
            assert name == cheapest_in_time(answer, round(ASKED.items * factor))
    names = [one.before for one in found] + [found[-1].after]
    assert all(a != b for a, b in pairwise(names))


def test_items_that_are_longer_or_have_a_heavier_tail_keep_their_other_quantiles():
    one = Durations.read("0:20 50:300 99:3000 100:9000")
    assert longer(one, 2).text == "0:40 50:600 99:6000 100:18000"
    assert heavier(one, 3).text == "0:20 50:300 99:3000 100:27000"
    assert heavier(one, 0.1).text == "0:20 50:300 99:3000 100:3000"
    assert longer(Uniform(1_000), 0.5) == Uniform(500)
    assert heavier(Uniform(1_000), 4).text == "0:0 99:990 100:4000"


def test_steps_of_the_deadline_get_cheaper_and_change_the_design(answer):
    steps = deadline_steps(answer)
    months = [one.month_usd for one in steps]
    assert months == sorted(months, reverse=True)
    assert all(a.name != b.name for a, b in pairwise(steps))


def test_at_the_factor_of_a_price_and_at_a_number_of_batches_two_designs_cost_the_same(answer):
    by_name = {one.name: one for one in answer.choices}
    for batches, name in batch_flips(answer):
        ours, theirs = (
            one.batch_usd * batches + one.standing_usd for one in (answer.best, by_name[name])
        )
        assert ours == pytest.approx(theirs)
    for flip in price_flips(answer):
        ours, theirs = (
            one.month_usd
            + 30
            * (flip.factor - 1)
            * sum(
                float(row.cost_usd)
                for row in one.forecast.bill.itertuples()
                if (row.service, row.usage_type) == (flip.service, flip.usage_type)
            )
            for one in (answer.best, by_name[flip.name])
        )
        assert ours == pytest.approx(theirs)


def test_what_is_least_sure_comes_first_with_the_ends_of_its_range(answer):
    found = least_sure(answer)
    assert [one.percent for one in found] == sorted((one.percent for one in found), reverse=True)
    assert found[0].low < found[0].high
    assert found[0].percent > 0.05
