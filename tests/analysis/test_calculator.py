"""The calculator's page is a pure function of its table and prices, and opens without a network."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from analysis.calculator import FILE, page, write_calculator
from workbench.calculator import table as made_by
from workbench.calculator.setting import Setting
from workbench.calculator.table import begun
from workbench.prices import load_book

BOOK = load_book()
HELD = re.compile(r'<script type="application/json" id="table">(.*?)</script>', re.S)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of two settings, one of which cannot work."""
    two = [Setting("durable", "tuned", "none", 10), Setting("sfn", "default", "long", 5_000)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(made_by, "settings", lambda means_ms: two)
        with begun(tmp_path_factory.mktemp("results"), processes=1, items_max=10_000) as finished:
            return finished()


def held(text):
    return json.loads(HELD.search(text)[1].replace("<\\/", "</"))


def test_twice_gives_the_same_bytes_and_no_address(table, tmp_path):
    first = write_calculator(tmp_path / "one", table, BOOK)
    again = write_calculator(tmp_path / "two", table, BOOK)
    assert first.name == FILE
    assert first.read_bytes() == again.read_bytes()
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", first.read_text()) == []
    assert "$style" not in first.read_text()


def test_it_holds_every_price_that_its_usage_needs_dearest_first(table):
    content = held(page(table, BOOK))
    own = content["curves"]["durable tuned none 10"]
    assert [len(row) for row in own["usage"]] == [1 + len(own["columns"])] * len(own["usage"])
    dearest = [price["tiers"][0][1] for price in content["prices"]]
    assert dearest == sorted(dearest, reverse=True)
    turns = [content["columns"][at] for at in content["order"]]
    assert turns == sorted(turns)
    assert content["free"]["AWS Lambda compute"] == 400_000
    assert "Lambda stops at 900 s" in content["curves"]["sfn default long 5000"]["refused"]


def test_other_prices_are_other_dollars_from_the_same_usage(table):
    half = BOOK.discounted({"": Decimal(50)})
    listed, less = held(page(table, BOOK)), held(page(table, half))
    assert less["curves"] == listed["curves"]
    assert [p["tiers"][0][1] * 2 for p in less["prices"]] == pytest.approx(
        [p["tiers"][0][1] for p in listed["prices"]]
    )


def test_it_says_what_is_modelled_how_far_off_it_is_and_whose_prices(table):
    text = page(table, replace(BOOK, region="eu-west-1", date="2026-01-02"))
    assert "Prices of eu-west-1, 2026-01-02" in text
    assert "run on the model of fanin-workbench" in text
    assert "interpolated between the two nearest runs" in text
    assert f"{table['off_time'][-1] * 100:.1f} %" in text
