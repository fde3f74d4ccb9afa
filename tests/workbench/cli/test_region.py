"""One region through all commands: its prices, where AWS is asked, or a refusal before anything."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench import study as job
from workbench.cli.app import app
from workbench.errors import BadInput
from workbench.prices import load_book, write_book
from workbench.runs.records import read_run
from workbench.runs.runner import forecast_of

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """What a command sets in its process's environment is undone."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")


@pytest.fixture
def twice_as_dear(monkeypatch, tmp_path):
    """A book of another region, with each price twice that of the first."""
    book, folder = load_book(), tmp_path / "books"
    folder.mkdir()
    prices = [
        replace(one, tiers=tuple(replace(tier, usd=2 * tier.usd) for tier in one.tiers))
        for one in book.prices
    ]
    write_book(book, folder)
    write_book(replace(book, region=REGION, prices=tuple(prices)), folder)
    monkeypatch.setattr(load_book, "__defaults__", ("us-east-1", None, folder))


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_run_and_its_forecast_have_the_prices_of_their_region(twice_as_dear, tmp_path):
    words = ("run", "--design", "sfn", "--target", "model", "--items", 100, "--results", tmp_path)
    here, there = (invoke(*words, *more) for more in ((), ("--region", REGION)))
    cheap, dear = (read_run(Path(one.stdout.strip())) for one in (here, there))
    assert dear.cost_usd == pytest.approx(2 * cheap.cost_usd)
    request = job.Plan(("sfn",), (100,), "model", region=REGION).requests()[0]
    terms = request.options(tmp_path)
    forecast = terms.forecast(request.make_design(), 100)
    assert (terms.region, forecast) == (REGION, forecast_of(request.make_design(), 100, REGION))
    assert float(forecast.usd) == pytest.approx(dear.cost_usd, rel=1e-3)  # of another batch


def test_a_study_gives_its_region_to_each_notebook(twice_as_dear, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(job, "run_notebook", lambda request, results: given.append(request))
    monkeypatch.setattr(job, "comparison", lambda *_: 1 / 0)  # nothing more is of interest
    words = ("study", "--items", "100", "--story", "", "--design", "sfn", "--results", tmp_path)
    invoke(*words, "--region", REGION)
    invoke(*words, "--target", "aws", "--region", REGION)
    assert [(one.target, one.region) for one in given] == [("local", REGION), ("aws", REGION)]
    assert os.environ["AWS_REGION"] == REGION
    parameters = []
    monkeypatch.undo()
    monkeypatch.setattr(job, "_run_notebook", lambda found, results: parameters.append(found))
    job.run_notebook(given[0], tmp_path)
    assert parameters[0]["region"] == REGION


def test_deploy_and_destroy_ask_aws_in_their_region(monkeypatch, tmp_path):
    asked = []

    def note(*_, **__):
        asked.append((os.environ["AWS_REGION"], os.environ["AWS_DEFAULT_REGION"]))
        return {}

    for place in ("targets.aws.put_back", "stacks.deploy.deploy", "stacks.destroy.destroy"):
        monkeypatch.setattr(f"workbench.{place}", note)
    for command in ("deploy", "destroy"):
        invoke(command, "--region", REGION, "--results", tmp_path)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert asked == [(REGION, REGION)] * 3


@pytest.mark.parametrize(
    "words",
    [
        "run --design sqs --items 5",
        "run --design sqs --items 5 --target model",
        "run --design sqs --items 5 --target aws",
        "study --items 5 --story=",
        "study --items 5 --story= --target aws",
    ],
)
def test_a_region_without_prices_is_refused_before_anything_runs(words, tmp_path):
    results = tmp_path / "r"
    found = invoke(*words.split(), "--region", REGION, "--results", results)
    assert isinstance(found.exception, BadInput)
    assert f"region='{REGION}' has no price book" in str(found.exception)
    assert not list(results.rglob("*.json"))
