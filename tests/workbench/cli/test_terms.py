"""`workbench estimate` inside the free tier, after the month so far, and with discounts."""

import json
from datetime import date

import pytest

MILLION = ("estimate", "--items", "1M", "--replications", 1, "--json")


def usd(command, *words):
    """Likely dollars of each design."""
    code, out, error = command(*MILLION, *words)
    assert code == 0, error
    return {one["design"]: one["usd"]["likely"] for one in json.loads(out)["designs"]}


def test_a_million_items_cost_what_the_page_says(command, request):
    page = (request.config.rootpath / "docs" / "command-line.md").read_text()
    free = usd(command, "--free-tier")
    listed = usd(command)
    texts = [f"${listed[name]:.3g}" for name in ("sqs", "sfn", "counters")]
    texts += [f"${free[name]:.2g}" for name in ("sfn", "counters")] + [f"${free['sqs']:.3g}"]
    assert [text for text in texts if text not in page] == []


def test_half_off_is_half_the_bill_and_a_used_up_free_tier_is_none(command, tmp_path):
    sfn = ("--design", "sfn")
    listed = usd(command, *sfn)["sfn"]
    assert usd(command, *sfn, "--discount", "50")["sfn"] == pytest.approx(listed / 2)
    file = tmp_path / "month.json"
    file.write_text('{"StateTransition": 4000}')
    free = usd(command, *sfn, "--free-tier")["sfn"]
    less = usd(command, *sfn, "--free-tier", "--already", file)["sfn"]
    assert less - free == pytest.approx(4_000 * 0.000025)


def test_a_usage_type_that_nothing_has_is_refused(command, tmp_path):
    file = tmp_path / "month.json"
    file.write_text('{"Requests-Tier1": 3}')
    code, out, error = command(*MILLION, "--design", "sfn", "--free-tier", "--already", file)
    assert (code, out) == (2, "")
    assert "give (service, usage type)" in error


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2027, 2, 21), ""),
        (
            date(2027, 2, 22),
            "prices of 2026-11-23 are 91 days old: `workbench prices refresh` makes a new one\n",
        ),
    ],
)
def test_a_book_of_more_than_ninety_days_is_said_to_be_old_in_one_line(
    command, monkeypatch, day, told
):
    monkeypatch.setattr("workbench.cli.terms.today", lambda: day)
    code, _, error = command("estimate", "--items", 100, "--design", "sfn", "--replications", 1)
    assert (code, error) == (0, told)


def test_a_tuning_says_at_which_terms_it_is_and_refuses_a_ratio_to_what_is_free(command):
    words = ("tune", "--design", "sfn", "--items", 2_000, "--no-confirm", "--free-tier")
    code, out, error = command(*words, "--discount", "lambda=17")
    assert code == 0, error
    assert "prices of 2026-11-23, inside the free tier, 17 % off lambda" in " ".join(out.split())
    code, out, error = command(*words, "--max-ratio", 2)
    assert (code, out) == (2, "")
    assert "inside a free tier the work may cost nothing" in error
