"""What cold starts import: measured in fresh interpreters, as a ratio, so that machines do not matter."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

from tests.kit.project import ROOT

ROUNDS = 5

# pydantic loads most of itself when a name of it is first used.
BASELINE = "import boto3; from pydantic import BaseModel, Field, TypeAdapter"
BEFORE_THE_FIRST_CALL = "import app, boto3, rft.adapters.bedrock.judge, rft.adapters.judge_cache"
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
GRADERS = [name for name in HANDLERS if name.startswith("grade_")]

STEP = 1.6
"""Powertools' logger, and the ledger's and the step's contracts. boto3 comes after, with the first client."""
RULES_IN_ROWS = {"index_shard", "join_shards", "plan_shards", "prepare_dataset", "write_shard"}
"""Steps that check every row's schema and patterns before anything is paid for."""

BUDGETS = {
    **dict.fromkeys(RULES_IN_ROWS, 2.2),  # jsonschema and regex besides
    "api": 2.4,  # Powertools' event handler with its OpenAPI models, and every contract of the API
    "grade_composite": 2.0,  # jsonschema and regex, for answers that must have a form
    "grade_extract": 2.0,  # the same
    "grade_format": 2.0,
    "grade_finqa": 1.0,  # no logger, no ledger: Bedrock waits for graders
    "grade_gsm8k": 1.0,
    "grade_pandalm": 1.0,
    "grade_rubric": 1.0,
}
"""Function → its import's CPU time at most, in those of boto3 with pydantic; STEP for those that are not named."""

ONLY = {
    "jsonschema": {"grade_composite", "grade_extract", "grade_format"} | RULES_IN_ROWS,
    "regex": {"grade_composite", "grade_extract", "grade_format"} | RULES_IN_ROWS,
    "aws_lambda_powertools.event_handler": {"api"},
    "tiktoken": set(),
    "boto3": set(),
}
"""Heavy module → the functions that may load it while they start; for tiktoken and boto3 that is the first call."""


def python(code: str, function: str) -> str:
    path = f"{ROOT / 'layers/rft'}:{ROOT / 'functions' / function}"
    command = [sys.executable, "-c", code]
    run = subprocess.run(  # noqa: S603  our own code
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def cpu_seconds(imports: str, function: str) -> float:
    """CPU time, as this machine may be busy with other things."""
    return float(python(f"import time; t = time.process_time(); {imports}; print(time.process_time() - t)", function))


def ratio(ours: str, function: str = "grade_pandalm", *, rounds: int = ROUNDS) -> float:
    """The median over rounds in which both take turns."""
    measured = [(cpu_seconds(ours, function), cpu_seconds(BASELINE, function)) for _ in range(rounds)]
    return statistics.median(one / other for one, other in measured)


def test_the_judges_cold_import_stays_near_that_of_the_libraries_alone() -> None:
    assert ratio("import app") <= 1
    assert ratio(BEFORE_THE_FIRST_CALL) <= 1.5


@pytest.mark.parametrize("function", HANDLERS)
def test_a_cold_import_stays_within_its_functions_budget(function: str) -> None:
    assert ratio("import app", function, rounds=5) <= BUDGETS.get(function, STEP)


@pytest.mark.parametrize("function", HANDLERS)
def test_what_is_heavy_is_loaded_where_it_is_needed_only(function: str) -> None:
    loaded = set(python("import sys, app; print(*sys.modules)", function).split())

    assert {heavy for heavy in ONLY if heavy in loaded and function not in ONLY[heavy]} == set()


def test_a_budget_is_of_a_function_that_there_is() -> None:
    assert set(BUDGETS) <= set(HANDLERS)
    assert set().union(*ONLY.values()) <= set(HANDLERS)


@pytest.mark.parametrize("function", GRADERS)
def test_importing_a_grader_loads_no_aws_client(function: str) -> None:
    heavy = {"boto3", "botocore", "tiktoken", "aws_lambda_powertools", "rft.contracts.ledger"}

    assert python(f"import sys, app; print(sorted(sys.modules.keys() & {heavy}))", function) == "[]"


def test_grading_without_a_run_loads_none_either() -> None:
    code = """
import contextlib, io, sys, types, app
context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
sample = {"id": "a", "messages": [{"role": "assistant", "content": "#### 3"}], "reference_answer": "#### 3"}
with contextlib.redirect_stdout(io.StringIO()):
    [result] = app.handler([sample], context)
print(result["aggregate_reward_score"], "boto3" in sys.modules)
"""
    assert python(code, "grade_gsm8k") == "1.0 False"
