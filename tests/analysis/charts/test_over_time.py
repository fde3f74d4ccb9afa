"""Charts over time: how a batch ramps up and drains, and how picked runs went."""

from types import SimpleNamespace

import pytest

from analysis.gallery import named
from analysis.measures import run_tables
from analysis.needs import NothingToShow
from analysis.picker import picked_runs
from analysis.words import duration
from workbench.designs import DESIGNS


def test_one_batch_on_every_design_is_drawn_with_its_last_item_and_when_it_is_known(
    frames, picture
):
    figure = picture("ramp_and_drain")
    *over, lags = figure.axes
    samples = frames.batch_timelines[frames.batch_timelines["metric"] == "concurrency"]
    items = frames.batch["items"].iloc[0]
    expected = (
        samples.groupby("design")["value"].max(),
        dict.fromkeys(frames.batch["design"], items),
    )
    for axes, tops in zip(over, expected, strict=True):
        lines = [x for x in axes.get_lines() if not x.get_label().startswith("_")]
        assert {x.get_label(): max(x.get_ydata()) for x in lines} == dict(tops)
        marks = [x.get_xdata()[0] for x in axes.get_lines() if x.get_label().startswith("_")]
        pairs = zip(frames.batch["detected_s"], frames.batch["processed_s"], strict=True)
        assert marks == [moment for pair in pairs for moment in pair]
    assert set(DESIGNS) <= {text.get_text() for text in over[0].texts}
    assert [bar.get_width() for bar in lags.patches] == list(frames.batch["detection_lag_s"])
    assert [label.get_text() for label in lags.get_yticklabels()] == [
        "sqs: a look every 30 s",
        "sfn: is told, no looks",
        "counters: a look every 30 s",
        "durable: is told, no looks",
    ]


def test_the_title_tells_of_the_first_and_the_last_to_be_known(frames):
    chart = named("ramp_and_drain")
    found = chart.find(chart.select(frames))
    runs = frames.batch.set_index("design")["detected_s"]
    first, last = runs.idxmin(), runs.idxmax()
    assert found.endswith(
        f"known to be done after {duration(runs[first])} with {first}, "
        f"{duration(runs[last])} with {last}"
    )


def test_runs_that_keep_no_time_line_are_refused(frames, picture):
    samples = frames.batch_timelines.query("metric == 'backlog'")
    lacking = SimpleNamespace(batch=frames.batch, batch_timelines=samples)
    with pytest.raises(NothingToShow, match="keeps no concurrency"):
        picture("ramp_and_drain", lacking)


def test_the_line_style_of_a_picked_run_is_its_target(frames, results, picture):
    runs = frames.runs.query("items == 100 and seed == 7 and setting == 'default'")
    samples = run_tables(results, "timeline", set(runs["run_id"]))
    [axes] = picture(lambda figure: picked_runs(runs, samples, figure)).axes
    styles = [line.get_linestyle() for line in axes.get_lines()]
    assert [style == "-" for style in styles] == list(runs["target"] == "model")
