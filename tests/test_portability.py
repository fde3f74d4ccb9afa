"""What runs on Linux runs on macOS: its make 3.81, its bash 3.2, its BSD commands."""

import re
import shlex
from pathlib import Path

import pytest

from bench import processes

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
# The system's own commands, with the options that POSIX has for them.
POSIX = {"awk": {"-F"}, "rm": {"-rf", "-r", "-f"}, "touch": set(), "mkdir": {"-p"}}
OURS = re.compile(
    r"\$\((?:RUN|BIN|PYTHON)\)|\.venv/bin/|uv$|\.ci/"
)  # Python, and what it installed
BETWEEN = {"&&", "||", "|", ";"}
NOT_IN_3_81 = (".ONESHELL", "!=", "::=", "$(file ", "$(guile ", ".SHELLSTATUS", "$(let ")


def commands():
    """Every command of a recipe, as its words."""
    for line in re.findall(r"^\t@?(.*)$", MAKEFILE, re.M):
        words = []
        for word in [*shlex.split(line.replace("$$", "$")), "&&"]:
            if word in BETWEEN:
                yield words
                words = []
            else:
                words.append(word)


def test_the_makefile_uses_commands_and_options_of_posix_only():
    found = list(commands())
    assert len(found) > 20
    for name, *rest in found:
        if OURS.match(name):
            continue
        options = {word[:2] if name == "awk" else word for word in rest if word.startswith("-")}
        assert name in POSIX, f"{name} is neither POSIX nor ours"
        assert options <= POSIX[name], f"{name} {' '.join(rest)}"


def test_the_makefile_uses_nothing_newer_than_the_make_of_macos():
    assert [word for word in NOT_IN_3_81 if word in MAKEFILE] == []


@pytest.mark.parametrize("name", ["sched_setaffinity", "sched_getaffinity", "ru_maxrss"])
def test_what_macos_lacks_or_counts_otherwise_has_one_home(name):
    folders = ("lambdas", "infra", "workbench", "analysis", "bench")
    files = {path for folder in folders for path in (ROOT / folder).rglob("*.py")}
    naming = {path for path in files if name in path.read_text()}
    assert {path.relative_to(ROOT).as_posix() for path in naming} == {"bench/processes.py"}


@pytest.mark.parametrize(("unit", "told"), [(1, 512 * 2**20), (1024, 512 * 2**10)])
def test_peak_memory_is_in_the_unit_of_the_system(monkeypatch, unit, told):
    class Usage:
        ru_maxrss = told

    monkeypatch.setattr(processes, "UNIT", unit)
    assert processes.peak_mib(Usage()) == 512
