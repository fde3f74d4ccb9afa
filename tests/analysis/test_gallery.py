"""Every chart of the gallery, as a picture: nothing overlaps, nothing is cut, all is said."""

import re
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from itertools import combinations
from typing import get_type_hints

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import gallery, theme
from analysis.caption import words_of
from analysis.frames import Frames
from analysis.needs import Chosen, NothingToShow

TOUCH_PX = 1.0  # two boxes may share the edge of a letter's box
PLAIN = ("how_simple", "binding_limits", "agreement_with_published", "savings", "prediction_errors")
SHORT = 115  # letters of a title: two lines
SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3_600}
ROUNDED = 1.06  # what two digits of a number in words may hide
SHAPES = (
    *((name, theme.LIGHT, theme.BLOG) for name in gallery.NAMES),
    *((name, theme.DARK, theme.PHONE) for name in gallery.NAMES),
    *((name, theme.LIGHT, theme.CARD) for name in gallery.STORY),
    *((name, theme.DARK, theme.STILL) for name in gallery.STORY),
)


@dataclass(frozen=True)
class Only(Frames):
    """A results folder as it would be without any other run."""

    run_ids: tuple[str, ...]

    @cached_property
    def runs(self):
        """The runs named."""
        return Frames.runs.func(self).query("run_id in @self.run_ids")


def shown(figure):
    """The ranges of the axes of a picture that are in dollars, and of those in seconds."""
    ranges = {"dollars": [], "seconds": []}
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = axis.get_view_interval()
            text = axis.get_major_formatter()((low + high) / 2, 0)
            if text.startswith("$"):
                ranges["dollars"].append((low, high))
            elif "since the trigger" in axis.label.get_text() or re.search(
                r"\d (ms|s|min|h)$", text
            ):
                ranges["seconds"].append((low, high))
    return ranges


def texts(figure):
    """Every text that can be seen, with its box in pixels."""
    found = list(figure.texts)
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
            chart = gallery.named(name)
            with theme.use(look, canvas):
                figure = chart.picture(chart.select(frames), look, canvas)
                theme.freeze(figure)
                figure.canvas.draw()
                kept[key] = figure, texts(figure)
        return kept[key]

    return draw


@pytest.mark.parametrize(
    ("name", "look", "canvas"), SHAPES, ids=lambda value: getattr(value, "name", value)
)
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
    x, y = (canvas.margin * side if canvas is theme.STILL else 0 for side in (width, height))
    cut = [t for t, b in boxes if b.x0 < x or b.y0 < y or b.x1 > width - x or b.y1 > height - y]
    assert cut == []


@pytest.mark.parametrize("name", gallery.NAMES)
def test_what_was_found_is_the_title_and_the_question_stands_below(drawn, frames, name):
    figure, _ = drawn(name, theme.LIGHT, theme.BLOG)
    chart = gallery.named(name)
    found = chart.find(chart.select(frames))
    assert words_of(figure, "above") == f"{found} {chart.question}"
    assert len(found) <= SHORT
    assert not found.endswith((".", "?"))


@pytest.mark.parametrize("name", gallery.NAMES)
def test_every_chart_says_whose_it_is_and_whether_its_figures_were_measured(drawn, frames, name):
    figure, _ = drawn(name, theme.LIGHT, theme.BLOG)
    said = words_of(figure, "below")
    assert all(axes.get_xlabel() for axes in figure.axes)
    assert re.search(
        r"fanin-workbench · (modelled|simulated|counted|predicted).* · prices of 2026-11-23 · "
        r"commit 8848116$",
        said,
    )
    if name not in PLAIN:
        assert len(gallery.named(name).select(frames).run_ids) >= 2


@pytest.mark.parametrize("name", sorted(set(gallery.NAMES) - {"who_wins"}))
def test_no_caption_names_a_knob_as_the_code_does(drawn, name):
    figure, boxes = drawn(name, theme.LIGHT, theme.BLOG)
    said = " ".join([words_of(figure, "below"), *(text for text, _ in boxes)])
    assert re.findall(r"\w+_\w+|\w+=\w+", said) == []


def test_a_card_and_a_still_have_neither_question_nor_caption(drawn):
    for canvas, look in ((theme.CARD, theme.LIGHT), (theme.STILL, theme.DARK)):
        figure, _ = drawn("how_simple", look, canvas)
        assert "?" not in words_of(figure, "above")
        assert words_of(figure, "below").startswith("fanin-workbench · counted")


