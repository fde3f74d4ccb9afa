"""The project itself: its folders, temporary ones, its commit, the versions that shape a run."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
STUDIES = ROOT / "studies"
DOCS = ROOT / "docs"
RESULTS = ROOT / "results"  # where runs are written and read, unless another folder is named
REFERENCE = RESULTS / "reference"  # the packed set that the project keeps; `make reference`
HOST_CHARS_MAX = 16  # of a machine's name; paths of sockets must stay short


def results_folder(given: str | Path = "") -> Path:
    """The folder given, from where the user is; the project's own where none is given."""
    return Path(given).expanduser().resolve() if str(given) else RESULTS


@contextmanager
def scratch_folder(parent: Path, kind: str) -> Iterator[Path]:
    """A new folder under `parent` that only its user can open; it is removed in the end.

    Folders of the same kind whose process has died on this machine are removed too.
    """
    own = f"{kind}-{platform.node()[:HOST_CHARS_MAX]}-"
    for left in parent.glob(f"{own}*"):
        pid = left.name.removeprefix(own).split("-")[0]
        if pid.isdecimal() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{own}{os.getpid()}-", dir=parent) as folder:
        yield Path(folder)


def _alive(pid: int) -> bool:
    """Whether a process of this number runs, whosever it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
