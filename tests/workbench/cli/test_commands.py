"""Every command stands in a panel of `--help`, and its example is a command line that parses."""

import shlex

import pytest
import typer
from typer.core import TyperGroup

from workbench.cli.app import COMMANDS, GROUPS, PANELS, app
from workbench.designs import make_design

FAMILY = typer.main.get_command(app)


def leaves(group, path=()):
    """The names of all commands, those of groups as `group command`."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name))


def parsed(words):
    """The command that a command line names, and its parameters; raises what a shell would show."""
    command, context, (name, *rest) = FAMILY, None, words
    while True:
        context = command.make_context(name, list(rest), parent=context)
        if not isinstance(command, TyperGroup):
            return context.command_path, context.params
        name, command, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )


def panel_of(help_text, name):
    """The title of the panel in which a command is listed."""
    panel = None
    for line in help_text.splitlines():
        if line.startswith("╭─"):
            panel = line.strip("╭─╮ ")
        elif line.startswith(f"│ {name} "):
            return panel
    return None


def test_every_command_that_can_be_called_stands_in_the_list_once():
    assert sorted(leaves(FAMILY)) == sorted(one.name for one in COMMANDS)
    assert {one.name.split()[0] for one in COMMANDS if " " in one.name} == set(GROUPS)


@pytest.mark.parametrize("name", FAMILY.commands)
def test_help_lists_each_command_in_the_panel_of_its_purpose(command, name):
    code, out, _ = command("--help")
    home = {one.name.split()[0]: panel for panel, many in PANELS.items() for one in many}
    assert (code, panel_of(out, name)) == (0, home[name])


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_each_command_says_what_it_does_and_ends_with_its_example(command, one):
    code, out, _ = command(*one.name.split(), "--help")
    assert code == 0
    assert one.function.__doc__
    assert " ".join(out.split()).endswith(f"Example: {one.example}")


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_each_example_is_a_command_line_that_parses(one):
    path, parameters = parsed(shlex.split(one.example))
    assert path == f"workbench {one.name}"
    design = parameters.get("design")
    if design not in (None, "all"):
        assert make_design(design).name == design


def test_a_wrong_example_would_be_seen():
    with pytest.raises(Exception, match="--sede"):
        parsed(["workbench", "run", "--design", "sqs", "--sede", "7"])
    with pytest.raises(Exception, match="walk"):
        parsed(["workbench", "prices", "walk"])
