"""Errors as problems."""

from __future__ import annotations

import pytest

from rft import errors
from rft.contracts.http.problem import PROBLEMS, STATUS_OF_ERROR, problem_of_error, problem_of_fields
from rft.errors import InvalidRequest, RftError, RunConflict

NEVER_MET_BY_A_CALLER = {
    "AlreadyWoken",
    "WebhookRefused",
    "TrackingRefused",
    "DatasetInvalid",
    "DatasetNotFound",
    "DatasetSizeOutOfBounds",
    "InvalidUpload",
    "JobNotFound",
    "JobRequestInvalid",
    "JudgeError",
    "DeadlineExceeded",
    "GraderConfigUnreadable",
    "SandboxUnavailable",
    "DeploymentFailed",
    "DeploymentNotFound",
    "DeploymentRefused",
    "EvaluationFailed",
    "JudgeNotAdmitted",
    "ModelNotInvocable",
    "PromptRefused",
    "QueueTimedOut",
    "SampleLimitExceeded",
    "StalePlan",
}
"""Errors of uploads, of the steps after a request was accepted, and of graders; through the API they would be a 500."""


def own_errors() -> list[type[RftError]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RftError)]
    return [kind for kind in kinds if kind is not RftError]


@pytest.mark.parametrize("kind", own_errors(), ids=lambda kind: kind.__name__)
def test_every_project_error_is_classified(kind: type[RftError]) -> None:
    known = set(kind.__mro__) & set(STATUS_OF_ERROR)
    internal = NEVER_MET_BY_A_CALLER & {base.__name__ for base in kind.__mro__}
    assert known or internal


@pytest.mark.parametrize("kind", STATUS_OF_ERROR, ids=lambda kind: kind.__name__)
def test_every_reported_error_has_a_type_and_a_status(kind: type[RftError]) -> None:
    problem = problem_of_error(kind("what happened"))
    assert problem.status == STATUS_OF_ERROR[kind]
    assert problem.type == f"urn:rft:problem:{PROBLEMS[problem.status][0]}"
    assert problem.detail


def test_an_invalid_request_names_its_field() -> None:
    problem = problem_of_error(InvalidRequest("no such task", field="dataset.task"))
    assert [(error.field, error.message) for error in problem.errors] == [("dataset.task", "no such task")]
    assert problem.detail == "dataset.task: no such task"


def test_an_invalid_request_as_a_whole_names_the_body() -> None:
    assert problem_of_error(InvalidRequest("nothing in it")).errors[0].field == "body"


def test_a_retryable_error_hides_its_details() -> None:
    problem = problem_of_error(errors.RetryableThrottling("PutItem: table arn:aws:dynamodb:…: slow down"))
    assert "arn:aws" not in problem.detail
    assert "Idempotency-Key" in problem.detail


def test_a_conflict_names_the_existing_resource() -> None:
    assert problem_of_error(RunConflict("run-1 belongs to a different request")).detail.startswith("run-1")


def test_fields_are_dotted_paths() -> None:
    found = [
        {"loc": ("body", "dataset", "split", "train"), "msg": "Value error, too big"},
        {"loc": ("body",), "msg": "Field required"},
        {"loc": ("header", "idempotency-key"), "msg": "too long"},
    ]
    problem = problem_of_fields(found)
    assert [error.field for error in problem.errors] == ["dataset.split.train", "body", "idempotency-key"]
    assert problem.errors[0].message == "too big"
