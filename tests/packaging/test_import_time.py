"""What a grader's cold start imports: measured in fresh interpreters, as a ratio, so that machines do not matter."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

from tests.project import ROOT

ROUNDS = 9

# pydantic loads most of itself when a name of it is first used.
BASELINE = "import boto3; from pydantic import BaseModel, Field, TypeAdapter"
BEFORE_THE_FIRST_CALL = "import app, boto3, rft.adapters.judge, rft.adapters.judge_cache"
GRADERS = sorted(path.parent.name for path in (ROOT / "functions").glob("grade_*/app.py"))


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


def ratio(ours: str) -> float:
    """The median over rounds in which both take turns."""
    rounds = [(cpu_seconds(ours, "grade_pandalm"), cpu_seconds(BASELINE, "grade_pandalm")) for _ in range(ROUNDS)]
    return statistics.median(one / other for one, other in rounds)


def test_the_judges_cold_import_stays_near_that_of_the_libraries_alone() -> None:
    assert ratio("import app") <= 1
    assert ratio(BEFORE_THE_FIRST_CALL) <= 1.5


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
