"""The house rules, on every file: who imports whom, how long code grows, what is banned."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What may be imported of this project, by module; the longest prefix counts, one's own is allowed.
FACTS = {
    f"workbench.{name}"
    for name in (
        "project",
        "temporary",
        "errors",
        "border",
        "engine",
        "platform",
        "designs",
        "prices",
        "bill",
        "runs.batch",
        "workload.durations",
    )
}
RECORDS = FACTS | {
    f"workbench.runs.{name}"
    for name in (
        "run",
        "records",
        "resources",
        "failures",
        "notices",
        "results_folder",
        "parts",
        "sets",
    )
}
EVIDENCE = RECORDS | {"workbench.pull"}
MAY_IMPORT = {
    "lambdas": set(),
    "infra": {"workbench.designs"},
    "workbench": {"workbench"},
    "workbench.border": {"workbench.errors"},
    "workbench.engine": {"workbench.errors", "workbench.project"},
    "workbench.platform": {"workbench.errors", "workbench.border"},
    "workbench.designs": {"workbench.errors", "workbench.border", "workbench.workload.durations"},
    "workbench.prices": {
        *("workbench.errors", "workbench.border", "workbench.platform", "workbench.temporary")
    },
    "workbench.workload": FACTS | {"workbench.strict_yaml"},
    "workbench.strict_yaml": {"workbench.errors"},
    "workbench.bill": RECORDS | {"workbench.runs.exact_tables"},
    "workbench.runs.batch": {
        *(
            "workbench.border",
            "workbench.engine",
            "workbench.errors",
            "workbench.workload.durations",
        )
    },
    "workbench.runs.exact_tables": {"workbench.errors"},
    "workbench.workload.durations": {"workbench.errors"},
    "workbench.runs.run": FACTS | {"workbench.targets.TARGETS"},
    "workbench.runs.records": FACTS | {"workbench.runs.run", "workbench.runs.exact_tables"},
    "workbench.runs.failures": {
        *("workbench.errors", "workbench.runs.records", "workbench.workload.durations")
    },
    "workbench.runs.notices": set(),
    "workbench.runs.parts": RECORDS | {"workbench.runs.exact_tables"},
    "workbench.runs.sets": RECORDS,
    "workbench.targets.base": RECORDS | {"workbench.pull.window"},
    "workbench.targets.aws": RECORDS | {"workbench"},
    "workbench.targets.local": RECORDS
    | {"workbench.pull.window", "workbench.targets.base", "workbench.stacks.cdk", "lambdas"},
    "workbench.targets.model": RECORDS | {"workbench.pull.window", "workbench.targets.base"},
    "workbench.swarm": RECORDS | {"workbench.targets.local", "workbench.targets.base", "lambdas"},
    "workbench.pull": RECORDS | {"workbench.stacks.aws_errors"},
    "workbench.stacks": {"workbench"},
    "workbench.cli": {"workbench", "analysis"},
    "workbench.advice.words": {"workbench", "analysis"},
    "workbench.advice.page": {"workbench", "analysis"},
    "workbench.api": {"workbench", "analysis"},
    "workbench.study": {"workbench", "analysis"},
    "workbench.side_tables": {"workbench", "analysis"},
    "analysis": EVIDENCE
    | {"workbench.targets.FIGURES", "workbench.workload", "workbench.strict_yaml"},
}
NEVER = {
    "workbench.targets.aws": {"workbench.targets.local", "workbench.targets.model"},
    "workbench.stacks": {"workbench.targets"},
}
# Outside packages: the only places that may touch them.
ONLY_IN = {
    "boto3": {"lambdas.outside", "workbench"},
    "aws_cdk": {"infra"},
    "moto": {"workbench.targets.local", "workbench.swarm"},
    "matplotlib": {"analysis"},
    "numba": {"workbench.targets.model"},
    "greenlet": {"workbench.targets.local"},
    "dask": {"workbench.engine.cluster"},
    "distributed": {"workbench.engine.cluster"},
}
# Reading the clock or rolling dice: only where time and chance have their home.
CLOCKS = {
    "lambdas.outside",
    "workbench.engine.kernel",
    "workbench.platform.profile",
    "workbench.runs.progress",
    "workbench.targets.aws",
}
API = "workbench.api"  # as the command line, it joins what is there, and nobody stands on it
FOLDERS = ("lambdas", "infra", "workbench", "analysis", "bench", "docs")
LINES_MAX, FUNCTION_LINES_MAX = 300, 50


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {
    module_of(path): path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {"node_modules", "cdk.out"} & set(path.parts)
}
TREES = {name: ast.parse(path.read_text()) for name, path in SOURCES.items()}


def within(name, places):
    return any(name == place or name.startswith(place + ".") for place in places)


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def only_top(tree):
    """The module without what its functions import when they are called."""
    kinds = (ast.Import, ast.ImportFrom)
    return ast.Module([node for node in tree.body if isinstance(node, kinds)], [])


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_imports_follow_the_map(name):
    rules = [rule for rule in MAY_IMPORT if within(name, {rule})]
    rule = max(rules, key=len, default=None)
    for target in imported(TREES[name]):
        if rule and within(target, FOLDERS):
            assert within(target, MAY_IMPORT[rule] | {rule}), f"{name} may not import {target}"
            assert not within(target, NEVER.get(rule, set())), f"{name} may not import {target}"
        places = ONLY_IN.get(target.split(".")[0])
        assert places is None or within(name, places | {"bench"}), f"{name} may not use {target}"


def test_nothing_below_stands_on_the_python_api():
    users = {name for name, tree in TREES.items() for one in imported(tree) if within(one, {API})}
    assert {name for name in users if not within(name, {API})} == {"workbench"}


def test_no_module_imports_itself_in_a_circle():
    imports = {
        name: {
            next((m for m in (target, target.rpartition(".")[0]) if m in SOURCES), "")
            for target in imported(tree)
            if within(target, FOLDERS)
        }
        for name, tree in ((n, only_top(t)) for n, t in TREES.items())
    }
    left = dict(imports)
    while free := [name for name, needs in left.items() if not needs & set(left) - {name}]:
        for name in free:
            del left[name]
    assert sorted(left) == []


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_modules_and_functions_stay_short(name):
    lines = SOURCES[name].read_text().count("\n")
    assert lines <= LINES_MAX, f"{name} has {lines} lines"
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{name}.{node.name} has {length} lines"


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_clocks_and_dice_stay_in_their_place(name):
    if within(name, CLOCKS) or within(name, {"bench"}):
        return
    text = SOURCES[name].read_text()
    found = re.findall(r"\btime\.(?:time|sleep)\(|\brandom\.(?!Random\b)\w+\(|np\.random\.", text)
    assert found == [], f"{name} reads a clock, sleeps or rolls dice"


def test_texts_are_read_and_written_in_utf_8_whatever_the_locale():
    missing = [
        f"{name}, line {call.lineno}"
        for name, tree in TREES.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and is_of_text(call)
        and "encoding" not in {key.arg for key in call.keywords}
    ]
    assert missing == []


def is_of_text(call):
    """Whether a call reads or writes a file, or the output of a process, as text."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name == "open":
        values = [*call.args, *(key.value for key in call.keywords if key.arg == "mode")]
        modes = {value.value for value in values if isinstance(value, ast.Constant)}
        is_os = getattr(getattr(call.func, "value", None), "id", "") == "os"
        return not is_os and not any("b" in str(mode) for mode in modes)
    as_text = any(key.arg == "text" and ast.unparse(key.value) == "True" for key in call.keywords)
    return as_text or name in ("read_text", "write_text")


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_module_says_what_it_is(name):
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_are_stripped_short_and_without_definitions(path):
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    assert len(cells) <= 10
    assert [c["outputs"] for c in cells] == [[]] * len(cells)
    assert {c["execution_count"] for c in cells} == {None}
    assert "parameters" in cells[0]["metadata"].get("tags", [])
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        kinds = {type(node) for node in ast.walk(tree)}
        assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.Lambda}, "no definitions here"
        assert "boto3" not in "".join(cell["source"])


