"""A step has one name: folder, use case, logical id, state, event and test."""

from __future__ import annotations

import ast

import pytest

from tests.kit.import_rules import (
    RFT,
)
from tests.kit.project import FUNCTIONS, RESOURCES, ROOT, STEPS, TASKS, snake
from tests.kit.source_files import (
    imports,
    parsed,
)


def test_functions_folders_and_logical_ids_are_the_same() -> None:
    folders = {p.name for p in (ROOT / "functions").iterdir() if (p / "app.py").is_file()}
    assert folders == {snake(name) for name in FUNCTIONS}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_one_name_everywhere(step: str) -> None:
    name = snake(step)
    assert RESOURCES[step]["Properties"]["CodeUri"] == f"functions/{name}/"
    assert TASKS[step]["Arguments"]["FunctionName"] == f"${{{step}Arn}}"
    (module,) = (RFT / "steps").rglob(f"{name}.py")
    use_case = parsed(module)
    assert name in {node.name for node in use_case.body if isinstance(node, ast.FunctionDef)}
    dotted = ".".join(module.relative_to(RFT.parent).with_suffix("").parts)
    assert dotted in set(imports(ROOT / "functions" / name / "app.py"))
    assert list((ROOT / "tests" / "unit" / "steps").rglob(f"test_{name}.py"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_handler_an_event_and_a_test(function: str) -> None:
    name = snake(function)
    body = parsed(ROOT / "functions" / name / "app.py").body
    assert "handler" in {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assert (ROOT / "events" / f"{name}.json").is_file()
    tests = ROOT / "tests" / "functions"
    assert (tests / f"test_{name}.py").is_file() or f'"{name}": ' in (tests / "test_rule_graders.py").read_text()
