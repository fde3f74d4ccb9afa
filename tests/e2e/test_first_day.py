"""`workbench first-day` whole, on the server: from an empty account to an empty account."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.cost_explorer import costs_of
from tests.e2e.proxy import Proxy, to_server
from workbench.cli.first_day import first_day
from workbench.first_day.plan import STEPS
from workbench.runs.records import read_folder
from workbench.stacks.aws_clients import Aws
from workbench.stacks.inventory import inventory
from workbench.targets.local.world.cost_explorer import Terms

pytestmark = pytest.mark.e2e

COMMAND = (
    "first-day --bootstrap --no-tell --small 20 --large 60 --set value_max=20 --set sqs.poll_s=2 "
    "--set counters.poll_s=2"
)


@pytest.fixture(scope="module")
def day(at_server, tmp_path_factory):
    """The day's results, its state, and what the command said."""
    results = tmp_path_factory.mktemp("first-day")
    command = [sys.executable, "-m", "workbench", *COMMAND.split(), "--results", str(results)]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (state,) = (results / "first-day").glob("*/state.json")
    return results, json.loads(state.read_text()), done


def test_every_step_ends_and_says_what_is_spent(day):
    _, state, done = day
    assert list(state["steps"]) == list(STEPS)
    said = re.findall(
        r"^\[(\d)/6\] (\w+) \(spent \$[\d.]+ of \$2, forecast \$[\d.]+\)", done.stderr, re.M
    )
    assert said == [(str(number), step) for number, step in enumerate(STEPS, 1)]


def test_every_run_is_complete_and_was_predicted(day):
    results, state, _ = day
    kinds = {name.split("-")[1] for name in state["runs"]}
    assert kinds == {"cold", "warm", "large", "failing", "throttled"}
    for run_id in state["runs"].values():
        run = json.loads((results / "runs" / run_id / "run.json").read_text())
        assert run["status"] == "complete"
        assert (results / "predictions" / f"{run_id}.json").is_file()


def test_the_page_compares_and_says_what_comes_tomorrow(day):
    _, state, done = day
    page = Path(done.stdout.splitlines()[-1]).read_text()
    assert "Over 17 runs the model missed" in page
    assert all(f">{name}<" in page for name in state["runs"])
    assert "first-day --settle" in page


def test_nothing_is_left(day):
    _, state, _ = day
    assert state["steps"]["destroy"]["removed"] != []
    assert inventory(Aws()) == []


def test_a_day_later_the_page_has_both_bills(day, monkeypatch, capsys):
    results, state, _ = day
    paths = [results / "runs" / run_id for run_id in state["runs"].values()]
    for path in paths:
        run = json.loads((path / "run.json").read_text())
        began = datetime.fromisoformat(run["started_at"]) - timedelta(days=3)
        (path / "run.json").write_text(json.dumps(run | {"started_at": began.isoformat()}))
    rules = costs_of([read_folder(path) for path in paths], Terms(free_tier=True))
    with Proxy(to_server(os.environ["AWS_ENDPOINT_URL"]), rules) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        first_day(settle=True, results=results)
    page = Path(capsys.readouterr().out.splitlines()[-1]).read_text()
    assert page.count("of its lines cost nothing: the free tier") == len(paths)
    assert "together" in page


def test_its_files_say_nothing_of_accounts(day):
    results, _, done = day
    texts = [one.read_text() for one in (results / "first-day").rglob("*.*")]
    assert len(texts) == 3
    assert [text for text in (*texts, done.stdout, done.stderr) if "123456789012" in text] == []
