"""Charts of side tables: simplicity, limits, agreement, ownership."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis import theme
from analysis.caption import words_of
from analysis.charts import savings
from analysis.charts.binding_limits import share_of_time, stretches
from analysis.charts.cost_of_ownership import RATE
from analysis.frames import Frames
from analysis.gallery import named
from analysis.lines import BESIDE
from workbench.designs import DESIGNS


def test_bars_of_simplicity_are_in_proportion_within_their_row(picture):
    figure = picture("how_simple")
    [axes] = figure.axes
    widths = [bar.get_width() for bar in axes.patches]
    rows = [widths[at : at + len(DESIGNS)] for at in range(0, len(widths), len(DESIGNS))]
    assert rows[0] == pytest.approx([1.0, 27 / 34, 33 / 34, 18 / 34])
    assert rows[3] == pytest.approx([1.0, 321 / 1_114, 520 / 1_114, 300 / 1_114])
    assert "1,114  sqs" in [text.get_text() for text in axes.texts]


def test_one_limit_binds_at_each_size_and_shares_add_up(frames):
    shares = share_of_time(frames.table("limits"))
    groups = shares.groupby(["design", "items"])
    assert set(groups["binds"].sum()) == {1}
    assert (groups["share"].sum() <= 1.000001).all()
    at_most = shares.query("design == 'sqs' and items == 100_000_000 and binds")["limit"]
    assert list(at_most) == ["max_concurrency"]


def test_a_bar_spans_the_sizes_that_one_limit_binds_and_names_it(frames, picture):
    [axes] = picture("binding_limits").axes
    own = share_of_time(frames.table("limits")).query("design == 'sqs'")
    first, last = stretches(own)
    assert list(first["items"]) == [10**power for power in range(2, 5)]
    assert list(last["items"]) == [10**power for power in range(5, 9)]
    spans = [(bar.get_x(), bar.get_width()) for bar in axes.patches[:2]]
    assert spans == [pytest.approx((-0.47, 2.94)), pytest.approx((2.53, 3.94))]
    words = [" ".join(text.get_text().split()) for text in axes.texts[:2]]
    assert words[0].startswith("longest invocation ")
    assert words[1].startswith("concurrency limit ")


def test_the_title_names_what_holds_the_largest_batches_back(frames):
    chart = named("binding_limits")
    assert chart.find(chart.select(frames)) == (
        "With 100 million items the concurrency limit holds sqs, sfn, counters and durable back"
    )


def test_published_errors_are_sorted_and_what_lies_outside_stands_out(picture):
    figure = picture("agreement_with_published")
    [axes] = figure.axes
    fitted, inside, outside = (list(line.get_xdata()) for line in axes.get_lines()[:3])
    assert (fitted, inside, outside) == ([430.0], [-3.6], [-11.0, -64.0])
    assert axes.get_lines()[2].get_color() == theme.LIGHT.warning
    assert {text.get_text() for text in axes.texts} == {"peak", "run time"}
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["a queue\n2018", "a map\n2022", "hello world\n2026"]
    [(left, _), (right, _)] = axes.collections[0].get_segments()[0]
    assert (left, right) == pytest.approx(((4.9 / 5.5 - 1) * 100, (7.0 / 5.5 - 1) * 100))
    assert words_of(figure, "above").startswith("1 of 3 published measurements lie inside")


def test_the_model_is_compared_with_local_at_the_sizes_that_both_have(picture):
    figure = picture("agreement_with_local")
    # Both are alike, so that one is drawn and the other said.
    assert [axes.get_title("left") for axes in figure.axes] == ["Time until all items are done"]
    assert "in dollars it is at most 0 %" in words_of(figure, "below")
    marked = [x for x in figure.axes[0].get_lines() if x.get_marker() in theme.MARKERS]
    at = np.array([line.get_xdata() for line in marked], dtype=float)
    # Side by side around its size, in the order of the designs.
    assert np.exp(np.log(at).mean(axis=0)) == pytest.approx([100, 1_000, 10_000])
    assert at[1:] / at[:-1] == pytest.approx(np.full((len(DESIGNS) - 1, 3), BESIDE))
    # The made-up targets are alike.
    assert [list(line.get_ydata()) for line in marked] == [[0, 0, 0]] * len(DESIGNS)


def test_upkeep_lifts_the_line_above_the_dotted_bill_by_its_rate(picture):
    [axes] = picture("cost_of_ownership").axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    bill, owned = lines["_sqs bill"], lines["sqs model"]
    hours = (34 * 1.0 + 1_114 / 100 * 10.0) / 60
    assert list(owned.get_ydata() - bill.get_ydata()) == pytest.approx(
        [hours * RATE.usd_per_hour] * 6
    )


def test_batches_that_no_day_holds_four_of_are_left_out_and_said(frames, picture):
    chosen = named("cost_of_ownership").select(frames)
    longest_s = frames.runs.groupby("items")["detected_s"].max()
    assert set(chosen.runs["items"]) == set(longest_s[longest_s * 4 <= 86_400].index)
    below = words_of(picture("cost_of_ownership"), "below")
    assert re.search(r"4 batches of 100 million items take [\d.]+ h, which no day has", below)


def test_small_savings_are_one_row_and_several_items_at_a_time_stand_apart():
    steps = [
        ("published", 15.0),
        ("telemetry=emf", 5.0),
        ("items_per_message=500, messages_per_invocation=1", 0.9),
        ("poll_s=30", 0.89),
        ("state_shards=10", 0.85),
        ("item_concurrency=50", 0.03),
        ("claim=False", 0.028),
    ]
    table = pd.DataFrame(steps, columns=["change", "usd_per_million"])
    found, later = savings.rows(table.assign(completes=True))
    assert [(row.words, row.before_usd, row.after_usd) for row in found] == [
        ("as published", 0.0, 15.0),
        ("metrics in log lines", 15.0, 5.0),
        ("500 items a message, one message an invocation", 5.0, 0.9),
        ("2 smaller changes", 0.9, 0.85),
    ]
    assert [(row.words, row.after_usd) for row in later] == [
        ("tuned, one item at a time", 0.85),
        ("50 items at a time", 0.03),
        ("no claim", 0.028),
    ]


def test_the_bars_of_savings_are_linear_and_as_long_as_what_is_saved(picture):
    [sqs, _] = picture("savings").axes
    assert sqs.get_xscale() == "linear"
    assert [bar.get_width() for bar in sqs.patches] == pytest.approx([18.4, 12.3, 5.2, 0.9])
    assert [text.get_text() for text in sqs.texts] == ["$18.40", "−$12.30", "−$5.20", "$0.90"]


def test_without_simplicity_the_bill_alone_is_drawn_and_told(folder, stored, picture):
    frames = Frames(stored(folder("sqs", "model", 100), folder("sfn", "model", 100)))
    figure = picture("cost_of_ownership", frames)
    told = named("cost_of_ownership").say(named("cost_of_ownership").select(frames))
    assert "upkeep" not in told
    assert [axes.get_title("left") for axes in figure.axes] == ["AWS's bill"]
    assert "upkeep is not shown" in words_of(figure, "below").lower()


def test_a_design_whose_simplicity_was_not_measured_is_told_without_upkeep(frames):
    chosen = named("cost_of_ownership").select(frames)
    owned = chosen.runs["owned_usd"].where(chosen.runs["design"] != "sfn")
    told = named("cost_of_ownership").say(chosen.only(chosen.runs.assign(owned_usd=owned)))
    parts = re.split(f"(?:, | and )(?={'|'.join(DESIGNS)})", told.split("; ")[0])
    assert ["with upkeep" in part for part in parts] == [name != "sfn" for name in DESIGNS]
