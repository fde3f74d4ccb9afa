"""The command line: `workbench run`, `workbench doctor`, and the rest of the family.

Progress and errors go to standard error; the last line on standard output is the result's path.
Exit code 0: done. 1: it did not finish. 2: refused before anything ran.
"""

import sys

import typer

from workbench.cli import doctor, estimate, prices, run, stacks, study, sweep, trust, tune
from workbench.errors import WorkbenchError

COMMANDS = (
    estimate.estimate,
    study.study,
    study.tables,
    study.report,
    study.publish,
    stacks.deploy,
    stacks.destroy,
    stacks.teardown,
    stacks.resume,
    stacks.purge,
    trust.swarm,
    trust.agreement,
    trust.calibrate,
    run.run,
    run.collect,
    doctor.doctor,
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What does it cost to know that a large AWS Lambda batch is done?",
)
app.add_typer(prices.app, name="prices")
app.command("sweep")(sweep.command)
app.command("tune")(tune.command)
for command in COMMANDS:
    app.command()(command)


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
