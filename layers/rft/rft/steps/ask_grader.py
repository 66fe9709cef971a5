"""Asks a grader one part of a smoke test's questions, where they take longer than one function has."""

from __future__ import annotations

from rft.contracts.asking import AskedPart, SmokeTestPart
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.observability import logger
from rft.ports import Clock, GraderInvoker, ObjectStore
from rft.steps.asked_parts import Asked, keep_part
from rft.steps.asking import Asking
from rft.steps.questions import questions


def ask_grader(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    part: SmokeTestPart,
    store: ObjectStore,
    invoker: GraderInvoker,
    clock: Clock,
) -> AskedPart:
    """Write `runs/<run_id>/smoke_test/part-<number>.json`. What the scores mean is for smoke_test_grader to say.

    Raises PlanChanged, DatasetNotFound, RetryableThrottling, RetryableServiceError.
    """
    began = clock.now()
    asks = questions(request, dataset, store).asks(part.batches)
    replies = Asking(grader_arn, invoker, clock).all(asks)
    keep_part(run_id, part.number, Asked(replies, began), store)
    seconds = (clock.now() - began).total_seconds()
    logger().info("grader asked", part=part.number, invocations=len(replies), seconds=seconds)
    return AskedPart(number=part.number, batches=len(replies))
