"""Offer files from a folder and over HTTP (a host on loopback), for any region of AWS's own.

The files are those of `offers`, which say themselves that they are trimmed.
"""

import json
import shutil
import threading
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.workbench.test_prices_refresh import NEW, OLD, pricing_client
from tests.worked_usage import price
from workbench.bill import total_usd
from workbench.errors import BadInput, BadRecord, WorkbenchError
from workbench.platform.services import DATA_TRANSFER, DYNAMODB, LAMBDA, SQS
from workbench.prices import book_dates, load_book, read_book, write_book
from workbench.prices.refresh import refresh
from workbench.prices.sources import folder, offer_files

BOOK = load_book()
UNITS = [(DYNAMODB, "WriteRequestUnits", 2_000_000), (DYNAMODB, "ReadRequestUnits", 4_000_000)]


class Quiet(SimpleHTTPRequestHandler):
    """A file server that says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture
def host(tmp_path):
    """The address of a host with the files under AWS's addresses, and the folder it serves."""
    served = tmp_path / "host"
    for file in NEW.rglob("*.json"):
        place = served / "offers/v1.0/aws" / file.stem / "current" / file.parent.name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place / "index.json")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=served))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", served
    server.shutdown()
    server.server_close()


@pytest.fixture
def books(monkeypatch, tmp_path):
    """A folder of books of its own with the shipped one, which commands read and write."""
    path = tmp_path / "books"
    path.mkdir()
    write_book(BOOK, path)
    monkeypatch.setattr(load_book, "__defaults__", ("us-east-1", None, path))
    monkeypatch.setattr(write_book, "__defaults__", (path,))
    return path


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_files_host_and_api_give_the_same_prices(host, region):
    address, _ = host
    of_files = refresh(folder(NEW), region, BOOK)
    of_host = refresh(offer_files(address), region, BOOK, date=of_files.date)
    of_api = refresh(pricing_client(), region, BOOK, date=of_files.date)
    assert of_files == of_host
    assert [(p.key, p.tiers, p.sku) for p in of_api.prices] == [
        (p.key, p.tiers, p.sku) for p in of_files.prices
    ]
    assert "AWS Price List, AWSLambda" in of_host.price(LAMBDA, "Lambda-GB-Second").source


def test_two_regions_and_two_dates_lie_side_by_side_and_price_the_same_usage(tmp_path):
    """DynamoDB halved its units on demand on 2024-11-01; Ireland's are dearer."""
    for source, region in ((NEW, "us-east-1"), (NEW, "eu-west-1"), (OLD, "us-east-1")):
        write_book(refresh(folder(source), region, BOOK), tmp_path)
    assert book_dates(tmp_path) == {
        "eu-west-1": ["2026-11-20"],
        "us-east-1": ["2024-10-15", "2026-11-20"],
    }
    usd = {
        (region, date): total_usd(price(UNITS, load_book(region, date, tmp_path)))
        for region, dates in book_dates(tmp_path).items()
        for date in dates
    }
    assert usd == {
        ("us-east-1", "2024-10-15"): Decimal("3.50"),
        ("us-east-1", "2026-11-20"): Decimal("1.75"),
        ("eu-west-1", "2026-11-20"): Decimal("1.974"),
    }


def test_the_book_of_a_folder_is_of_the_day_its_newest_file_was_published():
    old = refresh(folder(OLD), "us-east-1", BOOK)
    assert (old.date, old.price(DYNAMODB, "WriteRequestUnits").is_confirmed) == ("2024-10-15", True)
    assert not old.price(SQS, "Requests-Tier1").is_confirmed  # has no file there


def test_sku_and_rate_codes_are_kept_in_the_file(tmp_path):
    book = read_book(write_book(refresh(folder(NEW), "us-east-1", BOOK), tmp_path))
    lambda_s = book.price(LAMBDA, "Lambda-GB-Second")
    offer = json.loads((NEW / "us-east-1" / "AWSLambda.json").read_text())
    assert offer["products"][lambda_s.sku]["attributes"]["usagetype"] == "Lambda-GB-Second"
    (term,) = offer["terms"]["OnDemand"][lambda_s.sku].values()
    steps = sorted(term["priceDimensions"].values(), key=lambda step: int(step["beginRange"]))
    assert [tier.rate_code for tier in lambda_s.tiers] == [step["rateCode"] for step in steps]
    unread = book.price(LAMBDA, "Lambda-Durable-Execution-Operations")
    assert (unread.sku, unread.tiers[0].rate_code) == ("", "")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_data_transfer_names_its_region_otherwise(region):
    for source in (folder(NEW), pricing_client()):
        found = refresh(source, region, BOOK).price(DATA_TRANSFER, "DataTransfer-Out-Bytes")
        assert (found.is_confirmed, [str(tier.usd) for tier in found.tiers]) == (
            True,
            ["0.09", "0.085", "0.07", "0.05"],
        )


