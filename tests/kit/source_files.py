"""Parses the project's Python files, for tests of its structure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def python_files(folder: Path) -> list[Path]:
    """Return the Python files of a folder, sorted, without caches."""
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree; cached, so callers must not modify it."""
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    """Yield dotted names imported anywhere in a file. `from rft import wiring` yields `rft.wiring`."""
    yield from _imports(parsed(path), path)


def imports_at_run_time(path: Path) -> Iterator[str]:
    """Like `imports`, without those under TYPE_CHECKING."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    yield from _imports(tree, path)


def _imports(tree: ast.AST, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = str(node.module)
            yield from (f"rft.{alias.name}" for alias in node.names) if module == "rft" else (module,)


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names of functions, classes, parameters, variables and attributes defined in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield all functions of a file, including methods and nested functions."""
    yield from (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines from `def` to the last statement."""
    return (node.end_lineno or 0) - node.lineno + 1


def public_names(path: Path) -> set[str]:
    """Return the names of public classes and functions of a module."""
    found = (node for node in parsed(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    return {node.name for node in found if not node.name.startswith("_")}
