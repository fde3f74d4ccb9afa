"""Every command with its group in `--help` and an example: the one list of what there is."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.cli import (
    doctor,
    estimate,
    prices,
    reference,
    run,
    runs,
    stacks,
    study,
    sweep,
    trust,
    tune,
)


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
        Command("estimate", estimate.estimate, "--items 1000000"),
        Command("tune", tune.command, "--design sqs --items 1000000 --within 30"),
    ),
    "Studies and reports": (
        Command("study", study.study, "--items 100,1000,10000"),
        Command("sweep", sweep.command, "studies/who_wins.yaml"),
        Command("tables", study.tables),
        Command("report", study.report, "--results results"),
        Command("publish", study.publish, "--no-video"),
        Command("reference", reference.reference),
    ),
    "AWS": (
        Command("deploy", stacks.deploy, "--design sqs --notify someone@example.com"),
        Command("destroy", stacks.destroy, "--design all"),
        Command("teardown", stacks.teardown, "--dry-run"),
        Command("resume", stacks.resume, "BATCH"),
        Command("purge", stacks.purge, "BATCH"),
    ),
    "Trust": (
        Command("swarm", trust.swarm, "--runs 200 --first-seed 1000"),
        Command("agreement", trust.agreement),
        Command("calibrate", trust.calibrate, "results/runs/RUN --out profile.json"),
    ),
    "Housekeeping": (
        Command("doctor", doctor.doctor, "--target aws"),
        Command("runs list", runs.list_runs, "--design sqs --target local"),
        Command("runs show", runs.show_run, "RUN --json"),
        Command("runs rm", runs.remove_runs, "RUN --yes"),
        Command("prices show", prices.show_book, "--service lambda"),
        Command("prices refresh", prices.refresh_book, "--region eu-west-1"),
    ),
}
COMMANDS = tuple(command for panel in PANELS.values() for command in panel)
