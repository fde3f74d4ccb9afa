"""`workbench first-day --settle`, whole: Cost Explorer a day later, the page with both bills."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from moto import mock_aws

from tests.e2e.cost_explorer import STOOD_S, costs_of
from tests.e2e.proxy import Answered, Proxy, Rule, to_moto
from tests.workbench.first_day.test_steps import PLAN, change, modelled, open_day  # noqa: F401
from workbench.cli.first_day import first_day
from workbench.platform.services import COST_EXPLORER
from workbench.pull.collect import measured
from workbench.runs.records import read_folder
from workbench.targets.local.world.cost_explorer import Terms

STARTED = (datetime.now(UTC) - timedelta(days=3)).replace(hour=6, minute=0)


@pytest.fixture
def day(tmp_path, modelled, monkeypatch):  # noqa: F811
    """A day whose runs were made three days ago, at six o'clock, and whose stacks are gone."""
    made = open_day(PLAN, tmp_path)
    made._runs(lambda _: None, lambda _: nullcontext(lambda _: None))
    made.day.steps = {
        "doctor": [],
        "runs": list(made.day.runs.values()),
        "collect": [],
        "calibrate": {"constants": {"sfn_map_end_s": [3.0, 1.5, "s"]}, "errors": []},
        "destroy": {"kept": False, "removed": []},
    }
    made._write()
    for number, run_id in enumerate(made.day.runs.values()):
        started = STARTED + timedelta(minutes=7 * number)
        change(tmp_path / "runs" / run_id, started_at=started.isoformat())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return made


@pytest.fixture
def proxy(monkeypatch):
    """AWS, whose Cost Explorer answers by the proxy's rules."""
    with mock_aws(), Proxy(to_moto) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


def folders(day):
    return {name: read_folder(day.results / "runs" / one) for name, one in day.day.runs.items()}


def bills(page):
    """The table of bills on a day's page, the one that says what is settled."""
    text = Path(page).read_text()
    tables = BeautifulSoup(text, "html.parser").find_all("table")
    [table] = [one for one in tables if "settled" in one.thead.text]
    head, *rows = ([cell.text for cell in row.find_all(["th", "td"])] for row in table("tr"))
    frame = pd.DataFrame(rows, columns=head).set_index(head[0])
    figures = [name for name in frame.columns if name not in ("by", "settled")]
    return frame.replace("", "nan").astype(dict.fromkeys(figures, float))


def test_the_page_has_both_bills_and_the_stacks_own_part(day, proxy, capsys):
    proxy.rules = costs_of(list(folders(day).values()))
    first_day(settle=True, results=day.results)
    out = capsys.readouterr()
    assert out.err.count("lines of Cost Explorer") == len(day.day.runs) == 5
    table = bills(out.out.strip())
    assert list(table.index) == [*day.day.runs, "together"]
    together = table.loc["together"]
    assert together["metered, $"] == pytest.approx(together["Cost Explorer, $"], rel=1e-3)
    assert together["the stack standing, $"] == pytest.approx(0.1 * STOOD_S / 2_628_000, rel=1e-2)
    runs = table.loc[list(day.day.runs)]
    assert (set(runs["explained, %"]), set(runs["by"])) == ({100}, {"dollars"})
    assert set(runs["settled"]) == {"yes"}
    assert proxy.made.count("ce.GetCostAndUsage") == 2  # they share an hour


def test_settled_again_the_newest_bill_counts_and_all_questions_are_paid(day, proxy, capsys):
    """Inside the free tier quantities are compared, for one more question a run."""
    seen = []
    for terms in (Terms(free_tier=True), Terms()):
        proxy.rules = costs_of(list(folders(day).values()), terms)
        first_day(settle=True, results=day.results)
        seen.append(bills(capsys.readouterr().out.strip()).loc[list(day.day.runs)])
    assert [set(one["explained, %"]) for one in seen] == [{100}, {100}]
    assert all(one.startswith("quantity: ") and "the free tier" in one for one in seen[0]["by"])
    assert (set(seen[0]["Cost Explorer, $"]), set(seen[1]["by"])) == ({0}, {"dollars"})
    asked = [measured(day.results / "runs" / one) for one in day.day.runs.values()]
    pages = pd.concat(asked).groupby("service")["quantity"].sum()[COST_EXPLORER]
    assert pages == len([one for one in proxy.made if one.startswith("ce.")]) == 3 + 2


def test_a_day_that_is_not_over_for_a_day_is_not_asked_about(day, proxy, capsys):
    for run_id in day.day.runs.values():
        now = datetime.now(UTC).isoformat()
        change(day.results / "runs" / run_id, started_at=now)
    first_day(settle=True, results=day.results)
    out = capsys.readouterr()
    assert out.err.count("it was not asked. Collect again after") == 5
    assert [one for one in proxy.made if one.startswith("ce.")] == []
    assert "Cost Explorer was not asked yet" in Path(out.out.strip()).read_text()


def test_a_tag_that_is_not_active_ends_it_and_what_that_cost_is_counted(day, proxy, capsys):
    status = {"TagKey": "design", "Type": "UserDefined", "Status": "Inactive"}
    proxy.rules = [
        Rule("ce.GetCostAndUsage", Answered({"ResultsByTime": []})),
        Rule("ce.ListCostAllocationTags", Answered({"CostAllocationTags": [status]})),
    ]
    first_day(settle=True, results=day.results)
    out = capsys.readouterr()
    assert out.err.count("the cost allocation tag 'design' is not active") == 1
    first, *others = (day.results / "runs" / one for one in day.day.runs.values())
    asked = [sum(measured(one)["quantity"]) for one in (first, *others)]
    assert asked == [2, 0, 0, 0, 0] == [len(proxy.made) - 1, 0, 0, 0, 0]  # but for whose keys
    assert "$0.0200 for the pulls beside them" in Path(out.out.strip()).read_text()
