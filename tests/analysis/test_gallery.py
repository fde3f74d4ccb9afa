"""Every chart of the gallery, as a picture: nothing overlaps, nothing is cut, all is said."""

from itertools import combinations

import pytest
from matplotlib.text import Text

from analysis import gallery, theme
from analysis.caption import runs_behind
from analysis.frames import Frames
from analysis.needs import NothingToShow

TOUCH_PX = 1.0  # two boxes may share the edge of a letter's box
PLAIN = ("how_simple", "binding_limits", "agreement_with_published", "savings", "prediction_errors")
SHAPES = ((theme.LIGHT, theme.BLOG), (theme.DARK, theme.VIDEO))


def texts(figure):
    """Every text that can be seen, with its box in pixels."""
    found = [*figure.texts, figure._suptitle, figure._supxlabel]
    for axes in figure.axes:
        found += [*axes.texts, axes.xaxis.label, axes.yaxis.label]
        found += [axes.title, axes._left_title, axes._right_title]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=False)
            found += [label for at, label in ticks if low <= at <= high]
    shown = {id(t): t for t in found if t is not None and t.get_visible() and t.get_text().strip()}
    return [(t.get_text(), Text.get_window_extent(t)) for t in shown.values()]


@pytest.fixture(scope="module")
def drawn(frames):
    """Each chart once in each shape."""
    kept = {}

    def draw(name, look, canvas):
        key = (name, look.name, canvas.name)
        if key not in kept:
            with theme.use(look, canvas):
                figure = gallery.draw(gallery.named(name), frames, look, canvas)
                theme.freeze(figure)
                figure.canvas.draw()
                kept[key] = figure, texts(figure)
        return kept[key]

    return draw


@pytest.mark.parametrize(("look", "canvas"), SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("name", gallery.names())
def test_no_text_lies_on_another_or_is_cut(drawn, name, look, canvas):
    figure, boxes = drawn(name, look, canvas)
    crossed = [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > TOUCH_PX
        and min(a.y1, b.y1) - max(a.y0, b.y0) > TOUCH_PX
    ]
    assert crossed == []
    width, height = figure.canvas.get_width_height()
    cut = [t for t, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height]
    assert cut == []


@pytest.mark.parametrize("name", gallery.names())
def test_every_chart_asks_its_question_and_says_where_it_comes_from(drawn, name):
    figure, boxes = drawn(name, theme.LIGHT, theme.BLOG)
    said = " ".join(" ".join(text for text, _ in boxes).split())
    assert " ".join(figure._suptitle.get_text().split()) == gallery.named(name).question
    assert all(axes.get_xlabel() for axes in figure.axes)
    if name not in PLAIN:
        for part in ("commit 8848116b5e01", "seed", "prices of 2026-11-23", "coverage 100 %"):
            assert part in said
        assert len(runs_behind(figure)) >= 2


@pytest.mark.parametrize("name", gallery.names())
def test_no_chart_is_ever_empty(tmp_path, name):
    with pytest.raises(NothingToShow, match=r"[Rr]un"):
        gallery.draw(gallery.named(name), Frames(tmp_path), theme.LIGHT)


@pytest.mark.parametrize("name", ["completion_time", "cost_against_items", "cost_by_service"])
def test_one_design_is_drawn_and_the_other_said_to_be_missing(folder, stored, name):
    frames = Frames(stored(folder("sqs", "model", 100), folder("sqs", "model", 1_000)))
    figure = gallery.draw(gallery.named(name), frames, theme.LIGHT)
    assert "No run of sfn" in " ".join(figure._supxlabel.get_text().split())


@pytest.mark.parametrize("name", ["who_wins", "concurrency_and_backlog"])
def test_a_comparison_of_one_design_is_refused(folder, stored, name):
    frames = Frames(stored(folder("sqs", "model", 100)))
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        gallery.draw(gallery.named(name), frames, theme.LIGHT)


def test_incomplete_coverage_is_said(folder, stored):
    stored(folder("sfn", "model", 1_000))
    frames = Frames(stored(folder("sqs", "model", 1_000), items_processed=990, items_failed=5))
    figure = gallery.draw(gallery.named("completion_time"), frames, theme.LIGHT)
    assert "coverage 99.75 % of the items" in " ".join(figure._supxlabel.get_text().split())
