"""`rft grader wrap`: generates the source folder of a Lambda function from another tool's reward function."""

from __future__ import annotations

import ast
import json
from enum import StrEnum
from pathlib import Path

from rft.contracts.graders.code_tests import NOT_PYTHON
from rft_cli.errors import CommandError
from rft_cli.graders import openai_graders, openai_similarity

APP = Path(__file__).with_name("wrapped_app.py")


class Kind(StrEnum):
    """The tool whose calling convention the function follows."""

    TRL = "trl"
    VERL = "verl"
    OPENAI = "openai"
    VERIFIERS = "verifiers"
    EVAL_PROTOCOL = "eval-protocol"


USUAL_NAMES = {Kind.VERL: "compute_score", Kind.OPENAI: "grade"}
"""Default function name, for tools that prescribe one."""


def wrap(named: str, kind: Kind, out: Path) -> Path:
    """Writes to `out`: app.py (`app.handler`), the unmodified file, its adjacent modules and its requirements.txt.

    `named` is `PATH` or `PATH:FUNCTION`, or the path of an OpenAI JSON grader. Raises CommandError.
    """
    text, _, function = named.partition(":")
    path = Path(text)
    if kind is Kind.OPENAI and path.suffix == ".json":
        return _wrap_json(path, out)
    if not path.is_file() or path.suffix != ".py":
        raise CommandError(f"no Python file {path}")
    if path.stem == "app":
        raise CommandError(f"{path}: app.py is the handler's own name; rename the file")
    chosen = function or USUAL_NAMES.get(kind) or _only_function(path)
    if chosen not in _functions(path):
        raise CommandError(f"{path} defines no function {chosen}; write {path}:FUNCTION")
    _make_folder(out)
    for module in path.parent.glob("*.py"):
        if module.name != "app.py" and module.is_file():
            (out / module.name).write_bytes(module.read_bytes())
    requirements = path.with_name("requirements.txt")
    if requirements.is_file():
        (out / requirements.name).write_bytes(requirements.read_bytes())
    return _with_app(out, kind, path.stem, chosen)


def _wrap_json(path: Path, out: Path) -> Path:
    """Validates an OpenAI JSON grader and copies the modules that run it."""
    try:
        grader = json.loads(path.read_text(encoding="utf-8"))
        openai_graders.compiled(grader)
    except (OSError, ValueError, RecursionError, SyntaxError, AttributeError) as error:
        raise CommandError(f"{path}: {error}") from error
    _make_folder(out)
    (out / "grader.json").write_bytes(path.read_bytes())
    for module in (openai_graders, openai_similarity):
        copied = Path(str(module.__file__))
        (out / copied.name).write_bytes(copied.read_bytes())
    if lines := sorted(openai_graders.requirements(grader)):
        (out / "requirements.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return _with_app(out, Kind.OPENAI, Path(openai_graders.__file__).stem, "grade")


def _make_folder(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise CommandError(f"{out} is not empty")
    out.mkdir(parents=True, exist_ok=True)


def _with_app(out: Path, kind: Kind, module: str, function: str) -> Path:
    (out / "app.py").write_bytes(APP.read_bytes())
    config = {"kind": kind.value, "module": module, "function": function}
    (out / "wrapped.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return out


def _functions(path: Path) -> list[str]:
    """Top-level names of the file, including decorated functions and assignments. Raises CommandError."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except NOT_PYTHON as error:
        raise CommandError(f"{path} is not Python: {error or 'nested too deeply'}") from error
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assigned = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    imported = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return [
        *functions,
        *(target.id for target in assigned if isinstance(target, ast.Name)),
        *(alias.asname or alias.name for alias in imported),
    ]


def _only_function(path: Path) -> str:
    public = [name for name in _functions(path) if not name.startswith(("_", "*"))]
    if len(public) != 1:
        found = "has several functions" if public else "defines no function"
        raise CommandError(f"{path} {found}; write {path}:FUNCTION")
    return public[0]
