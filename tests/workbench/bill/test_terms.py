"""Terms of a bill: what is read of an account's, how they are told, and what they cost."""

from decimal import Decimal

import pandas as pd
import pytest

from workbench.bill import total_usd
from workbench.bill.terms import Terms, read_discounts, read_month
from workbench.errors import BadInput, BadKnob
from workbench.platform.services import STEP_FUNCTIONS
from workbench.runs.records import USAGE_COLUMNS


def test_discounts_are_read_by_service_and_for_all():
    assert read_discounts(["10", "lambda=17.5"]) == {"": Decimal(10), "lambda": Decimal("17.5")}
    assert read_discounts(None) == {}


@pytest.mark.parametrize(
    ("given", "error"), [("101", BadInput), ("0", BadKnob), ("x", BadKnob), ("lambda=", BadKnob)]
)
def test_what_is_no_percentage_is_refused(given, error):
    with pytest.raises(error, match="discount"):
        read_discounts([given])


def test_the_month_so_far_is_read_by_service_or_by_usage_type(tmp_path):
    file = tmp_path / "month.json"
    file.write_text('{"AWS Lambda": {"Request": 5}, "StateTransition": 4000}')
    found = read_month(free_tier=True, already=file)
    assert found == {("AWS Lambda", "Request"): 5, "StateTransition": 4000}
    assert read_month(free_tier=True, already=None) == {}
    assert read_month(free_tier=False, already=None) is None
    with pytest.raises(BadInput, match="give --free-tier too"):
        read_month(free_tier=False, already=file)


def test_a_title_says_the_terms():
    off = {"": Decimal("10.0"), "lambda": Decimal("17.5")}
    assert Terms(discounts=off, month={}).text == (
        ", inside the free tier, 10 % off, 17.5 % off lambda"
    )
    assert Terms(month={"StateTransition": 1}).text == ", inside the free tier after other usage"
    assert Terms().text == ""


def test_usage_is_billed_at_the_book_less_what_is_free_and_off():
    usage = pd.DataFrame(
        [(STEP_FUNCTIONS, "StateTransition", "StateTransitions", "work", Decimal(5_000))],
        columns=USAGE_COLUMNS,
    )
    for terms, usd in (
        (Terms(), "0.125"),
        (Terms(discounts={"step": Decimal(20)}), "0.1"),
        (Terms(month={}), "0.025"),
        (Terms(month={"StateTransition": 3_000}, discounts={"": Decimal(50)}), "0.05"),
    ):
        assert total_usd(terms.bill(usage, terms.book())) == Decimal(usd), terms


def test_a_part_of_a_batch_gets_its_part_of_what_is_free():
    whole = Terms(month={"StateTransition": 1_000})
    usage = pd.DataFrame(
        [(STEP_FUNCTIONS, "StateTransition", "StateTransitions", "work", Decimal(50_000))],
        columns=USAGE_COLUMNS,
    )
    part = whole.of_part(0.1)
    tenth = usage.assign(quantity=[Decimal(5_000)])
    assert total_usd(part.bill(tenth, part.book())) * 10 == total_usd(
        whole.bill(usage, whole.book())
    )
    assert Terms().of_part(0.1) == Terms()


def test_a_month_that_no_price_has_is_refused_at_once():
    with pytest.raises(BadInput, match="give \\(service, usage type\\)"):
        Terms(month={"Requests-Tier1": 3}).check()
    with pytest.raises(BadInput, match="already: StateTransition"):
        Terms(month={"StateTransition": -3}).check()
