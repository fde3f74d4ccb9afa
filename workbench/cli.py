"""The command line: `workbench run`, `workbench doctor`, and the rest of the family.

Progress and errors go to standard error; the last line on standard output is the result's path.
Exit code 0: done. 1: it did not finish. 2: refused before anything ran.
"""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from workbench import (
    aws_cli,
    checks_cli,
    estimate_cli,
    prices_cli,
    study_cli,
    sweep_cli,
    tune_cli,
)
from workbench.designs import BOTH, make_design
from workbench.errors import BadInput, Incomplete, PullFailed, WorkbenchError
from workbench.progress import progress_bar
from workbench.records import read_run
from workbench.runner import Order, new_run_id, run_order

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What does it cost to know that a large AWS Lambda batch is done?",
)

app.add_typer(prices_cli.app, name="prices")
app.command()(estimate_cli.estimate)
app.command("sweep")(sweep_cli.command)
app.command("tune")(tune_cli.command)
for command in (study_cli.study, study_cli.tables, study_cli.report, study_cli.publish):
    app.command()(command)
for command in (
    aws_cli.deploy,
    aws_cli.destroy,
    aws_cli.teardown,
    aws_cli.resume,
    aws_cli.purge,
):
    app.command()(command)
for command in (checks_cli.swarm, checks_cli.agreement, checks_cli.calibrate):
    app.command()(command)

Results = Annotated[Path, typer.Option("--results", help="Where run folders lie.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="A knob: name=value. May repeat.")
]


def main() -> None:
    """Run the command line; an error that a user can act on is one line, not a traceback."""
    try:
        app()
    except WorkbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):
            raise  # a bug of ours, with its traceback
        print(f"error: AWS: {error}. `workbench doctor` says what is missing.", file=sys.stderr)
        sys.exit(2 if "Credential" in type(error).__name__ else 1)


@app.callback()
def family() -> None:
    """What does it cost to know that a large AWS Lambda batch is done?"""


@app.command()
def run(
    design: Annotated[str, typer.Option(help="sqs, sfn or counters.")],
    items: Annotated[int | None, typer.Option(help="How many, 1 to 100,000,000.")] = None,
    target: Annotated[str, typer.Option(help="local, model or aws.")] = "local",
    seed: Annotated[int, typer.Option(help="The items are drawn from it.")] = 7,
    preset: Annotated[
        str, typer.Option(help="default, published, tuned or tuned-concurrent.")
    ] = "default",
    settings: Settings = None,
    results: Results = Path("results"),
    max_usd: Annotated[float, typer.Option(help="On aws: refused or stopped above it.")] = 1.0,
    forecast: Annotated[bool, typer.Option(help="Write down what the model says, first.")] = True,
    fault_seed: Annotated[int | None, typer.Option(help="A seed of the swarm, again.")] = None,
) -> None:
    """Run one batch and print the path of its run folder."""
    if fault_seed is not None:
        checks_cli.replay(fault_seed, design)
        return
    if items is None:
        raise BadInput("--items is missing: how many items has the batch?")
    limit = Decimal(str(max_usd))
    order = Order(design, target, items, seed, preset, read_settings(settings), max_usd=limit)
    run_id = new_run_id(order)
    if forecast and (foretold := _predict(order, run_id, results)):
        print(f"predicted (modelled): {foretold}", file=sys.stderr)
    with progress_bar(f"{design} on {target}") as watch:
        path = run_order(order, results, watch, run_id)
    done = read_run(path)
    print(path)
    if done.status != "complete":
        raise Incomplete(f"the batch did not complete: {done.reason}")


@app.command()
def collect(
    runs: Annotated[list[Path], typer.Argument(help="Run folders of the target aws.")],
) -> None:
    """Pull the evidence about runs again from AWS; what was pulled before stays."""
    from workbench.collect import collect as pull
    from workbench.runner import make_target

    lacking = []
    for path in runs:
        found = pull(path, make_target(read_run(path).target))
        for kept in found.pulls:
            print(f"{path.name}: {kept.kind}, {len(kept.frame):,} rows, {kept.stamp}")
        lacking += [f"{path.name}: {why}" for why in found.failed]
    if lacking:
        raise PullFailed("; ".join(lacking))


@app.command()
def doctor(
    target: Annotated[str, typer.Option(help="aws: ask AWS too, for about $0.03.")] = "local",
    preset: Annotated[
        str, typer.Option(help="The knobs that quotas are held against.")
    ] = "default",
    results: Results = Path("results"),
) -> None:
    """Say what this machine has and lacks for a target."""
    from workbench.doctor import findings

    found = findings()
    if target == "aws":
        from workbench.aws_doctor import aws_findings

        found = [finding for finding in found if finding.name != "AWS credentials"]
        found += aws_findings([make_design(name, preset) for name in BOTH], results)
    for finding in found:
        print(finding)
    if any(finding.fatal for finding in found):
        raise typer.Exit(1)


def _predict(order: Order, run_id: str, results: Path) -> str:
    """What the model says of a run, written down; nothing of a run of the model itself."""
    order.make_design()  # refused before numba is loaded
    from workbench.predictions import predict, read_prediction

    path = predict(order, run_id, results)
    return read_prediction(path).told if path else ""


def read_settings(pairs: list[str] | None) -> dict[str, str]:
    """`name=value` pairs as a dictionary."""
    settings = {}
    for pair in pairs or []:
        name, sign, value = pair.partition("=")
        if not sign:
            raise BadInput(f"--set {pair!r} is not name=value.")
        settings[name.strip()] = value.strip()
    return settings
