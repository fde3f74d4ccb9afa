"""What is asked for too often is done once, with the newest; steps are taken back one by one."""

import asyncio
from dataclasses import replace

from analysis.explore.newest import History, Newest
from analysis.explore.scenario import Scenario


def test_many_changes_in_a_row_are_drawn_once_and_with_the_newest():
    place, drawn = [0], []
    newest = Newest(lambda: drawn.append(place[0]))

    async def drag():
        for step in range(1, 31):
            place[0] = step
            newest.ask()
        assert drawn == []
        await asyncio.sleep(0.1)
        place[0] = 99
        newest.ask()
        newest.do()
        await asyncio.sleep(0.1)

    asyncio.run(drag())
    assert drawn == [30, 99]


def test_without_an_event_loop_it_is_done_at_once():
    drawn = []
    newest = Newest(lambda: drawn.append(1))
    newest.ask()
    newest.ask()
    assert drawn == [1, 1]


def test_a_drag_is_one_step_and_what_comes_after_it_another():
    sizes = [replace(Scenario(), items=n) for n in (100, 200, 300, 400, 500)]
    history = History(sizes[0])
    for size in sizes[1:3]:
        history.came(size, "a slider")
    history.came(sizes[2], "a slider")
    history.end_step()
    history.came(sizes[3], "a slider")
    history.came(sizes[4])
    assert [history.back().items for _ in range(4)] == [400, 300, 100, 100]
    assert history.is_empty
