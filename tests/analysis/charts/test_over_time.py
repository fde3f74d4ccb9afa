"""Charts over time: how a batch ramps up and drains, and how picked runs went."""

from types import SimpleNamespace

import pytest

from analysis.measures import run_tables
from analysis.needs import NothingToShow
from analysis.picker import picked_runs


def test_one_batch_on_every_design_is_drawn_in_two_panels(frames, picture):
    figure = picture("concurrency_and_backlog")
    for axes, metric in zip(figure.axes, ("concurrency", "backlog"), strict=True):
        samples = frames.batch_timelines[frames.batch_timelines["metric"] == metric]
        tops = samples.groupby("design")["value"].max().to_dict()
        assert {x.get_label(): max(x.get_ydata()) for x in axes.get_lines()} == tops
        assert {text.get_text() for text in axes.texts} == {"sqs", "sfn", "counters"}


def test_runs_that_keep_no_time_line_are_refused(frames, picture):
    samples = frames.batch_timelines.query("metric == 'items_done'")
    lacking = SimpleNamespace(batch=frames.batch, batch_timelines=samples)
    with pytest.raises(NothingToShow, match="keeps no concurrency"):
        picture("concurrency_and_backlog", lacking)


def test_the_line_style_of_a_picked_run_is_its_target(frames, results, picture):
    runs = frames.runs.query("items == 100 and seed == 7 and setting == 'default'")
    samples = run_tables(results, "timeline", set(runs["run_id"]))
    [axes] = picture(lambda figure: picked_runs(runs, samples, figure)).axes
    styles = [line.get_linestyle() for line in axes.get_lines()]
    assert [style == "-" for style in styles] == list(runs["target"] == "model")
