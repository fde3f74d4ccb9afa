"""What this machine has and lacks, each finding with what to do about it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.project import ROOT
from workbench.stacks.cdk import node_path

DISK_MIN_GB = 1.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
    fatal: bool = False  # a run on `local` or `model` cannot work without it

    def __str__(self) -> str:
        mark = "ok  " if self.ok else "LACK" if self.fatal else "note"
        advice = f" -> {self.advice}" if self.advice and not self.ok else ""
        return f"{mark} {self.name}: {self.detail}{advice}"


def findings() -> list[Finding]:
    """Everything that the targets `local` and `model` stand on, and whether `aws` is near."""
    checks: list[Callable[[], Finding]] = [
        _python,
        _packages,
        _node,
        _disk,
        _git,
        _credentials,
    ]
    return [check() for check in checks]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "Python",
        sys.version_info >= (3, 11),
        found,
        "take Python 3.11 or later",
        fatal=sys.version_info < (3, 11),
    )


def _packages() -> Finding:
    """Whether what is installed is what the lock file pins."""
    pins = dict(_pins(ROOT / "constraints.txt"))
    wrong = []
    for name in ("moto", "boto3", "aws-cdk-lib", "numba", "papermill", "pandas"):
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "nothing"
        if found not in pins.get(name, {found}):
            wrong.append(f"{name} {found}")
    detail = f"{', '.join(wrong)} instead of what is pinned" if wrong else "as pinned"
    return Finding("packages", not wrong, detail, "run `make env`")


def _pins(path: Path) -> dict[str, set[str]]:
    """The versions that a list of pins allows, by package; a package may differ by Python."""
    pins: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        name, _, rest = line.partition("==")
        if rest:
            pins.setdefault(name.strip(), set()).add(rest.split(";")[0].strip())
    return pins


def _node() -> Finding:
    try:
        path = node_path()
        found = subprocess.run(
            [path, "--version"], capture_output=True, encoding="utf-8", check=True
        )
    except (WorkbenchError, OSError, subprocess.CalledProcessError) as error:
        return Finding("Node", False, str(error), "run `make env`", fatal=True)
    return Finding("Node", True, found.stdout.strip())


def _disk() -> Finding:
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    enough = free_gb >= DISK_MIN_GB
    return Finding("disk", enough, f"{free_gb:.1f} GB free", "make room", fatal=not enough)


def _git() -> Finding:
    found = shutil.which("git")
    return Finding("git", bool(found), found or "not found", "runs will not name their commit")


def _credentials() -> Finding:
    """Only whether something is there: asking AWS is for the target `aws`."""
    names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
    there = [name for name in names if os.environ.get(name)]
    files = [p for p in ("credentials", "config") if (Path.home() / ".aws" / p).exists()]
    detail = ", ".join([*there, *(f"~/.aws/{file}" for file in files)]) or "none"
    advice = "needed by the target aws only: `aws configure` or AWS_PROFILE"
    return Finding("AWS credentials", bool(there or files), detail, advice)
