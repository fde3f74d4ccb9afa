"""What docs/extending.md shows is run, word for word: its code, its commands, its study."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis import gallery
from tests.test_designs_are_slices import own
from tests.test_house_rules import SOURCES
from workbench.cli import app as cli
from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, WorkbenchError
from workbench.runs.batch import Batch
from workbench.runs.failures import failed_line, measured_work, work_hint
from workbench.runs.records import read_failed, read_run
from workbench.runs.sets import read_runs
from workbench.targets.local.target import LocalTarget, Settings
from workbench.targets.local.world.deployment import fill_world
from workbench.targets.local.world.synth import assembly

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs/extending.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.S)
ITEMS = 100
ALL = pytest.mark.parametrize("name", ["sqs", "sfn", "counters"])


def sample(kind, word=""):
    """The one block of that kind with that word in it."""
    (block,) = [text for of, text in BLOCKS if of == kind and word in text]
    return block


def replace_function(file, block, name):
    """What the page says: replace the function of a file, with the imports that it needs."""
    source = file.read_text()
    (old,) = [node for node in ast.parse(source).body if getattr(node, "name", "") == name]
    imports, _, body = block.partition(f"def {name}(")
    lines = source.splitlines()
    lines[old.lineno - 1 : old.end_lineno] = [f"def {name}({body}"]
    docstring_end = ast.parse(source).body[0].end_lineno
    lines.insert(docstring_end, imports)
    file.write_text("\n".join(lines) + "\n")


def change_lambdas(folder, *names):
    """Put the page's functions into a copy of the handlers' package."""
    for name, module in (("process", "work"), ("create", "items")):
        if name in names:
            replace_function(folder / f"{module}.py", sample("python", f"def {name}("), name)


@pytest.fixture
def run(tmp_path):
    """Run a design on `local` with functions of the page in the zip of its stack."""
    made = []

    def changed(name, *functions):
        folder = tmp_path / "cdk.out"
        shutil.copytree(assembly(make_design(name)), folder)
        for asset in folder.glob("asset.*/lambdas"):
            change_lambdas(asset, *functions)
        return lambda _: folder

    def go(name, *functions, fill=None, items=ITEMS):
        target = LocalTarget(Settings(assemble=changed(name, *functions), fill=fill))
        made.append(target)
        return target.run(make_design(name), Batch(items, 7, "b"), lambda _: None), target

    go.changed = changed

    yield go
    for target in made:
        target.close()


@pytest.fixture
def world(tmp_path):
    """The page's file that fills the world."""
    path = tmp_path / "world.py"
    path.write_text(sample("python", "def fill("))
    return path


def requests(folder, label):
    """Requests of S3 by tier that a bill has for something."""
    lines = folder.usage.query("service == 'Amazon Simple Storage Service' and label == @label")
    return dict(zip(lines["usage_type"], map(int, lines["quantity"]), strict=True))


@ALL
def test_own_work_runs_in_the_filled_world_and_is_on_the_bill(run, world, name):
    folder, target = run(name, "process", fill=world)
    assert (folder.run.items_processed, folder.run.items_failed) == (ITEMS, 0)
    copies = target.client("s3").list_objects_v2(Bucket="copies")["Contents"]
    assert len(copies) == ITEMS
    assert requests(folder, "work") == {"Requests-Tier1": ITEMS, "Requests-Tier2": ITEMS}
    assert 1 < folder.run.work_mean_ms < 200
    assert work_hint(folder.run).endswith(" tells the model")


@ALL
def test_own_items_need_one_place(run, name):
    folder, target = run(name, "create")
    assert (folder.run.items_processed, folder.run.items_failed) == (ITEMS, 0)
    rows = sum(range(ITEMS))
    assert rows < folder.run.work_ms < rows * 1.2  # each slept as long as its row's number
    space = {}
    exec(f"from lambdas.items import *\n{sample('python', 'def create(')}", space)
    ids = {item.id for item in space["create"](7, 0, ITEMS, {})}
    assert set(target.world.item_log.done_s) == ids


