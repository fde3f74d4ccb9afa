"""The printed price book shows every price, and what is in doubt."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from workbench.cli.account import prices_table
from workbench.errors import BadInput
from workbench.prices import load_book

BOOK = load_book()


def printed(service=""):
    console = Console(file=StringIO(), width=300)
    console.print(prices_table(BOOK.of_service(service)))
    return console.file.getvalue()


def test_every_price_is_shown():
    text = printed()
    assert "Prices of us-east-1, 2026-11-23 (USD)" in text
    assert [p.usage_type for p in BOOK.prices if p.usage_type not in text] == []
    assert "68 prices, 4 with a part that is not confirmed" in text


def test_a_price_in_doubt_is_marked_and_its_note_shown():
    lines = printed("cloudwatch").splitlines()
    [egress] = [line for line in lines if "S3-Egress-Bytes" in line]
    assert "~ 0.25" in egress
    assert "M ~ not confirmed" in egress
    [requests] = [line for line in lines if "CW:Requests" in line]
    assert "0.00001" in requests
    assert "1,000,000" in requests
    assert "not confirmed" not in requests


def test_tiers_are_shown_with_their_ends():
    text = printed("lambda")
    assert "0.0000166667 to 6,000,000,000" in text
    assert "Amazon" not in text


def test_a_service_that_no_price_has_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match=r"service='sns' is in no name .* Simple Notification"):
        BOOK.of_service("sns")


def test_a_sku_of_the_price_list_is_shown():
    request = replace(BOOK.price("AWS Lambda", "Request"), sku="ABC123")
    console = Console(file=StringIO(), width=300)
    console.print(prices_table(BOOK.with_prices(request).of_service("lambda")))
    assert "SKU ABC123." in console.file.getvalue()
