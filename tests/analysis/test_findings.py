"""The findings are made from the study: every answer is there, and nothing is told without runs."""

import re

import pandas as pd
import pytest

from analysis import gallery
from analysis.charts import binding_limits
from analysis.findings import _limits, findings, markdown, write_findings
from analysis.frames import Frames, write_side_table
from analysis.needs import NothingToShow
from analysis.words import count


def test_the_page_has_every_question_and_every_part(frames, tmp_path):
    page = findings(frames, tmp_path)
    for chart in gallery.CHARTS:
        assert f"### {chart.question}" in page
    heads = re.findall(r"^## (.+)$", page, re.M)
    assert heads == [
        "Which design to take",
        "What a batch costs and how long it takes",
        "What breaks first",
        "Cold and warm",
        "From published to tuned",
        "How much time own pollers buy",
        "Yours beside the reference",
        "The charts, and what each says",
    ]
    assert "prices of 2026-11-23" in page
    assert "nan" not in page.lower().split()


def test_a_picture_is_linked_where_there_is_one(frames, tmp_path):
    picture = frames.results / "published" / "who_wins-light.png"
    assert "who_wins-light.png" not in findings(frames, tmp_path)
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text("<svg/>")
    try:
        links = re.findall(r"\]\((.+?)\)", findings(frames, tmp_path))
    finally:
        picture.unlink()
    assert [(tmp_path / link).resolve() for link in links] == [picture.resolve()]


def test_the_same_runs_give_the_same_page(frames, tmp_path):
    path = write_findings(frames.results, tmp_path)
    first = path.read_bytes()
    assert write_findings(frames.results, tmp_path).read_bytes() == first
    assert list(tmp_path.glob(".tmp*")) == []


def test_without_runs_there_are_no_findings(tmp_path):
    with pytest.raises(NothingToShow, match="Run"):
        findings(Frames(tmp_path), tmp_path)


def test_a_table_is_markdown():
    frame = pd.DataFrame({"items": [100, 1e6], "who": ["sqs", None]})
    assert markdown(frame, {"items": count}) == (
        "| items | who |\n| --- | --- |\n| 100 | sqs |\n| 1 million |  |"
    )


def test_the_limit_that_holds_longest_binds(tmp_path):
    rows = [("sqs", 100, "poll", 30.0), ("sqs", 100, "batcher", 10.0), ("sfn", 100, "poll", 5.0)]
    limits = pd.DataFrame(rows, columns=["design", "items", "limit", "held_s"])
    write_side_table(tmp_path, "limits", limits)
    chosen = binding_limits.select(Frames(tmp_path))
    assert binding_limits.say(chosen) == (
        "What holds a batch longest, by its number of items: with sqs next look at 100; with "
        "sfn next look at 100."
    )
    assert _limits(chosen).to_dict("records") == [
        {"items": 100, "sqs": "poll (75 %)", "sfn": "poll (100 %)"}
    ]


def test_a_chart_and_the_page_around_it_say_the_same(frames, tmp_path):
    page = findings(frames, tmp_path)
    for chart in gallery.CHARTS:
        assert page.count(gallery.sentence(chart.name, frames)) >= 1
    answer = page.split("### At default knobs")[1].split("###")[0]
    assert gallery.sentence("cost_against_items", frames) in answer
    assert page.count(gallery.sentence("savings", frames)) == 2
