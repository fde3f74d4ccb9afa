"""Every command once by its real path on a terminal: exit code, last line, no traceback."""

import sys

import pytest
import typer

from tests.terminal.cases import NOT_RUN, PICTURES, QUICK, SLOW, check
from tests.terminal.pseudo_terminal import DARK, LIGHT, SCREENS, Screen, run_on
from workbench.cli.app import app


@pytest.mark.parametrize("screen", SCREENS, ids=str)
@pytest.mark.parametrize("case", QUICK, ids=str)
def test_a_quick_command_on_every_screen(case, screen, place):
    check(case, screen, place)


@pytest.mark.parametrize("number", range(len(SLOW)), ids=lambda number: str(SLOW[number]))
def test_a_command_on_one_screen(number, place):
    check(SLOW[number], SCREENS[number % len(SCREENS)], place)


def command_names(group) -> set[str]:
    """`run`, `prices show` and the rest, as they are registered."""
    names = set()
    for name, one in group.commands.items():
        under = command_names(one) if hasattr(one, "commands") else {""}
        names |= {f"{name} {rest}".strip() for rest in under}
    return names


COMMANDS = sorted(command_names(typer.main.get_command(app)))
HELP = """
import sys
from workbench.cli.app import app
for name in sys.argv[1:]:
    app([*name.split(), "--help"], prog_name="workbench", standalone_mode=False)
"""


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in NOT_RUN])
def test_every_command_is_run_on_a_terminal(name):
    assert any(f"{case} ".startswith(f"{name} ") for case in [*QUICK, *SLOW, *PICTURES])


@pytest.mark.parametrize("screen", [Screen(80, DARK), Screen(120, LIGHT)], ids=str)
def test_the_help_of_every_command_fits_the_terminal(screen, tmp_path):
    shown = run_on([sys.executable, "-c", HELP, *COMMANDS], screen, tmp_path)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count("Usage: ") == len(COMMANDS)
    assert max(shown.out_widths) <= screen.columns
