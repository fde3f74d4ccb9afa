"""The notebooks as people start them: by papermill from a shell, in a fresh copy of the project."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest

from workbench.designs import DESIGNS, ITEMS_MAX, PRESETS
from workbench.runs.records import read_run, run_folders
from workbench.runs.runner import TARGETS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = README.split("## By papermill\n")[1].split("```sh\n")[1].split("```")[0].splitlines()
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def git(*arguments, cwd=ROOT):
    told = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    return told.stdout.splitlines()


@pytest.fixture
def clone(tmp_path):
    """The project as git has it, what is not committed yet included, results left out."""
    place = tmp_path / "clone"
    for name in git("ls-files", "-co", "--exclude-standard"):
        if not name.startswith("results/") and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    (ROOT / ".cache").mkdir(exist_ok=True)
    (place / ".cache").symlink_to(ROOT / ".cache")  # what was compiled is not compiled again
    git("init", "-q", cwd=place)
    git("add", "-A", cwd=place)
    return place


def shell(command, cwd):
    """A command line, word for word, with the environment's own programs."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", command],
        cwd=cwd,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=280,
    )


def runs_of(command, clone):
    """The runs that a command has left in the copy's own results folder, and nothing elsewhere."""
    done = shell(command, clone)
    assert done.returncode == 0, done.stderr
    assert [line for line in git("status", "--porcelain", cwd=clone) if line[0] == "?"] == []
    assert list(clone.parent.iterdir()) == [clone]
    return [read_run(path) for path in run_folders(clone / "results")]


def told(run):
    return run.design, run.target, run.items, run.status


def test_the_readme_shows_each_way_to_give_parameters():
    text = "\n".join(COMMANDS)
    assert [flag for flag in ("-p", "-y", "-f", "--help-notebook") if f" {flag} " not in text] == []


def test_a_run_goes_to_the_projects_results_and_the_notebook_says_where(clone):
    [run] = runs_of(COMMANDS[0], clone)
    assert told(run) == ("sqs", "local", 100, "complete")
    texts = [o.get("text", "") for o in outputs(clone / "out.ipynb")]
    assert texts[0] == f"results: {clone / 'results'}\n"
    assert f"{clone / 'results' / 'runs' / run.run_id}\n" in "".join(texts)


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.slow
def test_every_other_run_of_the_readme_is_what_it_says(clone):
    orders = [
        ("sfn", "local", 100, "complete"),
        ("sqs", "local", 200, "complete"),
        ("sqs", "model", 1_000_000, "complete"),
        ("sfn", "model", 1_000_000, "complete"),
    ]
    assert len(orders) == len(COMMANDS) - 2  # the first is above, the last is help
    seen = set()
    for command, order in zip(COMMANDS[1:-1], orders, strict=True):
        [run] = [run for run in runs_of(command, clone) if run.run_id not in seen]
        seen.add(run.run_id)
        assert told(run) == order


@pytest.mark.slow
def test_a_relative_folder_is_taken_from_where_the_shell_is(clone, tmp_path):
    command = f"papermill {ROOT}/notebooks/benchmark.ipynb out.ipynb -p target model -p results own"
    away = tmp_path / "away"
    away.mkdir()
    done = shell(command, away)
    assert done.returncode == 0, done.stderr
    assert [run.target for run in map(read_run, run_folders(away / "own"))] == ["model"]


@pytest.mark.slow
def test_three_studies_at_once_all_work(tmp_path):
    command = [sys.executable, "-m", "workbench", "study", "--items", "100", "--story", ""]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
    folders = [tmp_path / name for name in "abc"]
    all_three = [subprocess.Popen([*command, "--results", str(f)], **quiet) for f in folders]
    errors = [process.communicate(timeout=500)[1] for process in all_three]
    assert [process.returncode for process in all_three] == [0, 0, 0], errors
    assert "Interrupt" not in "".join(errors)
    for folder in folders:
        runs = [read_run(path) for path in run_folders(folder)]
        assert sorted(map(told, runs)) == [
            (design, "local", 100, "complete") for design in sorted(DESIGNS)
        ]
        assert list((folder / "runs").glob(".tmp*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.0, 5.0])  # while the kernel starts, while it works
def test_ctrl_c_during_a_study_ends_it_with_a_line_and_leaves_no_kernel(after_s, tmp_path):
    code = "import signal, sys; from workbench.cli.app import main; "
    code += "signal.signal(signal.SIGINT, signal.default_int_handler); main()"
    command = [sys.executable, "-c", code, "study", "--items", "100000", "--story", ""]
    process = subprocess.Popen(
        [*command, "--results", str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    while not (kernels := children(process.pid)):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    told = [line for line in process.communicate(timeout=60)[1].splitlines() if line]
    assert process.returncode == 130
    assert told[0].startswith("sqs, 100,000 items on local")
    assert told[-1] == "interrupted: runs that had ended are kept"
    assert [line for line in told if "Traceback" in line or "WARNING" in line] == [], told
    for kernel in kernels:
        with pytest.raises(ProcessLookupError):
            os.kill(kernel, 0)
    assert run_folders(tmp_path) == []
    assert list(tmp_path.glob("runs/*")) == list(tmp_path.glob("runs/.tmp*")) == []


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    return [int(one) for one in found.split()]


def test_help_shows_a_type_for_each_parameter_and_the_values_that_may_be_taken():
    done = shell(COMMANDS[-1], ROOT)
    named = re.findall(r"^  (\w+): (\w+) \(default (.*?)\) *(.*)$", joined(done.stdout), re.M)
    helps = {name: words for name, _, _, words in named}
    assert [(name, kind, default) for name, kind, default, _ in named] == [
        ("design", "str", '"sqs"'),
        ("target", "str", '"local"'),
        ("items", "int", "1000"),
        ("seed", "int", "7"),
        ("preset", "str", '"default"'),
        ("settings", "dict", "{}"),
        ("region", "str", '""'),
        ("results", "str", '""'),
        ("run_id", "str", '""'),
        ("fill", "str", '""'),
    ]
    presets = {preset for own in PRESETS.values() for preset in own}
    for name, values in (("design", DESIGNS), ("target", TARGETS), ("preset", presets)):
        assert set(values) <= set(re.findall(r"[\w-]+", helps[name])), name
    assert f"{ITEMS_MAX:,}" in helps["items"]


def joined(text):
    """papermill's help with each parameter's words on its own line."""
    return re.sub(r"\n {34}", " ", text)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_parameter_of_every_notebook_has_a_type_and_words(name):
    known = papermill.inspect_notebook(str(ROOT / "notebooks" / f"{name}.ipynb"))
    lacking = [
        one
        for one, told in known.items()
        if told["inferred_type_name"] not in ("str", "int", "dict", "bool", "list")
        or len(told["help"]) < 10
    ]
    assert known
    assert lacking == []
    assert known["results"]["default"] == '""'
