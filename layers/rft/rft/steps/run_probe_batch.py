"""Sends one part of a smoke test's probes to the grader, if they exceed the time of one function."""

from __future__ import annotations

from rft.contracts.probe_batches import CompletedPart, ProbePart
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.observability import logger
from rft.ports.grading import GraderInvoker
from rft.ports.storage import Clock, ObjectStore
from rft.smoke_test.part_store import PartLog
from rft.smoke_test.plan_loader import load_plan
from rft.smoke_test.runner import ProbeRunner


def run_probe_batch(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    part: ProbePart,
    store: ObjectStore,
    invoker: GraderInvoker,
    clock: Clock,
) -> CompletedPart:
    """Writes `runs/<run_id>/smoke_test/part-<number>.json`; a repeat skips answered batches.

    smoke_test_grader evaluates the scores.
    Raises StalePlan, DatasetNotFound, RetryableThrottling, RetryableServiceError.
    """
    plan = load_plan(request, dataset, store)
    log = PartLog(run_id, part.number, plan, clock, store)
    try:
        results = ProbeRunner(grader_arn, invoker, clock, log, bounds=request.score_range).run_all(
            plan.select(part.batches)
        )
    finally:
        log.close()
    seconds = (clock.now() - results.began).total_seconds()
    logger().info("probes sent", part=part.number, invocations=results.invocations, seconds=seconds)
    return CompletedPart(number=part.number, batches=len(results.replies))
