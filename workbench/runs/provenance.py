"""What made a run: the project's commit, and the versions that shape it."""

import subprocess
import sys
from functools import cache
from importlib.metadata import version

from workbench.project import ROOT

PACKAGES = ("boto3", "moto", "numba", "aws-cdk-lib", "pandas")
SHAPING = (  # the code and the constants that shape a run
    "lambdas infra workbench/targets workbench/designs workbench/platform workbench/prices "
    "workbench/bill workbench/engine workbench/runs/batch.py"
).split()


@cache  # what runs is what was imported, however the files change later
def commit() -> str:
    """The project's commit, with a plus sign if files were changed since; empty outside git."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head + ("+" if changed else "")


@cache
def is_of_other_code(made_at: str) -> bool:
    """Whether the code that shapes a run has changed since a commit, or the commit is unknown here.

    False where git cannot tell, which is outside of it, and for a run that names no commit.
    """
    if not made_at or commit() in ("", made_at):
        return False
    try:
        _git("diff", "--quiet", made_at.removesuffix("+"), "--", *SHAPING)
    except subprocess.CalledProcessError:
        return True
    return False


@cache
def versions() -> dict[str, str]:
    """The versions of Python and of the packages that shape a run."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python} | {package: version(package) for package in PACKAGES}


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()
