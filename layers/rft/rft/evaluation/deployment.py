"""Deployments that a run creates for its evaluation or judge: names, tags and cleanup. Takes ports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from rft.ports.models import ModelDeployment, ModelDeployments

RUN_TAG, STACK_TAG, PURPOSE_TAG = "rft:run-id", "rft:stack", "rft:purpose"
EVALUATION = "evaluation"
PROMOTION = "promotion"
JUDGE = "judge"


def evaluation_tags(run_id: str, stack_name: str) -> dict[str, str]:
    """Tags by which leftover deployments of this stack are identified."""
    return {RUN_TAG: run_id, STACK_TAG: stack_name, PURPOSE_TAG: EVALUATION}


def judge_deployment(run_id: str) -> str:
    # A digest, because a suffix could exceed the length limit.
    return f"judge-{hashlib.sha256(run_id.encode()).hexdigest()[:32]}"


def judge_tags(run_id: str, stack_name: str) -> dict[str, str]:
    return {RUN_TAG: run_id, STACK_TAG: stack_name, PURPOSE_TAG: JUDGE}


def delete_evaluation_deployment(run_id: str, deployments: ModelDeployments) -> None:
    """Deletes the deployment that has the run's id as name, if it exists. Raises the Retryable… errors."""
    deployments.delete(run_id)


def leftovers(stack_name: str, deployments: ModelDeployments) -> Iterator[tuple[str, ModelDeployment]]:
    """Deployments created by runs of this stack for an evaluation or as a judge, with the run ids.

    Raises RetryableThrottling, RetryableServiceError.
    """
    for deployment, tags in deployments.tagged(RUN_TAG):
        if tags.get(STACK_TAG) == stack_name and tags.get(PURPOSE_TAG) in (EVALUATION, JUDGE):
            yield tags[RUN_TAG], deployment
