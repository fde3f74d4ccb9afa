"""The commands that draw, on a terminal: they take half a minute each."""

import pytest

from tests.terminal.cases import PICTURES, check
from tests.terminal.pseudo_terminal import SCREENS


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PICTURES)), ids=lambda number: str(PICTURES[number]))
def test_a_command_that_draws_on_one_screen(number, place):
    check(PICTURES[number], SCREENS[number], place)
