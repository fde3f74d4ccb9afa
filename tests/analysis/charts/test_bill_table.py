"""The bill as a table."""

import re

from analysis.charts.bill_table import bill_table, select
from workbench.designs import DESIGNS


def test_the_table_has_every_line_that_costs_something_and_the_totals(frames):
    html = bill_table(select(frames)).as_raw_html()
    shown = select(frames).runs
    lines = frames.bills[frames.bills["run_id"].isin(shown["run_id"])]
    rows = re.findall(r"<tr>\s*<td", html)
    assert len(rows) == (lines["cost_usd"] > 0).sum() + len(DESIGNS)  # and a total each
    for usd in shown["cost_usd"]:
        assert any(f"${usd:,.{decimals}f}" in html for decimals in (2, 4))
    assert "commit 8848116" in html


def test_the_table_is_the_same_each_time(frames):
    one, two = (bill_table(select(frames)).as_raw_html() for _ in range(2))
    assert one == two
    assert 'id="bill"' in one


def test_one_run_a_design_is_shown(frames):
    shown = select(frames).runs
    assert sorted(shown["design"]) == sorted(DESIGNS)
    assert set(shown["items"]) == {1_000_000}
