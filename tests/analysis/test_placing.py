"""Names find a place where they cover nothing."""

from itertools import combinations
from math import hypot

import pytest

from analysis.placing import Name, name_lines, place_names


def boxes(axes):
    return [text.get_window_extent() for text in axes.texts]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_names_of_crowded_dots_lie_apart_and_inside(picture, scale):
    def draw(figure):
        axes = figure.subplots()
        axes.set(xscale=scale, yscale=scale, xlim=(1, 10), ylim=(1, 10))
        dots = [(3, 3), (3.2, 3.1), (9.8, 9.8), (1.05, 1.05)]
        place_names(axes, [Name(x, y, f"name {x}", "C0") for x, y in dots], dots)
        return axes

    axes = picture(draw)
    assert not any(a.overlaps(b) for a, b in combinations(boxes(axes), 2))
    room = axes.get_window_extent()
    assert all(room.x0 <= b.x0 and b.x1 <= room.x1 and room.y0 <= b.y0 for b in boxes(axes))


def test_each_line_is_named_beside_itself_and_over_none(picture):
    def draw(figure):
        axes = figure.subplots()
        axes.plot([0, 10], [0, 10], label="up", color="C0")
        axes.plot([0, 10], [10, 0], label="down", color="C1")
        axes.axhline(5, label="_not named")
        name_lines([axes])
        return axes

    axes = picture(draw)
    assert [(t.get_text(), t.get_color()) for t in axes.texts] == [("up", "C0"), ("down", "C1")]
    for line in axes.get_lines()[:2]:
        x, y = axes.transData.transform(line.get_xydata()).T
        points = [
            (x[0] + s * (x[1] - x[0]), y[0] + s * (y[1] - y[0]))
            for s in (i / 200 for i in range(201))
        ]
        assert not any(box.contains(*point) for box in boxes(axes) for point in points)


def test_a_name_that_has_no_room_beside_its_dot_stays_nearer_to_it_than_to_another(picture):
    def draw(figure):
        axes = figure.subplots()
        axes.set(xlim=(0, 10), ylim=(0, 10))
        dots = [(7.2, 5), (8.8, 5)]
        place_names(axes, [Name(8.8, 5, "a name so long", "C0")], dots)
        return axes

    axes = picture(draw)
    (box,), (other, own) = boxes(axes), axes.transData.transform([(7.2, 5), (8.8, 5)])

    def far(dot):
        return max(box.x0 - dot[0], dot[0] - box.x1, 0), max(box.y0 - dot[1], dot[1] - box.y1, 0)

    assert hypot(*far(own)) < hypot(*far(other))
