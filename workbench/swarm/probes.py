"""Which branches of the handlers are taken: probes are put into their code as it is loaded.

Only handlers that are deployed inside `probing` have probes; all others run as they are.
"""

import ast
import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from typing import Any, NamedTuple
from unittest.mock import patch

PACKAGE = "lambdas."
PROBE = "_probe_of_a_branch"


class Branch(NamedTuple):
    """An outcome of a condition: `sfn.batcher._claim`, the condition as Python writes it.

    An empty condition is the function itself, which is entered; `except …` is a handler of errors.
    """

    function: str
    condition: str
    outcome: bool = True


@contextmanager
def probing() -> Iterator[set[Branch]]:
    """The branches taken by handlers deployed inside the block; the caller clears them."""
    taken: set[Branch] = set()

    def probe(function: str, condition: str, value: Any) -> Any:
        taken.add(Branch(function, condition, bool(value)))
        return value

    sound = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> Any:
        if not name.startswith(PACKAGE):
            return sound(loader, name)
        path = loader.get_filename(name)
        tree = ast.parse(loader.get_data(path), path)
        probed = _Probes(name.removeprefix(PACKAGE)).visit(tree)
        return compile(ast.fix_missing_locations(probed), path, "exec")

    setattr(builtins, PROBE, probe)
    try:
        with patch.object(SourceFileLoader, "get_code", get_code):
            yield taken
    finally:
        delattr(builtins, PROBE)


def branches_of(module: str, source: str) -> set[Branch]:
    """All branches of a module, as they would be noted."""
    probes = _Probes(module)
    probes.visit(ast.parse(source))
    return probes.found


class _Probes(ast.NodeTransformer):
    """Puts a probe around every condition, and at the beginning of every function and handler."""

    def __init__(self, module: str) -> None:
        self.found: set[Branch] = set()
        self._names = [module]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._names.append(node.name)
        self.generic_visit(node)
        node.body.insert(ast.get_docstring(node) is not None, self._entered(""))
        self._names.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        name = f"except {ast.unparse(node.type)}" if node.type else "except"
        self.generic_visit(node)
        node.body.insert(0, self._entered(name))
        return node

    def visit_If(self, node: Any) -> ast.AST:
        text = ast.unparse(node.test)
        self.generic_visit(node)
        node.test = self._probed(text, node.test)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        return self.visit_If(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return self.visit_If(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        texts = [ast.unparse(one) for one in node.ifs]
        self.generic_visit(node)
        node.ifs = [self._probed(text, one) for text, one in zip(texts, node.ifs, strict=True)]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        texts = [ast.unparse(one) for one in node.values]
        self.generic_visit(node)
        pairs = zip(texts, node.values, strict=True)
        node.values = [self._probed(text, one) for text, one in pairs]
        return node

    def _probed(self, condition: str, value: ast.expr) -> ast.expr:
        function = ".".join(self._names)
        self.found |= {Branch(function, condition, outcome) for outcome in (True, False)}
        names: list[ast.expr] = [ast.Constant(function), ast.Constant(condition), value]
        return ast.Call(ast.Name(PROBE, ast.Load()), names, [])

    def _entered(self, condition: str) -> ast.stmt:
        call = self._probed(condition, ast.Constant(True))
        self.found.discard(Branch(".".join(self._names), condition, False))
        return ast.Expr(call)
