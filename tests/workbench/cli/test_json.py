"""`--json`: one object on standard output, nothing else, with just the documented keys."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from workbench.cli.tune import LINES
from workbench.designs import Sfn
from workbench.prices import load_book
from workbench.project import WORKLOADS
from workbench.runs.predictions import COLUMNS
from workbench.runs.records import LABELS, read_run
from workbench.runs.sets import read_runs
from workbench.tuning.search import Confirmed

PAGE = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"
BY_NAME = {"knobs", "held_s", "limits", "usd_by_label", "failed", "versions", "change"}  # own keys
STUDY = "seeds: [1]\ngrids: [{designs: [sfn], items: [100]}]"
KEPT = "--set memory_mb=128 --set batcher_memory_mb=512 --set max_concurrency=900".split()
QUICK = {
    "workload": (WORKLOADS / "seed.yaml",),
    "advise": (WORKLOADS / "seed.yaml", "--items", 300),
    "estimate": ("--items", 1_000, "--design", "sqs,sfn", "--replications", 2),
    "tune": ("--design", "sfn", "--items", 2_000, *KEPT),
    "sweep": ("tiny.yaml",),
    "doctor": (),
    "prices show": (),
    "runs list": (),
    "runs show": ("sfn-a",),
}
NOT_HERE = {  # keys of rows that there are none of
    "runs show": {"item", "attempts"},  # no item failed
    "advise": {  # no change, and no deadline by the clock
        *"axis factor before after service usage_type name per_month".split(),
        *"done_by timezone start_by time days_before spare_s".split(),
    },
}
HAS_RESULTS = {"advise", "sweep", "doctor", "runs list", "runs show"}


@pytest.fixture
def answer(command, stored, monkeypatch):
    """The JSON of a command, run in a folder that has a small study and three runs."""
    compared = [dict.fromkeys(COLUMNS, 0.5) | {"line": line, "unit": "s"} for line in LINES]
    done = Confirmed(read_run(stored.sfn), pd.DataFrame(compared))
    monkeypatch.setattr("workbench.tuning.search.confirm", lambda *_: done)
    (stored.results / "tiny.yaml").write_text(STUDY)
    monkeypatch.chdir(stored.results)

    def told(name, *words):
        results = ("--results", stored.results) if name in HAS_RESULTS else ()
        code, out, _ = command(*name.split(), *(words or QUICK[name]), *results, "--json")
        assert code == 0
        return json.loads(out)

    return told


def keys(value):
    """Every key of an answer, those left out that are names of things."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    found = set(value)
    for name, inner in value.items():
        if name == "changed_knobs":
            found |= keys(list(inner.values()))
        elif name not in BY_NAME:
            found |= keys(inner)
    return found


def documented(name):
    """The keys that the page lists for a command."""
    [row] = re.findall(rf"^\| `{name}` \| (.*) \|$", PAGE.read_text(), re.M)
    code = re.findall(r"`([^`]+)`", row)
    return {word for words in code for word in words.split()} - {"run.json", "--no-confirm"}


@pytest.mark.parametrize("name", QUICK)
def test_an_answer_has_just_the_documented_keys(answer, name):
    told = answer(name)
    assert (told.pop("schema"), told.pop("command")) == (1, name)
    assert keys(told) == documented(name) - NOT_HERE.get(name, set())


def test_every_command_with_json_is_documented_and_tested():
    rows = re.findall(r"^\| `([a-z ]+)` \|", PAGE.read_text(), re.M)
    assert sorted(rows) == sorted(QUICK)


def test_an_estimate_as_json(answer):
    told = answer("estimate")
    assert [one["design"] for one in told["designs"]] == ["sqs", "sfn"]
    _, sfn = told["designs"]
    assert sfn["knobs"] == Sfn().knobs()
    assert list(sfn["usd_by_label"]) == list(LABELS)
    total = sum(Decimal(line["cost_usd"]) for line in sfn["bill"])
    assert total == sum(map(Decimal, sfn["usd_by_label"].values()))
    assert float(total) == sfn["usd"]["likely"]
    assert sfn["usd"]["low"] <= sfn["usd"]["likely"] <= sfn["usd"]["high"]


def test_a_tuning_as_json(answer):
    told = answer("tune")
    cheapest = told["cheapest"]["per_million_usd"]["middle"]
    assert cheapest / told["floor_per_million_usd"] == pytest.approx(told["ratio"])
    assert told["cheapest"]["changed_knobs"]["child_type"] == "STANDARD"
    assert told["gains"][0]["change"] == {}
    confirmed = told["confirmed"]
    assert (confirmed["run_id"], confirmed["items"]) == ("sfn-a", 100)
    assert [line["line"] for line in confirmed["lines"]] == list(LINES)


def test_a_sweep_as_json(answer, stored):
    first, again = answer("sweep"), answer("sweep")
    [run] = first["runs"]
    assert [one.run_id for one in read_runs(stored.results, {run})] == [run]
    assert Path(first["table"]) == stored.results / "studies" / "tiny.parquet"
    assert (first["ran"], first["found"], again["ran"], again["found"]) == (1, 0, 0, 1)


def test_prices_as_json_are_exact(answer):
    book = load_book().of_service("lambda")
    told = answer("prices show", "--service", "lambda")
    assert [price["usage_type"] for price in told["prices"]] == [p.usage_type for p in book.prices]
    for price, own in zip(told["prices"], book.prices, strict=True):
        assert [Decimal(tier["usd"]) for tier in price["tiers"]] == [t.usd for t in own.tiers]