def test_work_that_finds_its_world_empty_fails_with_the_reason(run):
    folder, _ = run("sfn", "process", items=10)
    assert folder.run.items_failed == 10
    reasons = Counter(folder.failures["reason"])
    (why,) = reasons
    assert why.startswith("NoSuchBucket: An error occurred (NoSuchBucket) when calling the GetObj")
    assert failed_line(folder.run, folder.failures) == f"10 of 10 items failed: 10 × {why}"


THREADS = """
import time
from concurrent.futures import ThreadPoolExecutor

import boto3

s3 = boto3.client("s3")


def process(item):
    def copy(name):
        time.sleep(2)
        s3.put_object(Bucket=name, Key=item.id, Body=b"a picture")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(copy, ["copies", "pictures"]))
"""


def test_work_of_threads_and_plain_boto3_runs_in_virtual_time_and_on_the_bill(
    run, world, monkeypatch
):
    monkeypatch.setattr(sys.modules[__name__], "sample", lambda *_: THREADS)
    folder, target = run("counters", "process", fill=world, items=10)
    assert folder.run.items_processed == 10
    assert requests(folder, "work") == {"Requests-Tier1": 20}
    assert 2_000 < folder.run.work_mean_ms < 2_400  # two copies at a time, of 2 s each
    assert len(target.client("s3").list_objects_v2(Bucket="copies")["Contents"]) == 10


UNKNOWN = """
from lambdas import outside


def process(item):
    outside.client("rekognition").detect_labels(Image={"Bytes": b"a picture"})
"""
TWICE = """
def create(seed: int, start: int, stop: int, knobs: dict) -> Iterator[Item]:
    for row in range(start, stop):
        yield Item(f"{row // 2:016x}", row)
"""


@pytest.mark.parametrize(
    ("function", "block", "why"),
    [
        ("process", UNKNOWN, "rekognition DetectLabels is called by a handler, and the local targ"),
        ("create", TWICE, "create in lambdas/items.py gives 10 items with 5 different ids for a b"),
        (
            "create",
            "def create(*given):\n    yield 1 / 0",
            "ended with ZeroDivisionError",
        ),
    ],
)
def test_functions_that_cannot_run_here_end_the_run_with_one_line(
    run, monkeypatch, function, block, why
):
    monkeypatch.setattr(sys.modules[__name__], "sample", lambda *_: block)
    with pytest.raises(WorkbenchError, match=re.escape(why)) as ended:
        run("sfn", function, items=10)
    assert "\n" not in str(ended.value)


