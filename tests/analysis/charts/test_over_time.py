"""Charts over time: how a batch ramps up and drains, and how picked runs went."""

from types import SimpleNamespace

import pytest

from analysis.measures import run_tables
from analysis.needs import NothingToShow
from analysis.picker import picked_runs
from workbench.designs import DESIGNS


def test_one_batch_on_every_design_is_drawn_in_two_panels(frames, picture):
    figure = picture("ramp_and_drain")
    samples = frames.batch_timelines[frames.batch_timelines["metric"] == "concurrency"]
    items = frames.batch["items"].iloc[0]
    expected = (
        samples.groupby("design")["value"].max(),
        dict.fromkeys(frames.batch["design"], items),
    )
    for axes, tops in zip(figure.axes, expected, strict=True):
        lines = [x for x in axes.get_lines() if not x.get_label().startswith("_")]
        assert {x.get_label(): max(x.get_ydata()) for x in lines} == dict(tops)
        assert {text.get_text() for text in axes.texts} == set(DESIGNS)
        known = [x.get_xdata()[0] for x in axes.get_lines() if x.get_label().startswith("_")]
        assert known == list(frames.batch["detected_s"])


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
