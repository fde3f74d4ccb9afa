"""Stored runs billed anew from their usage: at prices of another day or region, on other terms."""

import json
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from analysis.caption import source
from analysis.frames import Frames, which_runs
from analysis.needs import NothingToShow, usable
from workbench.bill.terms import Terms
from workbench.errors import BadInput
from workbench.prices import load_book, write_book
from workbench.runs.records import read_folder
from workbench.runs.repriced import reprice
from workbench.runs.runner import RunRequest, run_request
from workbench.runs.sets import pack, read_runs, read_tables

OLD, NEW = "2024-10-15", "2026-11-23"


@pytest.fixture
def books(tmp_path, monkeypatch):
    """The shipped book, the same of an older day at twice the prices, and of Ireland at thrice."""
    folder = tmp_path / "books"
    folder.mkdir()
    book = load_book()
    write_book(book, folder)
    write_book(replace(times(2, book), date=OLD), folder)
    write_book(replace(times(3, book), region="eu-west-1"), folder)
    monkeypatch.setattr(load_book, "__defaults__", ("us-east-1", None, folder))


def times(factor, book):
    """A book with every price so many times as high."""
    prices = [
        replace(one, tiers=tuple(replace(tier, usd=factor * tier.usd) for tier in one.tiers))
        for one in book.prices
    ]
    return replace(book, prices=tuple(prices))


@pytest.fixture
def results(books, tmp_path):
    """A results folder with one run of each of two designs."""
    for design in ("sqs", "sfn"):
        run_request(RunRequest(design, "model", 1_000), tmp_path / "r", lambda _: None, design)
    return tmp_path / "r"


@pytest.mark.parametrize("packed", [False, True])
def test_a_set_at_prices_of_another_day_lies_beside_it_and_the_set_stays(results, packed, tmp_path):
    if packed:
        pack(results, tmp_path / "kept" / "set")
        results = tmp_path / "kept" / "set"
    before = {run.run_id: run for run in read_runs(results)}
    place = reprice(results, Terms(price_date=OLD))
    expected = tmp_path / "kept" / f"set-at-{OLD}" if packed else results / f"at-{OLD}"
    assert place == expected
    for run in read_runs(place):
        was = before[run.run_id]
        assert run == replace(
            was,
            cost_usd=pytest.approx(2 * was.cost_usd),
            knowing_usd=pytest.approx(2 * was.knowing_usd),
            coordination_usd=pytest.approx(2 * was.coordination_usd),
            price_date=OLD,
        )
        lines = read_tables(place, "bill", {run.run_id})
        assert float(sum(lines["cost_usd"])) == pytest.approx(run.cost_usd)
    assert {run.run_id: run for run in read_runs(results)} == before
    pd.testing.assert_frame_equal(read_tables(place, "usage"), read_tables(results, "usage"))


def test_a_report_of_such_a_set_says_so_and_draws_no_dollars_of_other_prices(results):
    (results / "tables").mkdir()
    for name in ("savings", "limits"):
        (results / "tables" / f"{name}.csv").write_text("design,items,limit,held_s\nsqs,1,x,2\n")
    frames = Frames(reprice(results, Terms(price_date=OLD, month={})))
    told = "The runs of r billed anew from their usage, prices of 2024-10-15, inside the free tier"
    assert which_runs(frames).startswith(f"{told}: 2 runs (2 on model)")
    assert len(frames.needed("limits")) == 1
    with pytest.raises(NothingToShow, match="there is no table of savings at these"):
        frames.needed("savings")
    assert frames.book.date == OLD
    assert "prices of 2024-10-15, inside the free tier · " in source(usable(frames.runs))


def test_a_set_made_again_takes_the_place_of_the_one_before(results):
    first = reprice(results, Terms(price_date=OLD))
    run_request(RunRequest("counters", "model", 100), results, lambda _: None, "late")
    assert len(read_runs(first)) == 2
    assert (reprice(results, Terms(price_date=OLD)), len(read_runs(first))) == (first, 3)


def test_a_day_that_a_region_has_no_book_of_is_refused_before_anything_is_written(results):
    with pytest.raises(BadInput, match=r"no price book of 2020-01-01 for us-east-1"):
        reprice(results, Terms(price_date="2020-01-01"))
    assert not list(results.glob("at-*"))


def test_a_set_without_usage_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"no run of .* has kept its usage"):
        reprice(tmp_path, Terms(price_date=NEW))


def shown(command, results, *words):
    code, out, error = command("runs", "show", "sqs", *words, "--results", results)
    assert code == 0, error
    return out, error


def test_one_run_is_shown_at_the_prices_of_a_day_a_region_or_an_account(command, results):
    stored = read_folder(results / "runs" / "sqs").run
    out, error = shown(command, results, "--prices", OLD)
    assert f"prices of us-east-1, {OLD}; stored: {stored.cost_usd:,.6f} ({NEW}), +100.0 %" in out
    assert error.startswith(f"prices of {OLD} are ")
    out, _ = shown(command, results, "--region", "eu-west-1", "--discount", "50", "--json")
    run = json.loads(out)["run"]
    assert run["cost_usd"] == pytest.approx(1.5 * stored.cost_usd)
    assert (run["billed_anew"], run["cost_usd_stored"]) == (True, stored.cost_usd)
    out, _ = shown(command, results, "--free-tier")
    assert ", inside the free tier; stored: " in out
    assert read_folder(results / "runs" / "sqs").run == stored
    out, _ = shown(command, results)
    assert "billed" not in out


def test_a_run_and_an_estimate_take_the_prices_of_a_day(command, books, tmp_path):
    words = ("--design", "sfn", "--items", 1000)
    usd = {}
    for date in (OLD, NEW):
        code, out, error = command(
            "run", *words, "--target", "model", "--prices", date, "--results", tmp_path / "o"
        )
        assert code == 0, error
        run = read_folder(next((tmp_path / "o" / "runs").glob(out.split("/")[-1].strip()))).run
        assert run.price_date == date
        estimate = command("estimate", *words, "--prices", date, "--replications", 1, "--json")
        usd[date] = run.cost_usd, json.loads(estimate[1])["designs"][0]["usd"]["likely"]
    assert usd[OLD] == pytest.approx([2 * one for one in usd[NEW]])
    code, out, error = command("estimate", *words, "--prices", "2020-01-01")
    assert (code, out) == (2, "")
    assert f"there are {OLD}, {NEW}" in error


def test_a_books_usd_stay_exact(results):
    bill = read_tables(reprice(results, Terms(discounts={"": Decimal("33.3")})), "bill")
    assert all(isinstance(usd, Decimal) for usd in bill["cost_usd"])
    product = bill["quantity"] * bill["unit_price_usd"]
    assert list(product) == list(bill["cost_usd"])
