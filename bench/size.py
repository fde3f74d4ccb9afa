"""How large the project is: lines and modules of its sources, now and at an earlier commit."""

import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

FOLDERS = ("lambdas", "infra", "workbench", "analysis", "bench")
BASELINE = "41844eb"  # the last commit before the sources were put in rooms
NO_ROOM = "(its own modules)"

Sizes = dict[str, tuple[int, int]]  # lines and modules of a folder, of a room of it, of all


def print_size(root: Path, revision: str | None) -> None:
    """Print the sizes of the checkout at `root`, beside those of a revision.

    Without one, the baseline is taken where the history has it. ValueError for an unknown one.
    """
    if revision is None:
        revision = BASELINE if _git(root, "rev-parse", "--verify", BASELINE) is not None else ""
    now, before = sizes(_files_now(root)), sizes(files_of(root, revision)) if revision else {}
    print(f"{'':26}{'lines':>8}{'modules':>9}" + (f"   against {revision}" if before else ""))
    for name, (lines, modules) in now.items():
        line = f"{name:26}{lines:>8,}{modules:>9,}"
        if before:
            old_lines, old_modules = before.get(name, (0, 0))
            line += f"{lines - old_lines:>+11,}{modules - old_modules:>+9,}"
        print(line)


def sizes(files: Mapping[str, int]) -> Sizes:
    """Lines and modules of each folder, of each room of `workbench`, and of all, from a line
    count by path."""
    lines: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for path, count in files.items():
        parts = PurePosixPath(path).parts
        room = parts[1] if len(parts) > 2 else NO_ROOM
        names = ["all", parts[0], *([f"workbench/{room}"] if parts[0] == "workbench" else [])]
        lines.update(dict.fromkeys(names, count))
        modules.update(names)
    order = [*FOLDERS[:3], *sorted(n for n in modules if "/" in n), *FOLDERS[3:], "all"]
    return {name: (lines[name], modules[name]) for name in order if modules[name]}


def files_of(root: Path, revision: str) -> dict[str, int]:
    """Lines of every source file of a revision, by path. ValueError if there is no such one."""
    listed = _git(root, "ls-tree", "-r", "--name-only", revision, "--", *FOLDERS)
    if listed is None:
        raise ValueError(f"{revision}: git knows no such revision here. Name a commit or a tag.")
    paths = [path for path in listed.splitlines() if path.endswith(".py")]
    counted = _git(root, "grep", "-c", "", revision, "--", *paths) if paths else ""
    counts = (line.split(":")[1:] for line in (counted or "").splitlines())
    return dict.fromkeys(paths, 0) | {path: int(lines) for path, lines in counts}


def _files_now(root: Path) -> dict[str, int]:
    """The same of the files on disk that git has, or would take."""
    listed = _git(root, "ls-files", "-co", "--exclude-standard", "--", *FOLDERS) or ""
    paths = [path for path in listed.splitlines() if path.endswith(".py")]
    found = [path for path in paths if (root / path).exists()]
    return {path: (root / path).read_text(encoding="utf-8").count("\n") for path in found}


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers, or None if it refuses."""
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    return done.stdout if done.returncode == 0 else None
