"""Simplicity, measured: what a design is made of, by its template and its handlers' sources.

Resources, services and IAM statements are counted in the synthesised template; lines and branches
in the Python files that the design's own handlers import, those that both share included.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.tables import COLUMNS
from workbench.errors import BadInput

MEASURES = ("resources", "services", "IAM statements", "handler lines", "handler branches")
NOT_OURS = ("AWS::CDK::Metadata",)
# Every fork that a reader must follow; a boolean operator adds one for each further operand.
FORKS = (
    ast.If,
    ast.For,
    ast.While,
    ast.IfExp,
    ast.ExceptHandler,
    ast.comprehension,
    ast.match_case,
)


def simplicity(templates: dict[str, dict[str, Any]], lambdas: Path) -> pd.DataFrame:
    """One row a design and measure, from each design's template and the `lambdas` package."""
    rows = []
    for design, template in templates.items():
        files = handler_files(template, lambdas)
        values = (*_of_template(template), *_of_sources(files))
        rows += [(design, name, value) for name, value in zip(MEASURES, values, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS["simplicity"])


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
        raise BadInput(f"no handler of the template lies in {lambdas}; synthesise it again.")
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
        tree = ast.parse(path.read_text())
        lines += len(_code_lines(tree))
        branches += sum(_forks(node) for node in ast.walk(tree))
    return lines, branches


def _statements(part: Any) -> Iterator[Any]:
    """Every statement of every policy document, wherever it lies."""
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
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str, lambdas: Path) -> Path | None:
    """The file of a module of the package; None for what lies elsewhere."""
    first, *rest = module.split(".")
    if first != lambdas.name or not rest:
        return None
    path = lambdas.joinpath(*rest)
    if path.is_dir():
        return None
    path = path.with_suffix(".py")
    return path if path.is_file() else None
