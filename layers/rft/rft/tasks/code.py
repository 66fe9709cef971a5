"""Programming problems with tests.

Records have one of three forms:
`{"prompt", "solution", "tests" or "exchanges", "setup"?, "seconds"?, "scoring"?}`, this project's own; MBPP's
`{"text" or "prompt", "code", "test_list", "test_setup_code" or "test_imports"}` (Austin et al. 2021); and HumanEval's
`{"prompt", "canonical_solution", "test", "entry_point"}` (Chen et al. 2021).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rft.contracts.dataset import DatasetRow, Message
from rft.contracts.graders.code_tests import NOT_PYTHON, CodeTests
from rft.contracts.http.validation_messages import validation_message
from rft.tasks.base import RIGHT_OR_WRONG, BadRecord, Chosen, Example, Probes, group_key
from rft.tasks.bedrock_rows import is_bedrock_row
from rft.tasks.rft import read_row

SYSTEM = """\
You write Python 3 with nothing but its standard library. Think briefly about edge cases first.

End with the whole solution in one code block of exactly this form and nothing after it:
```python
<code>
```

Only the last block counts. Where a function is asked for, define it under the name that is given and print nothing; \
where a program is asked for, read standard input and print the result and nothing else."""

_OWN = ("tests", "exchanges", "setup", "seconds", "scoring", "memory_mb")


class Code:
    """Rows contain the record's `solution`, if any, with which the smoke test validates the tests."""

    name = "code"
    default_grader = "code"
    preset: Mapping[str, Chosen] = {
        **RIGHT_OR_WRONG,
        "reasoningEffort": ("medium", "problems need a plan before code; AWS's SDK template uses medium"),
        "inferenceMaxTokens": (4096, "solutions need about 300 tokens; the rest is room for medium reasoning"),
    }

    def read(self, raw: object) -> Example:
        """Parses one problem. Raises BadRecord if the prompt or the tests are missing or invalid."""
        if not isinstance(raw, dict):
            raise BadRecord("is not an object")
        if is_bedrock_row(raw):
            return read_row(raw)  # references of such rows are checked for all tasks alike
        prompt, solution, tests = _record(raw)
        try:
            CodeTests.model_validate(tests)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise BadRecord(f"{place or 'the tests'}: {validation_message(first)}") from error
        domain = raw.get("domain")
        return Example(
            messages=(Message(role="system", content=SYSTEM), Message(role="user", content=prompt)),
            reference_answer={"code": tests},
            domain=domain if isinstance(domain, str) and domain.strip() else "code",
            group=group_key(prompt),
            extra={"solution": solution} if solution else {},
        )

    def probes(self, row: DatasetRow) -> Probes:
        """Right: the solution. Wrong: its functions without a body. Malformed: no code block, half a code block."""
        solution = str((row.model_extra or {}).get("solution", ""))
        if not solution.strip():
            return Probes()
        block, stub = f"```python\n{solution}\n```", f"```python\n{_stub(solution)}\n```"
        half = solution[: len(solution) // 2]
        return Probes(
            right=(block, f"The plan: handle the edge cases, then the rest.\n\n{block}"),
            wrong=(stub, "```python\npass\n```", f"{block}\n\n{stub}"),
            malformed=(f"The code:\n{solution}", f"```python\n{half}", f"```python\n{half}\n(((\n```"),
            swapped=(stub,),
        )

    def label(self, row: DatasetRow) -> None:
        """None: problems have no classes."""


def _record(raw: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The prompt, the solution ('' if there is none) and the tests."""
    if "test_list" in raw:
        return _mbpp(raw)
    if "entry_point" in raw:
        return _human_eval(raw)
    tests = {key: raw[key] for key in _OWN if raw.get(key) is not None}
    return _text(raw, "prompt"), _optional(raw, "solution"), tests


def _mbpp(raw: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    tests = raw["test_list"]
    if not isinstance(tests, list) or not all(isinstance(test, str) for test in tests) or not tests:
        raise BadRecord("test_list is not a list of texts")
    imports = raw.get("test_imports")
    setup = _optional(raw, "test_setup_code") or "\n".join(imports if isinstance(imports, list) else ())
    # Without one of the tests, the function's name and arguments would be unknown.
    prompt = f"{_text(raw, 'prompt' if 'prompt' in raw else 'text')}\n\nYour code must pass: {tests[0].strip()}"
    return prompt, _optional(raw, "code"), {"tests": tests, **({"setup": setup} if setup else {})}


def _human_eval(raw: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    stub, name = _text(raw, "prompt"), _text(raw, "entry_point").strip()
    prompt = f"Complete this function and give it whole, with its imports:\n\n{stub.strip()}"
    solution = _optional(raw, "canonical_solution")
    tests = {"setup": _text(raw, "test"), "tests": [f"check({name})"]}
    return prompt, stub + solution if solution else "", tests


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadRecord(f"has no {key}" if value is None or value == "" else f"{key} is blank or not text")
    return value


def _optional(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _stub(solution: str) -> str:
    """The solution's functions and classes with empty bodies; for a program, one that prints a fixed line."""
    try:
        tree = ast.parse(solution)
    except NOT_PYTHON:
        return "pass"
    definitions: list[ast.stmt] = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in ast.walk(ast.Module(body=definitions, type_ignores=[])):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            node.body = [ast.Expr(ast.Constant(...))]
    return ast.unparse(ast.Module(body=definitions, type_ignores=[])) or "print('?')"
