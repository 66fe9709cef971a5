"""A grader of the user's own, from the smoke test to the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.iam.rights import needed
from tests.kit.stack_harness import ROOT, StackHarness, foreign_graders

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

GRADER = "last-number"
MEASURED = {
    "calibration": {"rows": 10, "samples_per_row": 2, "accept": True},
    "evaluation": {"enabled": True},
    "promotion": {"deployment": "foreign", "when": "always"},
}


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    parameters = {**foreign_graders(GRADER), "ProbeBudgetSeconds": "0"}
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, parameters=parameters)) as aws:
        yield StackHarness(aws)


def test_a_foreign_grader_is_called_in_every_step_and_its_texts_are_stored(bench: StackHarness) -> None:
    arn = bench.aws.add_function(f"grade-{GRADER}", ROOT / "tests/fixtures/graders/last_number")
    body = (ROOT / "examples/gsm8k/questions.jsonl").read_bytes()
    ended = bench.run(GRADER, body, dataset={"task": "gsm8k"}, grader={"lambda_arn": arn}, **MEASURED)
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED"), ended.view["failure"]
    assert {ended.view[part]["status"] for part in ("calibration", "evaluation", "promotion")} == {"completed"}
    rights = {(right.statement.partition("Role")[0], right.action) for right in needed(bench.aws.authorizer)}
    grading = {"RunProbeBatch", "CalibrateBase", "EvaluateModel"}
    assert {(function, "lambda:InvokeFunction") for function in {*grading, "CheckPromotion"}} <= rights
    assert {(function, "s3:PutObject") for function in grading} <= rights