def test_a_region_that_no_list_of_ours_names_is_read_by_its_own_prefix():
    calgary = refresh(folder(NEW), "ca-west-1", BOOK)
    assert "CAN2-Lambda-GB-Second" in calgary.price(LAMBDA, "Lambda-GB-Second").source
    assert calgary.price(LAMBDA, "Request").is_confirmed


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        ("cn-north-1", r"partition aws-cn: its prices are in CNY"),
        ("us-gov-west-1", r"partition aws-us-gov: its accounts"),
        ("eusc-de-east-1", r"partition aws-eusc: its price lists, currency"),
        ("moon-1", r"region='moon-1' is not known"),
    ],
)
def test_other_partitions_are_refused_by_refresh_and_by_what_advises_it(region, reason):
    with pytest.raises(BadInput, match=reason):
        refresh(folder(NEW), region, BOOK)
    with pytest.raises(BadInput, match=reason):
        load_book(region)


def changed(tmp_path, change):
    """The files of us-east-1 with Lambda's text changed."""
    shutil.copytree(NEW / "us-east-1", tmp_path / "us-east-1")
    file = tmp_path / "us-east-1" / "AWSLambda.json"
    file.write_text(change(file.read_text()))
    return folder(tmp_path)


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        (lambda text: text.replace('"USD"', '"EUR"'), BadInput, "prices in EUR; price books are"),
        (lambda text: text[:900], BadRecord, r"AWSLambda.json cannot be read"),
        (lambda text: text.replace('"AWSLambda",\n "v', '"AmazonS3",\n "v'), BadRecord, "not of"),
        (lambda text: '{"offerCode": "AWSLambda"}', BadRecord, "cannot be read: KeyError"),
    ],
)
def test_what_is_no_offer_of_ours_is_refused(tmp_path, change, error, reason):
    with pytest.raises(error, match=reason):
        refresh(changed(tmp_path, change), "us-east-1", BOOK)


def test_a_host_that_is_not_there_or_answers_otherwise_leaves_the_old_book(host):
    address, served = host
    (served / "offers/v1.0/aws/AWSLambda/current/us-east-1/index.json").write_text("<html>")
    with pytest.raises(BadRecord, match="offer file http://127"):
        refresh(offer_files(address), "us-east-1", BOOK)
    with pytest.raises(WorkbenchError, match=r"did not answer.*--from.*--api"):
        refresh(offer_files("http://127.0.0.1:1"), "us-east-1", BOOK)


def test_the_command_reads_a_mirror_or_a_folder_and_prints_where_the_book_lies(
    command, host, books
):
    address, _ = host
    code, out, error = command("prices", "refresh", "--region", "eu-west-1", "--from", address)
    made = read_book(books / out.strip().rpartition("/")[2])
    assert (code, made.region) == (0, "eu-west-1")
    assert "AWSLambda, eu-west-1" in error
    code, out, _ = command("prices", "refresh", "--region", "eu-west-1", "--from", NEW)
    assert (code, out.strip()) == (0, str(books / "eu-west-1_2026-11-20.json"))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--api", "--from", NEW), "give one of them"),
        (("--from", NEW / "nowhere"), "there is no such folder"),
        (("--from", NEW, "--region", "sa-east-1"), "as sa-east-1/AWSLambda.json"),
        (("--from", NEW, "--region", "cn-north-1"), "in CNY"),
    ],
)
def test_the_command_refuses_what_cannot_be_read(command, books, words, reason):
    code, out, error = command("prices", "refresh", *words)
    assert (code, out) == (2, "")
    assert reason in error
    assert [path.name for path in books.iterdir()] == ["us-east-1_2026-11-23.json"]