def test_captions_are_large_enough_for_a_phone_and_for_a_video():
    assert theme.PHONE.note * theme.PHONE.text_pt >= 11
    assert theme.PHONE.width_in * 72 == pytest.approx(390)
    assert theme.STILL.note * theme.STILL.text_pt * theme.STILL.dpi / 72 >= 28
    assert theme.STILL.margin == 0.05


@pytest.mark.parametrize("name", gallery.NAMES)
def test_no_chart_is_ever_empty(tmp_path, name):
    with pytest.raises(NothingToShow, match=r"[Rr]un"):
        gallery.named(name).select(Frames(tmp_path))


@pytest.mark.parametrize("name", gallery.NAMES)
def test_drawing_and_sentence_are_given_the_same_selection_and_nothing_else(name):
    chart = gallery.named(name)
    assert chart.name == name
    makers = (chart.select, chart.find, chart.draw, chart.say)
    given = [get_type_hints(make) for make in makers]
    kinds = [
        [hints[p] for p in signature(make).parameters]
        for hints, make in zip(given, makers, strict=True)
    ]
    assert kinds == [[Frames], [Chosen], [Chosen, Figure], [Chosen]]


@pytest.mark.parametrize("name", gallery.NAMES)
def test_no_other_run_than_those_behind_the_picture_is_in_its_sentence(frames, name):
    chart = gallery.named(name)
    chosen = chart.select(frames)
    alone = chart.select(Only(frames.results, tuple(chosen.run_ids)))
    assert (chart.find(alone), chart.say(alone)) == (chart.find(chosen), chart.say(chosen))
    assert alone.run_ids == chosen.run_ids


@pytest.mark.parametrize("name", gallery.NAMES)
def test_every_dollar_and_time_of_a_sentence_lies_within_the_picture(drawn, frames, name):
    chart = gallery.named(name)
    chosen = chart.select(frames)
    told = f"{chart.find(chosen)}. {chart.say(chosen)}"
    numbers = {
        "dollars": [float(n.replace(",", "")) for n in re.findall(r"\$([\d,]*\.?\d+)", told)],
        "seconds": [
            float(n) * SECONDS[unit] for n, unit in re.findall(r"([\d.]+) (ms|s|min|h)\b", told)
        ],
    }
    figure, _ = drawn(name, theme.LIGHT, theme.BLOG)
    ranges = shown(figure)
    outside = [
        (value, kind)
        for kind, values in numbers.items()
        for value in values
        if not any(low / ROUNDED <= value <= high * ROUNDED for low, high in ranges[kind])
    ]
    assert outside == []


@pytest.mark.parametrize("name", gallery.NAMES)
def test_every_chart_has_a_sentence(frames, name):
    told = gallery.sentence(name, frames)
    assert told.endswith(".")
    assert "Not shown" not in told
    assert len(told) < 500


def test_what_the_runs_cannot_tell_is_not_told(folder, stored):
    frames = Frames(stored(folder("sqs", "model", 100)))
    assert gallery.sentence("cost_against_items", frames).startswith(
        "Which design is cheapest is not known: no runs of two designs"
    )
    assert gallery.sentence("how_simple", frames).startswith("Not shown: there is no table of")


@pytest.mark.parametrize("name", ["completion_time", "cost_against_items", "cost_by_service"])
def test_one_design_is_drawn_and_the_other_said_to_be_missing(folder, stored, picture, name):
    frames = Frames(stored(folder("sqs", "model", 100), folder("sqs", "model", 1_000)))
    figure = picture(name, frames)
    assert "No run of sfn, counters and durable" in words_of(figure, "below")


@pytest.mark.parametrize("name", ["who_wins", "ramp_and_drain"])
def test_a_comparison_of_one_design_is_refused(folder, stored, name):
    frames = Frames(stored(folder("sqs", "model", 100)))
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        gallery.named(name).select(frames)


def test_incomplete_coverage_is_said(folder, stored, picture):
    stored(folder("sfn", "model", 1_000))
    frames = Frames(stored(folder("sqs", "model", 1_000), items_processed=990, items_failed=5))
    figure = picture("completion_time", frames)
    assert "Coverage 99.75 % of the items" in words_of(figure, "below")
