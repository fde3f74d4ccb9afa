"""The command line: `workbench run`, `workbench doctor`, and the rest of the family.

Progress and errors go to standard error; the last line on standard output is the result's path.
Exit code 0: done. 1: it did not finish. 2: refused before anything ran. 3: done, but items of the
batch failed; the last line on standard error says how many and why. 130: Ctrl-C.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup

from workbench.cli import (
    account,
    advise,
    export,
    first_day,
    predict,
    run,
    runs,
    study,
    trust,
    tune,
    workload,
)
from workbench.cli.output import drop_buffers, take_every_sign
from workbench.errors import WorkbenchError, refusal

PACKAGE = "fanin-workbench"
INTERRUPTED = 130  # typer's exit code after Ctrl-C
QUESTION = "What does it cost to know that a large AWS Lambda batch is done?"


@dataclass(frozen=True)
class Command:
    """A command, or one of a group (`prices show`), and arguments that show how it is used."""

    name: str
    function: Callable[..., None]
    arguments: str = ""

    @property
    def example(self) -> str:
        """The example as it is typed."""
        return f"workbench {self.name} {self.arguments}".rstrip()


GROUPS = {
    "runs": "List the runs of a results folder, show one, or remove some.",
    "prices": "Show the price book, or refresh it from AWS.",
}

PANELS: dict[str, tuple[Command, ...]] = {
    "Run": (
        Command("run", run.run, "--design sqs --items 1000"),
        Command("collect", run.collect, "results/runs/RUN"),
    ),
    "Predict and tune": (
        Command("workload", workload.workload, "workloads/web_calls.yaml"),
        Command("advise", advise.advise, "workloads/web_calls.yaml"),
        Command("estimate", predict.estimate, "--items 1000000"),
        Command("tune", tune.tune, "--design sqs --items 1000000 --within 30"),
    ),
    "Studies and reports": (
        Command("study", study.study, "--items 100,1000,10000"),
        Command("sweep", study.sweep, "studies/who_wins.yaml"),
        Command("tables", study.tables),
        Command("export", export.export, "RUN --focus bill.csv"),
        Command("report", study.report, "--results results"),
        Command("publish", study.publish, "--no-video"),
        Command("reference", study.reference),
    ),
    "AWS": (
        Command("first-day", first_day.first_day, "--design all --max-usd 2"),
        Command("deploy", account.deploy, "--design sqs --notify someone@example.com"),
        Command("destroy", account.destroy, "--design all"),
        Command("teardown", account.teardown, "--dry-run"),
        Command("resume", account.resume, "BATCH"),
        Command("purge", account.purge, "BATCH"),
    ),
    "Trust": (
        Command("swarm", trust.swarm, "--runs 200 --first-seed 1000"),
        Command("agreement", trust.agreement),
        Command("calibrate", trust.calibrate, "results/runs/RUN --out profile.json"),
    ),
    "Housekeeping": (
        Command("doctor", account.doctor, "--target aws"),
        Command("runs list", runs.list_runs, "--design sqs --target local"),
        Command("runs show", runs.show_run, "RUN --json"),
        Command("runs rm", runs.remove_runs, "RUN --yes"),
        Command("prices show", account.show_prices, "--service lambda"),
        Command("prices refresh", account.refresh_prices, "--region eu-west-1"),
    ),
}
COMMANDS = tuple(command for panel in PANELS.values() for command in panel)


class ByPurpose(TyperGroup):
    """Commands in the order of their panels; left alone, groups would come first."""

    def list_commands(self, _context: object) -> list[str]:
        """The names at the top, each once."""
        return list(dict.fromkeys(command.name.split()[0] for command in COMMANDS))


def make_app() -> typer.Typer:
    """The command line with every command in its panel."""
    family = typer.Typer(cls=ByPurpose, no_args_is_help=True, pretty_exceptions_enable=False)
    family.callback(help=QUESTION)(_common)
    groups = {name: typer.Typer(no_args_is_help=True, help=told) for name, told in GROUPS.items()}
    for panel, commands in PANELS.items():
        for command in commands:
            *group, name = command.name.split()
            place = groups[group[0]] if group else family
            place.command(
                name,
                rich_help_panel=None if group else panel,
                epilog=f"Example: {command.example}",
            )(command.function)
            if group and group[0] not in {one.name for one in family.registered_groups}:
                family.add_typer(place, name=group[0], rich_help_panel=panel)
    return family


def main() -> None:
    """Run the command line; an error that a user can act on is one line, not a traceback."""
    take_every_sign()
    try:
        try:
            app(prog_name="workbench")  # the same as `python -m workbench`: completion goes by it
        finally:
            sys.stdout.flush()  # here, and not by an interpreter that has nobody left to tell
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print("interrupted: runs that had ended are kept", file=sys.stderr)
        raise
    except BrokenPipeError:
        drop_buffers()
        sys.exit(1)
    except WorkbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        drop_buffers()
        print(f"error: {refusal(error)}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):
            raise  # a bug of ours, with its traceback
        print(f"error: AWS: {error}. `workbench doctor` says what is missing.", file=sys.stderr)
        sys.exit(2 if "Credential" in type(error).__name__ else 1)


def _show_version(wanted: bool) -> None:
    """Print the version, and the commit where git knows it, and end."""
    if wanted:
        from workbench.project import commit

        print(f"workbench {version(PACKAGE)}" + (f", commit {commit()}" if commit() else ""))
        raise typer.Exit


def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """What every command has before its own options."""


app = make_app()
