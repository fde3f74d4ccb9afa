"""The documents say what is: commands, targets and folders in them exist, and none is left out."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.project import REFERENCE
from workbench.runs.sets import read_runs

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.M))


def tracked_files() -> set[Path]:
    """The paths that git knows."""
    told = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
    )
    return {Path(name) for name in told.stdout.splitlines()}


@pytest.fixture(scope="module")
def commands():
    """The command line's own list."""
    from workbench.cli.app import COMMANDS

    return {one.name.split()[0] for one in COMMANDS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page):
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z0-9-]*)", page.read_text(), re.M))
    assert named - TARGETS == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page, commands):
    named = set(re.findall(r"(?:`|^)workbench ([a-z][a-z-]*)", page.read_text(), re.M))
    assert named - commands == set()


def test_the_folder_map_is_the_tree_on_disk():
    block = README.split("## Folders\n```\n")[1].split("```")[0]
    mapped = set(re.findall(r"^(\w+)/", block, re.M))
    folders = {one.parts[0] for one in tracked_files() if len(one.parts) > 1}
    folders = {name for name in folders if not name.startswith(".")}
    assert mapped == folders


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_to_files_of_a_fresh_clone(page):
    links = {link for link in re.findall(r"\]\(([^)#]+)", page.read_text()) if "://" not in link}
    paths = {Path(os.path.relpath((page.parent / link).resolve(), ROOT)) for link in links}
    tracked = tracked_files()
    folders = {folder for one in tracked for folder in one.parents}
    assert paths - tracked - folders == set()


def test_make_alone_lists_every_target_with_one_line():
    out = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    listed = re.findall(r"^make ([a-z0-9-]+) +\S", out.stdout, re.M)
    assert sorted(listed) == sorted(TARGETS)
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M).group(1).split())
    assert phony == TARGETS


def test_the_command_line_answers_as_a_module():
    command = [sys.executable, "-m", "workbench", "--help"]
    out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "Usage: workbench" in out.stdout or "Usage: python -m workbench" in out.stdout


WORKLOAD_SECTION = README.split("## Your workload in ten minutes\n")[1].split("\n## ")[0]
SHOWN = re.findall(r"```sh\nworkbench ([^\n]*)\n```\n```\n(.*?)\n```", WORKLOAD_SECTION, re.S)
SLOW = {"advise": pytest.mark.slow}  # it tunes every design


@pytest.mark.parametrize(
    ("words", "lines"),
    [pytest.param(*one, marks=SLOW.get(one[0].split()[0], ()), id=one[0]) for one in SHOWN],
)
def test_the_commands_of_ones_own_workload_print_the_lines_that_the_readme_shows(words, lines):
    command = [sys.executable, "-m", "workbench", *words.split()]
    out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    printed = out.splitlines()
    for line in lines.splitlines():  # those that end with an ellipsis go on
        begins, cut, _ = line.partition(" …")
        assert [one for one in printed if one.startswith(begins) if cut or one == line], line


def test_the_readme_shows_every_workload_of_the_project():
    shown = {word for words, _ in SHOWN for word in words.split() if word.endswith(".yaml")}
    tracked = {str(one) for one in tracked_files() if one.parts[0] == "workloads"}
    assert shown == tracked


def test_the_runs_behind_the_kept_charts_are_in_the_kept_set():
    manifest = json.loads((REFERENCE / "published" / "manifest.json").read_text())
    behind = {run for figure in manifest["figures"].values() for run in figure["runs"]}
    assert behind
    assert behind - {run.run_id for run in read_runs(REFERENCE)} == set()


def test_of_results_git_keeps_the_reference_set_alone():
    kept = {one for one in tracked_files() if one.parts[0] == "results"}
    assert {one.parts[1] for one in kept} == {"reference"}
    charts = {one.name for one in kept if one.parent.name == "published"}
    manifest = json.loads((REFERENCE / "published" / "manifest.json").read_text())
    named = {name for figure in manifest["figures"].values() for name in figure["files"]}
    assert charts == named | {"manifest.json", "agreement.md"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial", "how-to/pandas"])
def test_the_commands_of_a_page_run_one_after_the_other(name, tmp_path):
    text = (ROOT / "docs" / f"{name}.md").read_text()
    blocks = re.findall(r"^```(sh|python)\n(.*?)^```", text, re.M | re.S)
    assert blocks
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "reference").symlink_to(REFERENCE)
    for kind, block in blocks:
        script = block if kind == "sh" else f"python - <<'END'\n{block}END\n"
        script = re.sub(
            r"^(workbench (?:run|runs) .*)$", r"\1 --results results", script, flags=re.M
        )
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
