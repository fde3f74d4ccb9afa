"""Simplicity: what a design is made of, and what it costs a month to own.

Resources, services and IAM statements are counted in the synthesised template; lines and branches
in the Python files that the design's own handlers import, shared ones included. The time that a
person spends is an assumption that the reader sets: so many minutes a month for each resource, and
for each hundred lines of handlers, at so many dollars an hour.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.needs import NothingToShow
from workbench.bill import bill, total_usd
from workbench.bill.monthly_cost import Upkeep, monthly_usage
from workbench.designs import DESIGNS
from workbench.errors import BadInput
from workbench.prices import PriceBook
from workbench.runs.records import USAGE_COLUMNS

MEASURES = ("resources", "services", "IAM statements", "handler lines", "handler branches")
NOT_OURS = ("AWS::CDK::Metadata",)
# Every fork that a reader must follow; a boolean operator adds one for each further operand.
FORKS = ast.If | ast.For | ast.While | ast.IfExp | ast.ExceptHandler | ast.match_case


def simplicity(templates: dict[str, dict[str, Any]], lambdas: Path) -> pd.DataFrame:
    """One row a design and measure, from each design's template and the `lambdas` package."""
    rows = []
    for design, template in templates.items():
        files = handler_files(template, lambdas)
        values = (*_of_template(template), *_of_sources(files))
        rows += [(design, name, value) for name, value in zip(MEASURES, values, strict=True)]
    return pd.DataFrame(rows, columns=["design", "measure", "value"])


def handler_files(template: dict[str, Any], lambdas: Path) -> list[Path]:
    """The files of the package that a template's handlers import, directly or not."""
    found: set[Path] = set()
    waiting = [_file(handler.rpartition(".")[0], lambdas) for handler in _handlers(template)]
    while waiting:
        path = waiting.pop()
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [_file(name, lambdas) for name in _imports(path)]
    if not found:
        raise BadInput(f"no handler of the template is in {lambdas}; synthesise it again.")
    return sorted(found)


def _of_template(template: dict[str, Any]) -> tuple[int, int, int]:
    """Resources, services and IAM statements."""
    kinds = [r["Type"] for r in template["Resources"].values() if r["Type"] not in NOT_OURS]
    services = {kind.split("::")[1] for kind in kinds}
    return len(kinds), len(services), sum(1 for _ in _statements(template["Resources"]))


def _of_sources(files: Iterable[Path]) -> tuple[int, int]:
    """Lines of code (neither blank, nor comment, nor docstring) and branches."""
    lines = branches = 0
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines += len(_code_lines(tree))
        branches += sum(_forks(node) for node in ast.walk(tree))
    return lines, branches


def _statements(part: Any) -> Iterator[Any]:
    """Every statement of every policy document, wherever it is."""
    if isinstance(part, dict):
        if "Statement" in part and "Version" in part:
            statement = part["Statement"]
            yield from statement if isinstance(statement, list) else [statement]
        for value in part.values():
            yield from _statements(value)
    elif isinstance(part, list):
        for value in part:
            yield from _statements(value)


def _code_lines(tree: ast.Module) -> set[int]:
    """The numbers of the lines on which code stands."""
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node, clean=False) is not None
    }
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.alias | ast.arg) and node not in docstrings:
            is_docstring = isinstance(node, ast.Expr) and node.value in docstrings
            found |= set() if is_docstring else {node.lineno, node.end_lineno or node.lineno}
    return found


def _forks(node: ast.AST) -> int:
    """How many more ways a reader must follow because of this node."""
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return len(node.ifs)
    return int(isinstance(node, FORKS))


def _handlers(template: dict[str, Any]) -> list[str]:
    """The handler of every function."""
    resources = template["Resources"].values()
    functions = (r["Properties"] for r in resources if r["Type"] == "AWS::Lambda::Function")
    return [properties["Handler"] for properties in functions if "Handler" in properties]


def _imports(path: Path) -> Iterator[str]:
    """The modules of the package that a file names in its imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str, lambdas: Path) -> Path | None:
    """The file of a module of the package; None for what is elsewhere."""
    first, *rest = module.split(".")
    if first != lambdas.name or not rest:
        return None
    path = lambdas.joinpath(*rest)
    if path.is_dir():
        return None
    path = path.with_suffix(".py")
    return path if path.is_file() else None


@dataclass(frozen=True)
class UpkeepRate:
    """What looking after a design is taken to cost."""

    usd_per_hour: float = 100.0
    minutes_per_resource: float = 1.0  # a month: updates, alarms, drift
    minutes_per_100_lines: float = 10.0  # a month: reading, changing, testing


def ownership(
    runs: pd.DataFrame, bills: pd.DataFrame, book: PriceBook, upkeep: Upkeep | None = None
) -> pd.DataFrame:
    """The runs with `month_usd`: AWS's bill for a month of scheduled batches like each of them.

    `runs` has `knobs`; `bills` is `measures.run_tables`, of which only the usage counts.
    """
    by_run = dict(list(bills.groupby("run_id", sort=False)))
    months = [
        _month_usd(run.design, run.knobs, by_run[run.run_id][USAGE_COLUMNS], book, upkeep)
        if run.run_id in by_run
        else None
        for run in runs.itertuples()
    ]
    return runs.assign(month_usd=pd.Series(months, runs.index, dtype=float))


def upkeep_usd(simplicity: pd.DataFrame, rate: UpkeepRate) -> dict[str, float]:
    """Dollars a month for a person's time, by design."""
    if simplicity.empty:
        raise NothingToShow(
            "there is no table of simplicity to draw upkeep from. Run `make study`."
        )
    wide = simplicity.pivot(index="design", columns="measure", values="value")
    minutes = (
        wide["resources"] * rate.minutes_per_resource
        + wide["handler lines"] / 100 * rate.minutes_per_100_lines
    )
    return (minutes / 60 * rate.usd_per_hour).to_dict()


def _month_usd(
    design: str, knobs: dict, usage: pd.DataFrame, book: PriceBook, upkeep: Upkeep | None
) -> float:
    """AWS's bill for a month of batches with this usage."""
    month = monthly_usage(DESIGNS[design](**knobs), usage.reset_index(drop=True), upkeep)
    return float(total_usd(bill(month, book, source="modelled")))