def test_nothing_is_left_to_do():
    text = "\n".join(path.read_text() for path in SOURCES.values())
    assert re.findall(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError\(\)", text) == []


def tracked(*patterns):
    """The files that git knows, or would take."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", *patterns]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in found if (ROOT / name).exists()]


def test_no_download_address_stands_in_a_lock_file():
    for name in (
        "requirements.lock",
        "constraints.txt",
        "infra/package-lock.json",
        "environment.yml",
    ):
        text = (ROOT / name).read_text()
        assert "://" not in text, f"{name} names an address"
        assert "index-url" not in text


def test_both_lists_of_pins_agree():
    lock = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.M)
    assert lock == pins


PLACEHOLDERS = {"123456789012", "000000000000"}  # AWS's example, and what is no account at all


def test_no_account_and_no_machine_stands_in_the_project():
    for name in tracked("*.py", "*.md", "*.ipynb", "*.yml", "*.json", "Makefile"):
        text = (ROOT / name).read_text()
        accounts = set(re.findall(r"(?<![\w.-])\d{12}(?![\w.-])", text)) - PLACEHOLDERS
        if "arn:aws" in text:
            assert accounts == set(), f"{name} names an account"
        assert not re.search(r"/(?:home|root|Users)/\w", text), f"{name} names a machine's path"
