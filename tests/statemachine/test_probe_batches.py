"""How a smoke test that is too long for one function goes through the state machine, and how an error comes out."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.probe_batches import CompletedPart, PendingParts, ProbePart, RunProbeBatchInput
from rft.contracts.steps import PreparedDataset, SmokeTestInput, SmokeTestOutcome
from rft.grading.batch_sizes import MAX_PARALLEL
from rft.smoke_test.plan import PARALLELISM
from tests.kit.project import STATES, TASKS
from tests.statemachine.machine import choose, evaluated

RUN_INPUT = {
    "run_id": "a-20260102t030405-0123abcd",
    "request": {"name": "a", "dataset": {"task": "pandalm", "uri": "s3://data-bucket/x"}},
}
DATASET = PreparedDataset(
    manifest_uri="s3://b/m",
    digest="d",
    train_uri="s3://b/train-120.jsonl",
    validation_uri="s3://b/validation-15.jsonl",
    train_rows=120,
    validation_rows=15,
    hyperparameters={},
).model_dump(mode="json")
GRADER = "arn:aws:lambda:us-east-1:123456789012:function:pandalm"
TWO = (ProbePart(number=1, batches=(17, 18)), ProbePart(number=2, batches=(19,)))
FAILED = {"error": "RetryableThrottling", "cause": 'He said "no"'}
VARIABLES: dict[str, Any] = {"dataset": DATASET, "grader_arn": GRADER}


def payload(step: str, state_input: Any) -> Any:
    states = {"input": state_input, "context": {"Execution": {"Input": RUN_INPUT}}}
    return evaluated(TASKS[step]["Arguments"]["Payload"], states=states, **VARIABLES)


def items(parts: tuple[ProbePart, ...]) -> list[Any]:
    """What each item of the Map begins with."""
    handed_off = PendingParts(grader_arn=GRADER, parts=parts).model_dump(mode="json")
    target, state_input = choose("AllProbesSent?", handed_off)
    state, context = STATES[target], {"Execution": {"Input": RUN_INPUT}}
    return [
        evaluated(
            state["ItemSelector"],
            states={"input": state_input, "context": context | {"Map": {"Item": {"Value": item}}}},
            **VARIABLES,
        )
        for item in evaluated(state["Items"], states={"input": state_input})
    ]


@pytest.mark.parametrize("trusted", [True, False])
def test_an_outcome_of_one_function_goes_to_the_gate(trusted: bool) -> None:
    outcome = SmokeTestOutcome(trusted=trusted, grader_arn=GRADER, report_uri="s3://b/r").model_dump(mode="json")
    assert choose("AllProbesSent?", outcome) == ("GraderTrusted?", outcome)


def test_a_smoke_test_begins_without_completed_batches() -> None:
    assert SmokeTestInput.model_validate(payload("SmokeTestGrader", DATASET)).completed_parts == 0


@pytest.mark.parametrize("parts", [TWO, TWO[:1]])
def test_each_batch_is_sent_to_the_same_grader(parts: tuple[ProbePart, ...]) -> None:
    given = [RunProbeBatchInput.model_validate(payload("RunProbeBatch", item)) for item in items(parts)]
    assert tuple(each.part for each in given) == parts
    assert {each.grader_arn for each in given} == {GRADER}
    assert {each.dataset.train_rows for each in given} == {120}


@pytest.mark.parametrize("numbers", [(1,), (1, 2), (7, 5, 6)])
def test_the_smoke_test_resumes_after_all_batches(numbers: tuple[int, ...]) -> None:
    parts = [CompletedPart(number=number, batches=8).model_dump(mode="json") for number in numbers]
    target, handed_off = choose("AllBatchesRun?", parts)
    assert target == "SmokeTestGrader"
    assert SmokeTestInput.model_validate(payload(target, handed_off)).completed_parts == max(numbers) + 1


@pytest.mark.parametrize("others", [[], [{"number": 0, "batches": 8}], [{"error": "Other", "cause": "later"}]])
def test_a_batch_error_ends_the_run_by_its_own_name(others: list[Any]) -> None:
    fine = {"number": 3, "batches": 8}
    assert choose("AllBatchesRun?", [fine, FAILED, *others]) == ("WriteReport", {"status": "FAILED", **FAILED})


def test_all_functions_together_reach_the_maximum_parallelism() -> None:
    state = STATES["RunProbeBatches"]
    assert state["MaxConcurrency"] * PARALLELISM == MAX_PARALLEL
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
