"""`workbench estimate` inside the free tier, after the month so far, and with discounts."""

import json
from decimal import Decimal

import pytest

from workbench.cli.terms import read_discounts, read_month, terms_text
from workbench.errors import BadInput, BadKnob

MILLION = ("estimate", "--items", "1M", "--replications", 1, "--json")


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
    assert terms_text(off, {}) == ", inside the free tier, 10 % off, 17.5 % off lambda"
    assert terms_text({}, None) == ""


def usd(command, *words):
    """Likely dollars of each design."""
    code, out, error = command(*MILLION, *words)
    assert code == 0, error
    return {one["design"]: one["usd"]["likely"] for one in json.loads(out)["designs"]}


def test_a_million_items_cost_what_the_page_says(command, request):
    page = (request.config.rootpath / "docs" / "command-line.md").read_text()
    free = usd(command, "--free-tier")
    listed = usd(command)
    texts = [f"${listed[name]:.3g}" for name in ("sqs", "sfn", "counters")]
    texts += [f"${free[name]:.2g}" for name in ("sfn", "counters")] + [f"${free['sqs']:.3g}"]
    assert [text for text in texts if text not in page] == []


def test_half_off_is_half_the_bill_and_a_used_up_free_tier_is_none(command, tmp_path):
    sfn = ("--design", "sfn")
    listed = usd(command, *sfn)["sfn"]
    assert usd(command, *sfn, "--discount", "50")["sfn"] == pytest.approx(listed / 2)
    file = tmp_path / "month.json"
    file.write_text('{"StateTransition": 4000}')
    free = usd(command, *sfn, "--free-tier")["sfn"]
    less = usd(command, *sfn, "--free-tier", "--already", file)["sfn"]
    assert less - free == pytest.approx(4_000 * 0.000025)


def test_a_usage_type_that_nothing_has_is_refused(command, tmp_path):
    file = tmp_path / "month.json"
    file.write_text('{"Requests-Tier1": 3}')
    code, out, error = command(*MILLION, "--design", "sfn", "--free-tier", "--already", file)
    assert (code, out) == (2, "")
    assert "give (service, usage type)" in error
