"""The chart of an answer: lines that end nowhere, names that cover nothing, colours of the page."""

import random
import re
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis import theme
from analysis.deadlines import Deadlines, Offer, draw, inline_svg, say
from workbench.designs import DESIGNS


def made_up(seed, designs=tuple(DESIGNS), deadline_s=7_200):
    """Fronts of designs, near each other or not."""
    dice, offers = random.Random(seed), []
    for name in designs:
        seconds, usd = dice.uniform(5, 600), dice.uniform(1, 1 + 10 ** dice.uniform(-3, 2))
        for _ in range(dice.randint(1, 8)):
            offers.append(Offer(name, seconds, usd))
            seconds, usd = seconds * dice.uniform(1.02, 2.5), usd * dice.uniform(0.5, 0.999)
    return Deadlines(tuple(offers), offers[-1], "modelled", deadline_s)


def drawn(shown):
    with theme.use(theme.LIGHT):
        axes = draw(shown, theme.blank())
        theme.settle(axes.figure)
        return axes


def ticks(axis):
    """The texts of the ticks that are seen."""
    low, high = axis.get_view_interval()
    return [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]


@pytest.mark.parametrize("seed", range(8))
def test_no_text_is_on_another_or_outside(seed):
    axes = drawn(made_up(seed))
    names = [text.get_window_extent() for text in axes.texts]
    around = [axes.xaxis.label, axes.yaxis.label, *ticks(axes.xaxis), *ticks(axes.yaxis)]
    around = [one.get_window_extent() for one in around]
    whole = [axes.figure._suptitle.get_window_extent(), axes.figure._supxlabel.get_window_extent()]
    assert not [1 for a, b in combinations([*names, *around, *whole], 2) if a.overlaps(b)]
    room = axes.get_window_extent()
    assert all(room.x0 <= b.x0 and b.x1 <= room.x1 and room.y0 <= b.y0 for b in names)


def test_each_design_has_its_colour_and_its_line_goes_down_and_on_to_the_edge():
    shown = made_up(3)
    lines = {line.get_label(): line for line in drawn(shown).get_lines()}
    assert {"asked: 2 h", *DESIGNS} <= set(lines)
    for name, own in shown.designs.items():
        seconds, usd = lines[name].get_data()
        assert lines[name].get_color() == theme.colour(name)
        assert list(zip(seconds, usd, strict=True))[:-1] == [
            (one.deadline_s, one.month_usd) for one in own
        ]
        assert usd[-1] == own[-1].month_usd
        assert seconds[-1] >= max(one.deadline_s for one in shown.offers)
        assert (np.diff(usd) <= 0).all()


def test_the_words_have_the_soonest_and_the_cheapest_of_each():
    offers = (Offer("sqs", 60, 3.0), Offer("sqs", 600, 2.0), Offer("sfn", 120, 2.5))
    assert say(Deadlines(offers, offers[1], "modelled")) == (
        "A month, by the deadline: sqs $3 at 1 min to $2 at 10 min and sfn $2.50 at 2 min. "
        "Taken: sqs at 10 min."
    )


def test_inside_a_page_its_texts_are_texts_and_its_colours_are_the_pages():
    shown = made_up(5, deadline_s=None)
    svg = inline_svg(shown)
    assert svg == inline_svg(shown)
    root = ElementTree.fromstring(svg.replace("xlink:href", "href"))
    texts = {"".join(one.itertext()) for one in root.iter("text")}
    assert {"dollars a month", *DESIGNS} <= texts
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].endswith(say(shown))
    assert "width" not in root.attrib
    used = set(re.findall(r"var\((--[a-z]+)\)", svg))
    assert used == set(theme.colours(theme.LIGHT))
    assert not {one.lower() for one in theme.colours(theme.LIGHT).values()} & set(
        re.findall(r"#[0-9a-f]{6}", svg)
    )


def test_both_themes_have_the_same_variables_and_other_colours():
    light, dark = (theme.colours(one) for one in theme.THEMES)
    assert light.keys() == dark.keys()
    assert all(light[name] != dark[name] for name in light)