class EmptyBucket:
    """A client that finds nothing."""

    def get_object(self, **request):
        raise KeyError(request["Key"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1", "has no function `fill"),
        ("def fill(client, items):\n    client('s3').get_object(Bucket='b', Key='k')",
         "world.py, line 2: fill ended with KeyError: 'k'"),
        ("import nothing_of_the_kind", "world.py, line 1: fill ended with ModuleNotFoundError"),
        ("def fill(client, items)", "fill ended with SyntaxError"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_fill_the_world_is_refused_in_one_line(world, text, why):
    world.write_text(text)
    clouds = SimpleNamespace(cloud=SimpleNamespace(client=lambda service: EmptyBucket()))
    with pytest.raises(BadInput, match=re.escape(why)) as refused:
        fill_world(world, clouds, [])
    assert "\n" not in str(refused.value)


@pytest.fixture
def command(monkeypatch, capfd):
    """Run a command line of the page; its exit code, lines of output and lines of errors."""

    def go(line, *more):
        _, *arguments = shlex.split(line)
        monkeypatch.setattr("sys.argv", ["workbench", *arguments, *map(str, more)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capfd.readouterr()
        return end.value.code, out.splitlines(), err.splitlines()

    return go


@pytest.mark.parametrize(
    ("target", "file", "why"),
    [
        ("model", "world.py", "fills the simulated cloud of local: on target model leave it out."),
        ("aws", "world.py", "fills the simulated cloud of local: on target aws leave it out."),
        ("local", "nowhere.py", "there is no such file."),
    ],
)
def test_only_the_simulated_cloud_is_filled(
    command, tmp_path, world, monkeypatch, target, file, why
):
    monkeypatch.chdir(tmp_path)
    line = f"workbench run --design sqs --items 10 --fill {file} --target {target}"
    code, out, err = command(line, "--results", tmp_path / "results")
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].endswith(why)
    assert not (tmp_path / "results").exists()


def test_the_study_shown_runs(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text(sample("yaml"))
    code, out, err = command("workbench sweep my.yaml", "--results", tmp_path / "results")
    assert (code, Path(out[-1]).name) == (0, "my.parquet")
    assert len(read_runs(tmp_path / "results")) == 2 * 2 * 2 * 3 - 4 + 4 * 2 * 2 * 2 + 1
    assert "4 combinations cannot work and were skipped, such as" in err


def test_the_command_shown_runs(command, tmp_path, world, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    made = run.changed("sqs", "process", "create")
    settings = LocalTarget.create.__func__
    monkeypatch.setattr(
        LocalTarget,
        "create",
        classmethod(lambda cls, terms: cls(replace(settings(cls, terms).settings, assemble=made))),
    )
    code, out, err = command(sample("sh", "--fill"), "--results", tmp_path / "results")
    done = read_run(Path(out[-1]))
    assert (code, done.items_processed, read_failed(Path(out[-1]))) == (0, 100, None)
    assert err[-1] == measured_work(done)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project whose handlers are changed as the page says."""
    tree = tmp_path_factory.mktemp("project")
    skipped = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("lambdas", "infra", "workbench", "analysis"):
        shutil.copytree(ROOT / name, tree / name, ignore=skipped)
    shutil.copy(ROOT / "pyproject.toml", tree)
    change_lambdas(tree / "lambdas", "process", "create")
    (tree / "world.py").write_text(sample("python", "def fill("))
    return tree


@pytest.mark.slow  # a copy of the project compiles its model anew
def test_a_user_edits_two_functions_and_runs_the_command_shown(project):
    line = sample("sh", "--fill")
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(line)], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.splitlines()[-1])
    assert path.is_relative_to(project / "results")
    assert (read_run(path).items_processed, read_failed(path)) == (100, None)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+[\w.]+\.(?:py|md))`", TEXT))))
def test_every_file_it_names_is_there(path):
    assert (ROOT / path).is_file()


def test_every_study_of_the_project_is_named():
    there = {path.stem for path in (ROOT / "studies").glob("*.yaml")}
    named = set(re.findall(r"`(?:workbench sweep )?(\w+)`", TEXT))
    assert there - named == set()


# What one more design and one more chart take, as "Where to add" of docs/architecture.md says.
HOMES = (
    "lambdas.{}",
    "infra.{}_stack",
    "workbench.designs.{}",
    "workbench.targets.model.{}",
    "workbench.targets.aws.{}",
    "workbench.swarm.protocols.{}",  # with the one before: what follows a batch from outside
    "workbench.swarm.rules.{}",
)
# The rooms of the AWS services that two designs are named after.
SERVICE_ROOMS = ("workbench.targets.local.sqs", "workbench.targets.local.lambda_.durable")


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_is_five_homes_and_nothing_else(name):
    homes = {home.format(name) for home in HOMES}
    found = {module for module in SOURCES if own(module) and name in re.split(r"[._]", module)}
    rooms = tuple(f"{room}." for room in SERVICE_ROOMS)
    found -= {module for module in found if f"{module}.".startswith(rooms)}
    at_home = {home for home in homes for module in found if f"{module}.".startswith(f"{home}.")}
    assert at_home == homes
    assert [m for m in found if not any(f"{m}.".startswith(f"{home}.") for home in homes)] == []


def test_a_chart_is_one_file_one_name_and_one_line_of_a_notebook():
    files = {path.stem for path in (ROOT / "analysis/charts").glob("*.py")} - {"__init__"}
    assert files == {*gallery.NAMES, "bill_table"}  # a table is no chart of the gallery
    notebook = (ROOT / "notebooks/compare.ipynb").read_text()
    lines = {name: notebook.count(f'\\"{name}\\"') for name in gallery.NAMES}
    assert lines == dict.fromkeys(gallery.NAMES, 1)
