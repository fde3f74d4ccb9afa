"""The project itself: its folders, its commit, the versions that shape a run."""

import re
import subprocess
import sys
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
STUDIES = ROOT / "studies"
WORKLOADS = ROOT / "workloads"
DOCS = ROOT / "docs"
RESULTS = ROOT / "results"  # where runs are written and read, unless another folder is named
REFERENCE = RESULTS / "reference"  # the packed set that the project keeps; `make reference`


def results_folder(given: str | Path = "") -> Path:
    """The folder given, from where the user is; the project's own where none is given."""
    return Path(given).expanduser().resolve() if str(given) else RESULTS


PACKAGES = ("boto3", "moto", "numba", "aws-cdk-lib", "pandas")
SHAPING = (  # the code and the constants that shape a run
    "lambdas infra workbench/targets workbench/designs workbench/platform workbench/prices "
    "workbench/bill workbench/engine workbench/runs/batch.py"
).split()


COMMIT = re.compile(r"([0-9a-f]{4,64}\+?)?")  # empty outside of git; a plus sign: and changed


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
    if not COMMIT.fullmatch(made_at):
        return True  # no commit that git knows: nothing that a file says becomes an option of git
    try:
        _git("diff", "--quiet", "--end-of-options", made_at.removesuffix("+"), "--", *SHAPING)
    except subprocess.CalledProcessError:
        return True
    return False


@cache
def versions() -> dict[str, str]:
    """The versions of Python and of the packages that shape a run."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python} | {package: version(package) for package in PACKAGES}


@cache
def fingerprint() -> dict[str, str]:
    """What has to be the same wherever a part of one computation is done."""
    digest = blake2b(digest_size=6)
    for folder in ("infra", "lambdas", "workbench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".json") and not {"node_modules", "cdk.out"} & {*path.parts}:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return {"commit": commit() or "none", "sources": digest.hexdigest()} | versions()


def _git(*arguments: str) -> str:
    # Without its optional lock: killed while it refreshes the index, it would leave that locked.
    command = ["git", "--no-optional-locks", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()
