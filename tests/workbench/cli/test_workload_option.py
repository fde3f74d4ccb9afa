"""`--workload FILE`: a command takes items, knobs and region of it."""

import json

import pytest

from workbench.project import ROOT

WEB, SEED = (ROOT / "workloads" / f"{name}.yaml" for name in ("web_calls", "seed"))
FEW = ("--design", "sfn", "--set", "child_type=STANDARD", "--replications", 1)


@pytest.fixture
def mine(tmp_path):
    """A workload of a few items, in a region that no book is kept of."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "items: [40, 7]\nduration: {quantiles: '0:10 50:20 100:900'}\ncpu_ms: 10\n"
        "region: eu-west-1\nitem_bytes: 30\nfails_per_million: 4\n"
    )
    return path


def test_an_estimate_has_its_items_and_its_knobs(command, mine):
    code, out, _ = command("estimate", "--workload", mine, "--region", "us-east-1", *FEW, "--json")
    (told,) = json.loads(out)["designs"]
    knobs = {
        name: told["knobs"][name]
        for name in ("durations", "cpu_ms", "item_bytes", "fails_per_million")
    }
    assert (code, told["items"]) == (0, 40)
    assert knobs == {
        "durations": "0:0 50:10 100:890",
        "cpu_ms": 10,
        "item_bytes": 30,
        "fails_per_million": 4,
    }


@pytest.mark.parametrize("name", ["estimate", "tune"])
def test_its_region_is_the_prices_region(command, mine, name):
    code, _, err = command(name, "--workload", mine, "--design", "sfn")
    assert (code, "region='eu-west-1' has no price book" in err) == (2, True)


def test_the_default_workload_changes_nothing(command):
    plain, told = (
        command("estimate", "--items", 50, *more, *FEW, "--json")[1]
        for more in ((), ("--workload", SEED))
    )
    assert json.loads(plain) == json.loads(told)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("estimate", "--set", "value_max=7"), "--set value_max: the workload says"),
        (("estimate", "--set", "sqs.cpu_ms=7"), "--set cpu_ms: the workload says"),
        (("tune", "--design", "sfn", "--value-max", 7), "--value-max: the workload says"),
    ],
)
def test_what_the_items_are_is_said_once(command, words, why):
    code, _, err = command(*words, "--workload", WEB)
    assert (code, why in err) == (2, True)


def test_a_run_works_its_items(command, mine, tmp_path):
    code, out, _ = command(
        *("run", "--design", "sfn", "--set", "child_type=STANDARD", "--target", "model"),
        *("--workload", mine, "--results", tmp_path / "results", "--no-forecast"),
    )
    run = json.loads(
        (tmp_path / "results" / "runs" / out.split("/")[-1].strip() / "run.json").read_text()
    )
    assert (code, run["items"], run["knobs"]["durations"]) == (0, 40, "0:0 50:10 100:890")
