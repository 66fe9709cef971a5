"""The deployment that a run makes for its evaluation: what marks it, and how it ends. Takes ports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from rft.ports.models import ModelDeployment, ModelDeployments

RUN_TAG, STACK_TAG, PURPOSE_TAG = "rft:run-id", "rft:stack", "rft:purpose"
EVALUATION = "evaluation"
PROMOTION = "promotion"
JUDGE = "judge"


def evaluation_tags(run_id: str, stack_name: str) -> dict[str, str]:
    """Tags that identify a leftover deployment among the account's others."""
    return {RUN_TAG: run_id, STACK_TAG: stack_name, PURPOSE_TAG: EVALUATION}


def judge_deployment(run_id: str) -> str:
    """The name of the deployment that pins a run's judge: a run's id with anything added may be too long."""
    return f"judge-{hashlib.sha256(run_id.encode()).hexdigest()[:32]}"


def judge_tags(run_id: str, stack_name: str) -> dict[str, str]:
    """As evaluation_tags."""
    return {RUN_TAG: run_id, STACK_TAG: stack_name, PURPOSE_TAG: JUDGE}


def delete_evaluation_deployment(run_id: str, deployments: ModelDeployments) -> None:
    """Delete the run's own deployment, if it is there: its name is the run's id. Raises the Retryable… errors."""
    deployments.delete(run_id)


def leftovers(stack_name: str, deployments: ModelDeployments) -> Iterator[tuple[str, ModelDeployment]]:
    """Deployments that runs of this stack made for themselves, each with its run's id: for an evaluation, as a judge.

    Raises RetryableThrottling, RetryableServiceError.
    """
    for deployment, tags in deployments.tagged(RUN_TAG):
        if tags.get(STACK_TAG) == stack_name and tags.get(PURPOSE_TAG) in (EVALUATION, JUDGE):
            yield tags[RUN_TAG], deployment
