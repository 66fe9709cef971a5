"""Asks a grader one part of a smoke test's questions, where they take longer than one function has."""

from __future__ import annotations

from rft.contracts.probe_batches import AskedPart, SmokeTestPart
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.observability import logger
from rft.ports import Clock, GraderInvoker, ObjectStore
from rft.smoke_test.part_store import Asked, keep_part
from rft.smoke_test.plan_loader import questions
from rft.smoke_test.runner import ProbeRunner


def run_probe_batch(
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

    Raises StalePlan, DatasetNotFound, RetryableThrottling, RetryableServiceError.
    """
    began = clock.now()
    asks = questions(request, dataset, store).asks(part.batches)
    replies = ProbeRunner(grader_arn, invoker, clock).all(asks)
    keep_part(run_id, part.number, Asked(replies, began), store)
    seconds = (clock.now() - began).total_seconds()
    logger().info("grader asked", part=part.number, invocations=len(replies), seconds=seconds)
    return AskedPart(number=part.number, batches=len(replies))
