"""What cold starts import: counted in fresh interpreters. `make bench` measures the seconds."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import pytest

from tests.kit.project import ROOT

BASELINE = "import boto3; from pydantic import BaseModel, Field, TypeAdapter"
"""What every function needs in the end; pydantic loads most of itself when a name of it is first used."""
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
GRADERS = [name for name in HANDLERS if name.startswith("grade_")]

STEP = 170
"""Powertools' logger, and the ledger's and the step's contracts. boto3 comes after, with the first client."""
RULES_IN_ROWS = {"index_shard", "join_shards", "plan_shards", "prepare_dataset", "write_shard"}
"""Steps that check every row's schema and patterns before anything is paid for."""

BUDGETS = {
    **dict.fromkeys(GRADERS, 50),  # no logger, no ledger: Bedrock waits for graders
    **dict.fromkeys(RULES_IN_ROWS, 237),  # jsonschema and regex besides
    "prepare_dataset": 239,  # and where rollouts are read, which a round drops rows by
    "api": 301,  # Powertools' event handler with its OpenAPI models, every contract of the API, and messages of ends
    "grade_composite": 125,  # jsonschema and regex, for answers that must have a form
    "grade_extract": 110,  # the same
    "grade_format": 110,
    **dict.fromkeys(
        ("smoke_test_grader", "run_probe_batch"), 188
    ),  # a module for each family of derived probes and of checks
    "calibrate_base": 184,  # it may write a train file and a manifest of its own
    "finish_experiment": 179,  # the statistics of a leaderboard, and all that checks the request of a promotion
    "write_report": 190,  # jinja2, and the contracts of all that a run writes
}
"""Function → max modules that its import loads, without the baseline's; STEP for those that are not named."""

ONLY = {
    "jsonschema": {"grade_composite", "grade_extract", "grade_format"} | RULES_IN_ROWS,
    "regex": {"grade_composite", "grade_extract", "grade_format"} | RULES_IN_ROWS,
    "aws_lambda_powertools.event_handler": {"api"},
    "jinja2": {"write_report"},
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


@functools.cache
def modules(function: str) -> frozenset[str]:
    """What is loaded once the function's module is imported."""
    return frozenset(python("import sys, app; print(*sys.modules)", function).split())


@functools.cache
def baseline_modules() -> frozenset[str]:
    return frozenset(python(f"import sys; {BASELINE}; print(*sys.modules)", "api").split())


@pytest.mark.parametrize("function", HANDLERS)
def test_a_cold_import_stays_within_its_functions_budget(function: str) -> None:
    assert len(modules(function) - baseline_modules()) <= BUDGETS.get(function, STEP)


@pytest.mark.parametrize("function", HANDLERS)
def test_heavy_modules_are_loaded_only_where_needed(function: str) -> None:
    loaded = modules(function)

    assert {heavy for heavy in ONLY if heavy in loaded and function not in ONLY[heavy]} == set()


def test_every_budget_names_an_existing_function() -> None:
    assert set(BUDGETS) <= set(HANDLERS)
    assert set().union(*ONLY.values()) <= set(HANDLERS)


@pytest.mark.parametrize("function", GRADERS)
def test_importing_a_grader_loads_no_aws_client(function: str) -> None:
    heavy = {"boto3", "botocore", "tiktoken", "aws_lambda_powertools", "rft.contracts.ledger"}

    assert python(f"import sys, app; print(sorted(sys.modules.keys() & {heavy}))", function) == "[]"


def test_grading_without_a_run_loads_no_aws_client() -> None:
    code = """
import contextlib, io, sys, types, app
context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
sample = {"id": "a", "messages": [{"role": "assistant", "content": "#### 3"}], "reference_answer": "#### 3"}
with contextlib.redirect_stdout(io.StringIO()):
    [result] = app.handler([sample], context)
print(result["aggregate_reward_score"], "boto3" in sys.modules)
"""
    assert python(code, "grade_gsm8k") == "1.0 False"
