"""Packages a grader's file as a Lambda function, with adjacent modules and requirements.txt."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from rft.contracts.graders.code_tests import NOT_PYTHON
from rft_cli.errors import CommandError

ENTRY = "rft_entry"
"""Name of the generated module that wraps `grade` in a handler."""

_ENTRY_CODE = '''\
"""Lambda's handler around grade(sample) of {stem}.py."""

import importlib

from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.rewards.components import Component

grade = importlib.import_module("{stem}").grade


def components(sample):
    graded = grade(sample)
    return [Component("score", graded, 1)] if isinstance(graded, int | float) else list(graded)


def handler(event, context):
    deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    return [result.model_dump(mode="json") for result in grade_batch(event, grader=components, deadline=deadline)]
'''


@dataclass(frozen=True)
class GraderPackage:
    """A function's code; `needs_layers` is true if it imports this project's package."""

    archive: bytes
    handler: str
    needs_layers: bool


def package_grader(path: Path) -> GraderPackage:
    """Packages the file, adjacent Python files, and the packages of requirements.txt. Raises CommandError."""
    if not path.is_file():
        raise CommandError(f"no Python file {path}")
    names = _defined(path)
    found = next((name for name in ("handler", "lambda_handler") if name in names), None)
    if found is None and "grade" not in names:
        raise CommandError(f"{path} defines neither handler(event, context) nor grade(sample)")
    with tempfile.TemporaryDirectory(prefix="rft-grader-") as folder:
        target = Path(folder)
        _install(path.with_name("requirements.txt"), target)
        for module in path.parent.glob("*.py"):
            (target / module.name).write_bytes(module.read_bytes())
        if found is None:
            (target / f"{ENTRY}.py").write_text(_ENTRY_CODE.format(stem=path.stem), encoding="utf-8")
        handler = f"{path.stem}.{found}" if found else f"{ENTRY}.handler"
        return GraderPackage(_zipped(target), handler, needs_layers=found is None or _imports_rft(target))


def _defined(path: Path) -> set[str]:
    """Top-level names of the file. Raises CommandError for invalid Python."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except NOT_PYTHON as error:
        raise CommandError(f"{path} is not Python: {error or 'nested too deeply'}") from error
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return functions | imported | {target.id for target in targets if isinstance(target, ast.Name)}


def _install(requirements: Path, target: Path) -> None:
    if not requirements.is_file():
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(  # noqa: S603  the user's own file, by their own command
        [*command, "--target", str(target), "-r", str(requirements.resolve())],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["pip failed"]
        raise CommandError(f"{requirements} cannot be installed: {reason[0]}")


def _imports_rft(folder: Path) -> bool:
    return any("import rft" in p.read_text("utf-8") or "from rft" in p.read_text("utf-8") for p in folder.glob("*.py"))


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()
