"""What a chained invoke is billed as is not known: what is said of the verdicts on dollars."""

import pytest

from analysis.findings import CHEAPER, findings
from analysis.frames import Frames
from analysis.unsure import otherwise
from workbench.platform.services import DURABLE_OPERATIONS, LAMBDA
from workbench.prices import load_book

ITEMS = 1_000_000
TOLD = (
    "No price list says what a chained invoke of a durable execution is billed as; one operation "
    "is taken here. If it is two, durable costs {} more a million items, and {}"
)
STAYS = "no verdict on dollars changes."


@pytest.fixture
def told(folder, stored):
    """What is said of runs of these designs, each with its knobs."""

    def say(**designs):
        folders = [folder(name, "model", ITEMS, **knobs) for name, knobs in designs.items()]
        frames = Frames(stored(*folders))
        return otherwise(frames, frames.runs, CHEAPER)

    return say


def test_nothing_is_said_where_no_run_is_durable(told):
    assert told(sqs={}, counters={}) == ""


@pytest.mark.parametrize(("items_per_chunk", "usd"), [(500, "$0.016"), (100, "$0.08")])
def test_it_costs_more_by_the_price_of_an_operation_an_invocation(told, items_per_chunk, usd):
    (tier,) = load_book().price(LAMBDA, DURABLE_OPERATIONS).tiers
    assert float(tier.usd) * ITEMS / items_per_chunk == pytest.approx(float(usd[1:]))
    knobs = {"items_per_chunk": items_per_chunk}
    assert told(sqs={}, durable=knobs) == TOLD.format(usd, STAYS)


def test_a_verdict_that_changes_is_named(told):
    after = (
        "then counters and durable are too close to call to be cheaper at 1 million items "
        "(modelled, from one seed at some sizes)."
    )
    assert told(counters={}, durable={}) == TOLD.format("$0.08", after)


def test_a_factor_that_changes_is_no_verdict_that_does(told):
    assert told(sqs={}, sfn={}, durable={}) == TOLD.format("$0.08", STAYS)


def test_the_findings_say_it_of_the_runs_that_their_answer_is_about(frames, tmp_path):
    answer = findings(frames, tmp_path).split("### At default knobs")[1].split("###")[0]
    assert TOLD.format("$0.08", "then counters is cheapest from 100 to") in answer
